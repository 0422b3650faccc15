package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	type step struct {
		after       time.Duration
		done, total int64
	}
	for _, c := range []struct {
		name     string
		terminal bool
		unit     string
		steps    []step
		want     []string // lines, or pieces of a bar
	}{
		{"quick", false, "rows", []step{{0, 1, 10}, {time.Second / 2, 9, 10}}, nil},
		{"quick on a terminal", true, "rows", []step{{0, 1, 10}, {time.Second / 2, 9, 10}}, nil},
		{
			"slow", false, "rows",
			[]step{{time.Second, 1000, 10000}, {time.Second, 2000, 10000}, {4 * time.Second, 6000, 10000}},
			[]string{"studymail: writing: 1,000 of 10,000 rows", "studymail: writing: 6,000 of 10,000 rows"},
		},
		{"percent", false, "", []step{{time.Second, 25, 100}}, []string{"studymail: writing: 25 %"}},
		{"total not known", false, "rows", []step{{time.Second, 2500, 0}}, []string{"studymail: writing: 2,500 rows"}},
		{"nothing known", false, "", []step{{time.Second, 2500, 0}}, []string{"studymail: writing: working"}},
		{"bar", true, "rows", []step{{2 * time.Second, 5, 10}}, []string{"writing", "50%"}},
		{"bar without a total", true, "rows", []step{{2 * time.Second, 5, 0}}, []string{"writing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
			var out bytes.Buffer
			e := &env{System: System{Err: &out, ErrTerminal: c.terminal, Now: func() time.Time { return now }}}
			p := e.progress("writing", c.unit)
			for _, s := range c.steps {
				now = now.Add(s.after)
				p.set(s.done, s.total)
			}
			p.done()
			if !c.terminal {
				if got, want := strings.TrimSpace(out.String()), strings.Join(c.want, "\n"); got != want {
					t.Fatalf("got:\n%s\nwant:\n%s", got, want)
				}
				return
			}
			if len(c.want) == 0 && out.Len() > 0 {
				t.Fatalf("it drew %q", out.String())
			}
			for _, w := range c.want {
				if !strings.Contains(out.String(), w) {
					t.Fatalf("it drew %q, without %q", out.String(), w)
				}
			}
		})
	}
}
