package webtest

import (
	"bytes"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"studymail"
)

// uuids stand in addresses: pages of one kind are told by what is around them.
var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|/[0-9]+|\?.*`)

// mostOfAKind bounds how many pages of one kind are looked at.
const mostOfAKind = 4

// shows are the buttons that answer with details in full.
var shows = []string{"Show the details", "Show the mail", "Show the values", "Show the addresses", "Read", "Correct the details"}

// An administrator looks at every page that links lead to, with the details shown, in a
// world that has markup in every field. Nothing of it runs: no dialog opens, no policy
// is broken, nothing is asked for elsewhere (complain.go fails the test on any of it),
// and no element of the marker's is in any page.
//
// Seen to fail: with feedbackRow.Said as template.HTML: the policy reported the script and
// the handler, the image was asked for, and the elements were found.
func TestNothingStoredEverRunsInABrowser(t *testing.T) {
	var begin []string
	p := Start(t, func(tb testing.TB, p *Product) { begin = Hostile(tb, p) })
	tab := p.Tab(t, Look{}).SignIn(studymail.Administrator)
	todo := append([]string{"/"}, begin...)
	seen, kinds, looked := map[string]bool{}, map[string]int{}, 0
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		kind := uuids.ReplaceAllString(path, "#")
		if seen[path] || kinds[kind] >= mostOfAKind && !slices.Contains(begin, path) {
			continue
		}
		seen[path] = true
		kinds[kind]++
		looked++
		tab.Open(path)
		tab.inert(path)
		todo = append(todo, eval[[]string](tab, `[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => h.startsWith("/") && !h.startsWith("/assets/") && !h.includes("/problems"))`)...)
		for _, button := range shows {
			if eval[bool](tab, find+`Boolean(webtest.press(`+quote(button)+`))`) && kinds[button+kind] < mostOfAKind {
				kinds[button+kind]++
				looked++
				tab.Go(button)
				tab.inert(path + ", " + button)
				tab.Open(path)
			}
		}
	}
	if looked < 80 {
		t.Errorf("only %d pages were looked at", looked)
	}
	t.Logf("%d pages of %d kinds", looked, len(kinds))
	p.mailsHaveNoHeaderOfTheirOwn(t)
}

// inert fails on a page that the marker has become a part of.
func (t *Tab) inert(what string) {
	t.tb.Helper()
	for _, bad := range eval[[]string](t, `[
		...[...document.querySelectorAll("script:not([src])")].map((e) => e.outerHTML),
		...[...document.querySelectorAll("img[src='x'], [onerror], [onload], [onclick]")].map((e) => e.outerHTML),
		...[...document.querySelectorAll("a[href], form[action], iframe[src]")].map((e) => e.href || e.action || e.src).filter((u) => /^\s*javascript:/i.test(u)),
	]`) {
		t.tb.Errorf("%s: %s", what, bad)
	}
	if eval[bool](t, `document.title.includes("<") && !document.title.includes("m")`) {
		t.tb.Errorf("%s: the title", what)
	}
}

// mailsHaveNoHeaderOfTheirOwn reads the mails that were sent: what stands in a field
// with a line break is a part of a header's value, and never a header.
func (p *Product) mailsHaveNoHeaderOfTheirOwn(t *testing.T) {
	t.Helper()
	known := []string{
		"From", "To", "Reply-To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
		"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-Id", "X-Auto-Response-Suppress", "Precedence", "Dkim-Signature", "Return-Path", "Delivered-To", "X-Studymail-Message",
	}
	n := 0
	err := filepath.WalkDir(p.App.Config.MaildirPath, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(bytes.ToLower(raw), []byte("\nbcc:")) {
			t.Errorf("a mail has a Bcc:\n%s", raw)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Errorf("a mail that cannot be read: %v", err)
			return nil
		}
		n++
		for name := range m.Header {
			if !slices.Contains(known, name) {
				t.Errorf("a mail has the header %s: %q", name, m.Header[name])
			}
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || !strings.HasSuffix(to[0].Address, "@example.org") {
			t.Errorf("a mail goes to %d recipients, or to somebody else: %v", len(to), err)
		}
		return nil
	})
	if err != nil || n < 23 {
		t.Errorf("%d mails were read: %v", n, err)
	}
}
