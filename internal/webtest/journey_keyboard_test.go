package webtest

import (
	"strings"
	"testing"

	"studymail"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mostTabs bounds how often Tab is pressed to come to something: a page of fifty
// patients has some two hundred places to stop at.
const mostTabs = 400

// TabTo presses Tab until what says so has the keyboard; back: with Shift.
func (t *Tab) TabTo(what string, back bool) *Tab {
	t.tb.Helper()
	opts := []chromedp.KeyOption{}
	if back {
		opts = append(opts, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	var passed []string
	for range mostTabs {
		if strings.HasPrefix(t.Focused(), what) {
			if eval[bool](t, `(() => { const e = document.activeElement, s = getComputedStyle(e); return s.outlineStyle === "none" && s.boxShadow === "none"; })()`) {
				t.tb.Errorf("%s: nothing shows that %q has the keyboard", t.Path(), what)
			}
			return t
		}
		t.run(chromedp.KeyEvent(kb.Tab, opts...))
		passed = append(passed, t.Focused())
	}
	t.tb.Fatalf("Tab does not come to %q on %s; it passed %q", what, t.Path(), passed[:min(len(passed), 40)])
	return t
}

// Enter presses it on what has the keyboard, and waits for the page that it leads to.
func (t *Tab) Enter() *Tab {
	t.tb.Helper()
	eval[bool](t, `document.documentElement.webtestOld = true`)
	return t.Keys(kb.Enter).Leaves()
}

// A sender signs in, ticks a patient, sends them a letter and reads it in the mailbox,
// without a mouse: Tab, Space and Enter, and letters where something is typed.
//
// Seen to fail: with tabindex="-1" on the buttons of patient_list.html; with the outline
// of what has the focus taken away in app.css; and with the skip link behind the menu.
func TestALetterIsSentByTheKeyboardAlone(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, Clinic)
		tab := p.Tab(t, look).Open("/login")
		tab.TabTo("E-mail address", false).Keys(Address(studymail.Sender)).TabTo("Password", false).Keys(Password).Enter().At("/")

		tab.Keys(kb.Tab)
		if got := tab.Focused(); got != "Skip to the content" {
			t.Errorf("the first stop is %q", got)
		}
		tab.TabTo("Patients", false).Enter().At("/patients")
		tab.TabTo("Tick patient", false).Keys(" ").TabTo("Send e-mail…", true).Enter().Sees("1 patient")
		tab.TabTo("Letter", false).Keys("Inv").TabTo("Also to those", false).Keys(" ").TabTo("Continue", false).Enter().Sees("What they will read")
		tab.TabTo("Send 1 letter now", false).Enter().Sees("They leave now.")
		tab.TabTo("Mailbox", false).Enter().At("/mailbox").TabTo("Read", false).Enter().Sees("Subject")
		tab.TabTo("Sign out", true).Enter().At("/login")
	})
}
