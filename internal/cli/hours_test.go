package cli

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studymail/internal/store"
)

// shifted is the machine's clock, some time away.
type shifted struct{ by atomic.Int64 }

func (c *shifted) now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func (c *shifted) set(tb testing.TB, wall string) {
	tb.Helper()
	c.by.Store(int64(time.Until(london(tb, wall))))
}

func london(tb testing.TB, wall string) time.Time {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		tb.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", wall, zone)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestSendHoursAreToldInPlainWords(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	clock := &shifted{}
	clock.set(t, "2026-06-16 20:00:00")
	d.sys.Now = clock.now
	d.must(t, "study", "edit", "A", "--send-hours", "mon-fri 9:00-17:00", "--closed-on", "england 2026-12-24")
	d.must(t, "provider", "edit", "ABCD001", "--send-hours", "08:00-20:00", "--send-zone", "Europe/Paris")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"study", "show", "A"}, []string{
			"Monday to Friday 09:00–17:00, not on bank holidays of England and 2026-12-24 (Europe/London)", "Mail waits until", "2026-06-17 09:00",
		}},
		{[]string{"provider", "show", "ABCD001"}, []string{"every day 08:00–20:00 (Europe/Paris)", "2026-06-17 07:00"}},
		{[]string{"study", "list", "--json"}, []string{`"send_hours": "mon-fri 9:00-17:00"`, `"send_zone": "Europe/London"`, `"closed_on": "england 2026-12-24"`}},
		{[]string{"provider", "list", "--json"}, []string{`"send_hours": "08:00-20:00"`, `"send_zone": "Europe/Paris"`, `"closed_on": ""`}},
	} {
		out := d.must(t, c.args...)
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s does not say %q:\n%s", strings.Join(c.args, " "), w, out)
			}
		}
	}
	d.must(t, "study", "edit", "A", "--send-hours", "", "--closed-on", "")
	if out := d.must(t, "study", "show", "A"); !strings.Contains(out, "always") || strings.Contains(out, "waits") {
		t.Errorf("hours that were taken away:\n%s", out)
	}
	for _, args := range [][]string{
		{"study", "edit", "A", "--send-hours", "nine to five"},
		{"study", "add", "--name", "B", "--closed-on", "atlantis"},
		{"provider", "edit", "ABCD001", "--send-zone", "Europe/Atlantis"},
	} {
		if r := d.run(t, "", args...); r.code != exitUsage || r.err == "" {
			t.Errorf("%s: exit code %d, %s", strings.Join(args, " "), r.code, r.err)
		}
	}
}

// hoursView is what of campaigns and messages speaks of hours.
type hoursView struct {
	ID       string `json:"id"`
	Waits    string `json:"waits_until"`
	Aside    int    `json:"deferred_for_hours"`
	Queued   int    `json:"queued"`
	Deferred int    `json:"deferred"`
	Sent     int    `json:"sent"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	SentAt   string `json:"sent_at"`
}

// The server's own tick refreshes, and brings back what waits: without it in
// app/serve.go what waited for its care provider was not sent.
func TestMailWaitsForItsHoursAndLeavesWhenTheyBegin(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		clock := &shifted{}
		clock.set(t, "2026-06-16 08:20:00")
		d := newDesk(t, kind)
		d.sys.Now = clock.now
		d.sys.Environ = append(d.sys.Environ, "SWEEP_EVERY=1h")
		d.must(t, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--send-hours", "Mon-Fri 09:00-17:00")
		d.must(t, "provider", "add", "--name", "Jones's Surgery", "--ods", "EFJ0002")
		d.must(t, "study", "add", "--name", "A")
		d.must(t, "study", "add", "--name", "B", "--send-hours", "09:00-17:00")
		d.write(t, "patients.csv", patientsCSV+"user.three,User,Three,user.three@example.org,EFJ0002,\n")
		d.must(t, "import", "patients.csv", "--study", "A", "--yes")
		d.must(t, "import", "patients.csv", "--study", "B", "--yes")
		d.write(t, "letter.md", "Dear {{ patient_full_name }}\n")
		d.must(t, "template", "add", "--name", "invitation", "--subject", "Hello", "--file", "letter.md")
		s := d.serve(t)

		a := answer[hoursView](t, d, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--yes")
		b := answer[hoursView](t, d, "campaign", "create", "--study", "B", "--template", "invitation", "--again", "--start", "--yes")
		show := func(id string) hoursView { return answer[hoursView](t, d, "campaign", "show", id) }
		waitUntil(t, func() bool { v := show(a.ID); return v.Sent == 1 && v.Aside == 2 })
		nine := london(t, "2026-06-16 09:00:00").UTC().Format(time.RFC3339)
		if v := show(a.ID); v.Waits != nine || v.Deferred != 2 || v.Queued != 0 {
			t.Errorf("the campaign of which two wait for their care provider: %+v", v)
		}
		if v := show(b.ID); v.Waits != nine || v.Queued != 3 || v.Aside != 0 {
			t.Errorf("the campaign to a closed study: %+v", v)
		}
		if out := d.must(t, "campaign", "show", b.ID); !strings.Contains(out, "Mail waits until") || !strings.Contains(out, "2026-06-16 09:00") {
			t.Errorf("it does not say until when:\n%s", out)
		}
		waiting := answer[[]hoursView](t, d, "outbox", "list", "--state", "deferred")
		if len(waiting) != 2 || waiting[0].Reason != "outside send hours" {
			t.Fatalf("deferred: %+v", waiting)
		}
		if m := answer[hoursView](t, d, "outbox", "show", waiting[0].ID); m.Waits != nine {
			t.Errorf("a message that waits: %+v", m)
		}

		clock.set(t, "2026-06-16 08:59:54")
		waitUntil(t, func() bool { return show(a.ID).Sent == 3 && show(b.ID).Sent == 3 })
		opens := london(t, "2026-06-16 09:00:00")
		waited := 0
		for _, m := range answer[[]hoursView](t, d, "outbox", "list", "--state", "sent") {
			at, err := time.Parse(time.RFC3339, m.SentAt)
			if err != nil {
				t.Fatal(err)
			}
			if at.Before(opens.Add(-10 * time.Minute)) {
				continue // the one without hours
			}
			waited++
			if late := at.Sub(opens); late < -time.Second || late > 20*time.Second {
				t.Errorf("sent at %v", at)
			}
		}
		if waited != 5 {
			t.Errorf("%d waited for nine, want 5", waited)
		}
		if code := s.end(); code != exitFine {
			t.Errorf("exit code %d:\n%s", code, s.says.String())
		}
	})
}
