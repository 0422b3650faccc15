package webtest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// listen keeps what the browser complains about: reports of the policy, errors on
// the console, exceptions, requests to somewhere else.
func (t *Tab) listen(ev any) {
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		// A 4xx that a test asked for is logged, too: those are the test's to judge.
		if ev.Entry.Level == log.EntryLevelError && ev.Entry.Source != log.EntrySourceNetwork || ev.Entry.Source == log.EntrySourceSecurity {
			t.complain("%s: %s (%s)", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, a := range ev.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			t.complain("console: %s", strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		t.complain("exception: %s", exceptionText(ev.ExceptionDetails))
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(ev.Request.URL)
		if err != nil || u.Scheme != "data" && u.Scheme != "about" && !strings.HasPrefix(ev.Request.URL, t.product.URL+"/") {
			t.complain("a request to %s", ev.Request.URL)
		}
	}
}

func (t *Tab) complain(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
}

// Complaints gives what the browser complained about so far, and forgets it: for
// a test that provokes it.
func (t *Tab) Complaints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.wrong)
	t.wrong = nil
	return all
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}
