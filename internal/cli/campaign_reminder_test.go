package cli

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// A campaign with a reminder from the command to the mails, through the scheduler and
// the job engine, on a clock that is set forth by a week.
func TestAReminderGoesOutAWeekLater(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		d.write(t, "reminder.md", "Dear {{ patient_full_name }},\n\nhave you read our letter?\n")
		d.must(t, "template", "add", "--name", "reminder", "--subject", "Once more", "--file", "reminder.md")
		var ahead atomic.Int64
		year, month, day := time.Now().UTC().Date()
		ahead.Store(int64(time.Until(time.Date(year, month, day+1, 12, 0, 0, 0, time.UTC)))) // noon: the test does not run over midnight
		d.sys.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }

		made := d.create(t, "--reminder", "7d=reminder")
		type shown struct {
			campaignAnswer
			Reminders []struct {
				Step      int    `json:"step"`
				AfterDays int    `json:"after_days"`
				Template  string `json:"template"`
				Next      string `json:"next_run_at"`
				studymail.Counts
			} `json:"reminders"`
		}
		show := func() shown { return answer[shown](t, d, "campaign", "show", made.ID.String()) }
		if r := show().Reminders; len(r) != 1 || r[0].Step != 2 || r[0].AfterDays != 7 || r[0].Template != "reminder" || r[0].Next != "" {
			t.Fatalf("of a draft: %+v", r)
		}
		d.must(t, "campaign", "start", made.ID.String(), "--yes")
		server := d.serve(t)
		waitUntil(t, func() bool { return show().State == "scheduled" })
		server.end()
		if s := show(); s.Sent != 2 || len(d.files(t, "mail/new")) != 2 || s.Reminders[0].Next == "" || s.Reminders[0].Planned != 0 {
			t.Fatalf("after the first letter: %+v", s)
		}
		if out := d.must(t, "campaign", "show", made.ID.String()); !strings.Contains(out, "reminder, version 1, 7 days after the first letter: 0 planned, 0 sent, 0 left out; looks next at ") {
			t.Errorf("shown: %s", out)
		}

		ahead.Add(int64(7 * 24 * time.Hour))
		server = d.serve(t)
		waitUntil(t, func() bool { return show().State == "finished" })
		server.end()
		s := show()
		if s.Planned != 4 || s.Sent != 4 || s.Reminders[0].Sent != 2 || len(d.files(t, "mail/new")) != 4 {
			t.Errorf("after the reminder: %+v", s)
		}
		numbers(t, d.must(t, "campaign", "show", made.ID.String(), "--json"))
	})
}

func TestAReminderIsWrittenAsDaysAndTemplate(t *testing.T) {
	t.Parallel()
	d := campaigner(t, store.SQLite)
	for _, text := range []string{"", "7", "7d", "7d=", "=invitation", "7=invitation", "1h=invitation", "-1d=invitation", "0d=invitation", "366d=invitation", "Quxworth=invitation"} {
		r := d.run(t, "", "campaign", "create", "--study", "A", "--template", "invitation", "--reminder", text)
		if r.code != exitUsage || !strings.Contains(r.err, "--reminder") || strings.Contains(r.err, "Quxworth") {
			t.Errorf("%q: exit code %d, %s", text, r.code, r.err)
		}
	}
	if r := d.run(t, "", "campaign", "create", "--study", "A", "--template", "invitation", "--reminder", "7d=invitation", "--reminder", "7d=invitation"); r.code != exitUsage {
		t.Errorf("twice on one day: exit code %d, %s", r.code, r.err)
	}
}
