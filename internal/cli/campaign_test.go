package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// letter adds the template "invitation".
func (d *desk) letter(tb testing.TB) {
	tb.Helper()
	d.write(tb, "letter.md", "Dear {{ patient_full_name }},\n\n{{ care_provider_name }} invites you to {{ study_name }}.\n\n{{ care_provider_contact }}\n")
	d.must(tb, "template", "add", "--name", "invitation", "--subject", "About {{ study_name }}", "--file", "letter.md")
}

// campaignAnswer and messageAnswer are what commands print, as others read it.
type campaignAnswer struct {
	ID       studymail.ID `json:"id"`
	Name     string       `json:"name"`
	Study    string       `json:"study"`
	Template string       `json:"template"`
	Version  int          `json:"version"`
	State    string       `json:"state"`
	Schedule studymail.ID `json:"schedule"`
	Created  string       `json:"created_at"`
	Started  string       `json:"started_at"`
	Ended    string       `json:"ended_at"`
	Next     string       `json:"next_run_at"`
	studymail.Counts
	LeftOutPatients *[]lookedView `json:"left_out_patients"`

	Halted   *studymail.Halt `json:"halted"`
	CameBack map[string]int  `json:"came_back"`
}

type messageAnswer struct {
	ID           studymail.ID `json:"id"`
	Campaign     studymail.ID `json:"campaign"`
	Patient      studymail.ID `json:"patient"`
	Study        string       `json:"study"`
	Provider     string       `json:"provider"`
	Template     string       `json:"template"`
	Version      int          `json:"version"`
	State        string       `json:"state"`
	Reason       string       `json:"reason"`
	Attempts     int          `json:"attempts"`
	AttemptLimit int          `json:"attempt_limit"`
	NextAttempt  string       `json:"next_attempt_at"`
	Expires      string       `json:"expires_at"`
	Created      string       `json:"created_at"`
	Sent         string       `json:"sent_at"`
	Mail         string       `json:"mail"`
	Tried        []struct {
		Number    int       `json:"number"`
		Counts    bool      `json:"counts"`
		At        time.Time `json:"at"`
		Outcome   string    `json:"outcome"`
		Code      int       `json:"code"`
		Enhanced  string    `json:"enhanced"`
		Stage     string    `json:"stage"`
		Reply     string    `json:"reply"`
		Transport string    `json:"transport"`
		TookMS    *int64    `json:"took_ms"`
	} `json:"tried"`
}

// campaigner is a desk with a letter, a study A and two patients of it who may
// be mailed, and one each who opted out, is engaged, and has no first name.
func campaigner(tb testing.TB, kind store.Kind) *desk {
	tb.Helper()
	d := clinic(tb, kind)
	d.letter(tb)
	d.write(tb, "more.csv", `username,first_name,last_name,email,ods_code,status,cancelled
user.three,Canary,Three,canary.three@canary.example.org,ABCD001,New,Opted out
user.four,Canary,Four,canary.four@canary.example.org,ABCD001,Engaged,
`)
	d.must(tb, "import", "more.csv", "--study", "A", "--yes")
	return d
}

// create makes a campaign to study A and gives it.
func (d *desk) create(tb testing.TB, args ...string) campaignAnswer {
	tb.Helper()
	return answer[campaignAnswer](tb, d, append([]string{"campaign", "create", "--study", "A", "--template", "invitation"}, args...)...)
}

func (d *desk) show(tb testing.TB, id studymail.ID) campaignAnswer {
	tb.Helper()
	return answer[campaignAnswer](tb, d, "campaign", "show", id.String())
}

// numbers are what the contract promises of `campaign show --json`, read as
// somebody else would.
func numbers(tb testing.TB, text string) map[string]int {
	tb.Helper()
	all := oneValue[map[string]json.RawMessage](tb, text)
	n := map[string]int{}
	for _, k := range []string{"selected", "planned", "queued", "sending", "deferred", "sent", "failed", "skipped", "uncertain", "cancelled"} {
		var v int
		if err := json.Unmarshal(all[k], &v); err != nil {
			tb.Fatalf("%s: %v in\n%s", k, err, text)
		}
		n[k] = v
	}
	var left map[string]int
	if err := json.Unmarshal(all["left_out"], &left); err != nil {
		tb.Fatalf("left_out: %v in\n%s", err, text)
	}
	sum := 0
	for _, k := range left {
		sum += k
	}
	if n["selected"] != n["planned"]+sum {
		tb.Fatalf("selected is not planned + left out:\n%s", text)
	}
	if n["planned"] != n["queued"]+n["sending"]+n["deferred"]+n["sent"]+n["failed"]+n["skipped"]+n["uncertain"]+n["cancelled"] {
		tb.Fatalf("planned is not the sum of the states:\n%s", text)
	}
	for _, k := range []string{"id", "state"} {
		var v string
		if err := json.Unmarshal(all[k], &v); err != nil || v == "" {
			tb.Fatalf("%s: %q, %v in\n%s", k, v, err, text)
		}
	}
	return n
}

func TestACampaignFromDraftToEnd(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		if all := answer[[]campaignAnswer](t, d, "campaign", "list"); len(all) != 0 {
			t.Fatalf("campaigns before the first: %+v", all)
		}
		if out := d.must(t, "campaign", "list"); !strings.Contains(out, "studymail campaign create") {
			t.Errorf("an empty list says: %s", out)
		}
		made := d.create(t, "--name", "First wave")
		id := made.ID.String()
		if made.Name != "First wave" || made.Study != "A" || made.Template != "invitation" || made.Version != 1 || made.Created == "" || made.Started != "" {
			t.Errorf("made: %+v", made)
		}
		adds := func(want string) {
			t.Helper()
			out := d.must(t, "campaign", "show", id, "--json")
			n := numbers(t, out)
			got := fmt.Sprintf("%s selected=%d planned=%d queued=%d sent=%d", oneValue[campaignAnswer](t, out).State,
				n["selected"], n["planned"], n["queued"], n["sent"])
			if got != want {
				t.Errorf("show says %q, want %q", got, want)
			}
		}
		adds("draft selected=0 planned=0 queued=0 sent=0")

		for range 2 { // it writes nothing
			p := answer[previewView](t, d, "campaign", "preview", id)
			if p.ID != made.ID || p.Selected != 4 || p.Planned != 2 || p.LeftOut["opted out"] != 1 || p.LeftOut["not New"] != 1 || p.Patients != nil {
				t.Errorf("preview: %+v", p)
			}
		}
		if out := d.must(t, "campaign", "preview", id); !strings.Contains(out, "2 patients would get the letter.") || !strings.Contains(out, "1  opted out") {
			t.Errorf("preview: %s", out)
		}
		adds("draft selected=0 planned=0 queued=0 sent=0")

		out := d.must(t, "campaign", "start", id, "--yes")
		if !strings.Contains(out, "2 letters planned, 2 left out") || !strings.Contains(out, "1  not New") || !strings.Contains(out, "studymail campaign show "+id) {
			t.Errorf("start says: %s", out)
		}
		adds("running selected=4 planned=2 queued=2 sent=0")
		if r := d.run(t, "", "campaign", "start", id, "--yes"); r.code != exitFailed || !strings.Contains(r.err, "running already") {
			t.Errorf("a second start: exit code %d, %s", r.code, r.err)
		}

		if out := d.must(t, "campaign", "pause", id); !strings.Contains(out, "is paused") {
			t.Errorf("pause says: %s", out)
		}
		adds("paused selected=4 planned=2 queued=2 sent=0")
		server := d.serve(t)
		if v := answer[campaignAnswer](t, d, "campaign", "resume", id); v.State != "running" {
			t.Errorf("resumed: %+v", v)
		}
		waitUntil(t, func() bool { return d.show(t, made.ID).State == "finished" })
		server.end()
		adds("finished selected=4 planned=2 queued=0 sent=2")
		if got := d.files(t, "mail/new"); len(got) != 2 {
			t.Errorf("mails: %v", got)
		}
		if r := d.run(t, "", "campaign", "cancel", id); r.code != exitFailed || !strings.Contains(r.err, "is finished") {
			t.Errorf("cancelling what is over: exit code %d, %s", r.code, r.err)
		}
		var got []string
		for _, e := range answer[[]studymail.Event](t, d, "event", "list", "--about", id) {
			got = append([]string{e.Actor + ": " + e.Action}, got...)
		}
		same(t, "events", got, []string{
			"cli:tester: campaign created", "cli:tester: campaign started", "cli:tester: campaign paused",
			"cli:tester: campaign resumed", "worker: campaign finished",
		})
		shown := d.must(t, "campaign", "show", id)
		for _, want := range []string{"First wave", "invitation, version 1", "finished", "Selected     4", "  sent       2", "1  opted out"} {
			if !strings.Contains(shown, want) {
				t.Errorf("show lacks %q:\n%s", want, shown)
			}
		}
		second := d.create(t)
		all := answer[[]campaignAnswer](t, d, "campaign", "list")
		if len(all) != 2 || all[0].ID != second.ID || all[0].Name != "invitation to A" || all[1].State != "finished" {
			t.Errorf("list: %+v", all)
		}
		list := d.must(t, "campaign", "list")
		if !strings.Contains(list, id+"  First wave") || strings.Index(list, second.ID.String()) > strings.Index(list, id) {
			t.Errorf("list:\n%s", list)
		}
		for _, args := range []string{"campaign show " + id, "campaign preview " + id + " --patients", "campaign list", "event list", "campaign show " + id + " --left-out"} {
			noCanary(t, args, d.must(t, strings.Fields(args)...)+d.must(t, append(strings.Fields(args), "--json")...))
		}
	})
}

func TestWhoIsLeftOutIsListedPatientByPatient(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		want := map[studymail.ID]studymail.Reason{}
		for _, p := range answer[[]patientView](t, d, "patient", "list") {
			switch {
			case p.Cancelled != "":
				want[p.ID] = studymail.ReasonOptedOut
			case p.Status != "New":
				want[p.ID] = studymail.ReasonNotNew
			default:
				want[p.ID] = ""
			}
		}
		made := d.create(t)
		p := answer[previewView](t, d, "campaign", "preview", made.ID.String(), "--patients")
		if p.Patients == nil || len(*p.Patients) != 4 || p.Planned != 2 || p.Selected != 4 {
			t.Fatalf("preview: %+v", p)
		}
		for _, l := range *p.Patients {
			if why, known := want[l.Patient]; !known || l.Reason != why || l.Provider != "ABCD001" {
				t.Errorf("previewed %+v, want %q", l, why)
			}
		}
		out := d.must(t, "campaign", "preview", made.ID.String(), "--patients")
		if strings.Count(out, "yes\n") != 2 || strings.Count(out, "no: opted out\n") != 1 || !strings.Contains(out, "2 patients would get the letter.") {
			t.Errorf("preview:\n%s", out)
		}
		if v := d.show(t, made.ID); v.LeftOutPatients != nil {
			t.Errorf("shown unasked: %+v", *v.LeftOutPatients)
		}
		d.must(t, "campaign", "start", made.ID.String(), "--yes")
		v := answer[campaignAnswer](t, d, "campaign", "show", made.ID.String(), "--left-out")
		if v.LeftOutPatients == nil || len(*v.LeftOutPatients) != 2 {
			t.Fatalf("left out: %+v", v)
		}
		for _, l := range *v.LeftOutPatients {
			if l.Reason == "" || l.Reason != want[l.Patient] {
				t.Errorf("left out %+v, want %q", l, want[l.Patient])
			}
		}
		out = d.must(t, "campaign", "show", made.ID.String(), "--left-out")
		if strings.Count(out, "ABCD001        opted out\n") != 1 || strings.Count(out, "ABCD001        not New\n") != 1 {
			t.Errorf("left out:\n%s", out)
		}
	})
}

// What acts on many asks with the exact count; where nobody can be asked, it is
// refused. Seen to fail: with confirmCampaign returning nil without a terminal.
func TestACampaignAsksWithTheExactCountBeforeItSends(t *testing.T) {
	t.Parallel()
	const question = "2 patients will get the letter, 2 are left out. Send? [y/N]"
	for _, c := range []struct {
		name     string
		terminal bool
		answer   string
		yes      bool
		code     int
		want     string
		planned  int
	}{
		{"nobody to ask", false, "y\n", false, exitUsage, "add --yes", 0},
		{"--yes", false, "", true, exitFine, "", 2},
		{"--yes in a terminal", true, "", true, exitFine, "", 2},
		{"yes", true, "yes\n", false, exitFine, question, 2},
		{"no", true, "n\n", false, exitFailed, question, 0},
		{"enter", true, "\n", false, exitFailed, question, 0},
		{"end of input", true, "", false, exitFailed, question, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"create", "start"} {
				d := campaigner(t, store.SQLite)
				args := []string{"campaign", "create", "--study", "A", "--template", "invitation", "--start", "--json"}
				if command == "start" {
					args = []string{"campaign", "start", d.create(t).ID.String(), "--json"}
				}
				if c.yes {
					args = append(args, "--yes")
				}
				d.sys.InTerminal = c.terminal
				r := d.run(t, c.answer, args...)
				if r.code != c.code || !strings.Contains(r.err, c.want) {
					t.Errorf("%s: exit code %d, %s", command, r.code, r.err)
				}
				if c.code == exitFine {
					if v := oneValue[campaignAnswer](t, r.out); v.Planned != c.planned {
						t.Errorf("%s: %+v", command, v)
					}
				} else if f := oneValue[failure](t, r.out); f.Error == "" {
					t.Errorf("%s: %s", command, r.out)
				}
				if all := answer[[]messageAnswer](t, d, "outbox", "list"); len(all) != c.planned {
					t.Errorf("%s: %d messages, not %d", command, len(all), c.planned)
				}
				all := answer[[]campaignAnswer](t, d, "campaign", "list")
				switch {
				case command == "create" && c.code == exitUsage:
					if len(all) != 0 {
						t.Errorf("a campaign was made all the same: %+v", all)
					}
				case c.code == exitFailed:
					if len(all) != 1 || all[0].State != "draft" {
						t.Errorf("after no: %+v", all)
					}
					if command == "create" && !strings.Contains(r.err, all[0].ID.String()+" stays a draft") {
						t.Errorf("after no it says: %s", r.err)
					}
				}
			}
		})
	}
}

// --wait without a worker: the plan is made and told, and the exit code is 1.
func TestWaitingNeedsAWorker(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		r := d.run(t, "", "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes", "--json")
		v := oneValue[campaignAnswer](t, r.out)
		if r.code != exitFailed || !strings.Contains(r.err, "no worker is alive, with 2 letters to go; start `studymail serve`") || v.Planned != 2 || v.Queued != 2 {
			t.Errorf("exit code %d, %s%s", r.code, r.out, r.err)
		}
		r = d.run(t, "", "campaign", "create", "--study", "A", "--template", "invitation", "--again", "--start", "--wait", "--yes")
		if r.code != exitFailed || !strings.Contains(r.out, "2 letters planned, 2 left out") || !strings.Contains(r.err, "no worker is alive") {
			t.Errorf("exit code %d, %s%s", r.code, r.out, r.err)
		}
		d.serve(t)
		id := d.create(t, "--again").ID.String()
		r = d.run(t, "", "campaign", "start", id, "--wait", "--yes")
		if r.code != exitFine || !strings.Contains(r.out, "Of these: 2 sent.") {
			t.Errorf("with a worker: exit code %d, %s%s", r.code, r.out, r.err)
		}
		end := answer[campaignAnswer](t, d, "campaign", "create", "--study", "A", "--template", "invitation", "--again", "--start", "--wait", "--yes")
		if end.Sent != 2 || end.State != "finished" || end.Ended == "" {
			t.Errorf("followed to the end: %+v", end)
		}
		// Nobody to write to: nothing to wait for.
		none := answer[campaignAnswer](t, d, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes")
		if none.Planned != 0 || none.State != "finished" || none.LeftOut["already had this letter"] != 2 {
			t.Errorf("with nobody to write to: %+v", none)
		}
	})
}

// A server that goes while somebody waits.
func TestWaitingEndsWhenTheCampaignIsPausedOrTheWorkerGoes(t *testing.T) {
	t.Parallel()
	d := campaigner(t, store.SQLite)
	// A relay that is not there: nothing is sent.
	d.sys.Environ = append(d.sys.Environ, "MAIL_TRANSPORT=smtp", "EMAIL_HOST=127.0.0.1", "EMAIL_PORT=1", "EMAIL_TLS=none", "EMAIL=a@example.org")
	server := d.serve(t)
	made := d.create(t)
	waiting := d.begin(t, "campaign", "start", made.ID.String(), "--yes", "--wait")
	waiting.waitFor("2 letters planned")
	d.must(t, "campaign", "pause", made.ID.String())
	<-waiting.done
	if waiting.code != exitFailed || !strings.Contains(waiting.says.String(), "was paused with 2 letters to go") {
		t.Errorf("paused: exit code %d, %s", waiting.code, waiting.says.String())
	}
	second := d.begin(t, "campaign", "create", "--study", "A", "--template", "invitation", "--again", "--start", "--yes", "--wait")
	second.waitFor("2 letters planned")
	server.end()
	<-second.done
	if second.code != exitFailed || !strings.Contains(second.says.String(), "no worker is alive") {
		t.Errorf("without a worker: exit code %d, %s", second.code, second.says.String())
	}
}

func TestACampaignForSomeCareProviders(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		d.must(t, "provider", "add", "--name", "Patel's Surgery", "--ods", "ERF00003", "--contact", "Dr Patel")
		d.must(t, "provider", "add", "--name", "Jones's Surgery", "--ods", "EFJ0002", "--contact", "Dr Jones")
		d.write(t, "others.csv", `username,first_name,last_name,email,ods_code
user.five,User,Five,user.five@example.org,ERF00003
user.six,User,Six,user.six@example.org,EFJ0002
`)
		d.must(t, "import", "others.csv", "--study", "A", "--yes")
		for args, want := range map[string]int{
			"":                           4,
			"--provider ABCD001":         2,
			"--provider erf00003":        1,
			"--provider ABCD001,EFJ0002": 3,
			"--provider ABCD001 --provider EFJ0002 --provider abcd001": 3,
		} {
			id := d.create(t, strings.Fields(args)...).ID.String()
			if p := answer[previewView](t, d, "campaign", "preview", id); p.Planned != want {
				t.Errorf("%q reaches %d, not %d", args, p.Planned, want)
			}
		}
	})
}

func TestWhoHadALetterGetsItAgainOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		d.create(t, "--start", "--yes")
		if v := d.create(t, "--start", "--yes"); v.Planned != 0 || v.LeftOut["already had this letter"] != 2 {
			t.Errorf("the second campaign: %+v", v)
		}
		if v := d.create(t, "--start", "--yes", "--again"); v.Planned != 2 || v.Selected != 4 {
			t.Errorf("with --again: %+v", v)
		}
	})
}

func TestACampaignWithATimeWaitsForIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		at := d.create(t, "--at", "2099-07-01 09:00", "--start")
		if at.State != "scheduled" || at.Next != "2099-07-01T08:00:00Z" || at.Schedule.IsZero() || at.Planned != 0 {
			t.Errorf("at a time of the installation's zone: %+v", at)
		}
		if out := d.must(t, "campaign", "show", at.ID.String()); !strings.Contains(out, "Next start   2099-07-01 09:00") {
			t.Errorf("shown:\n%s", out)
		}
		offset := d.create(t, "--at", "2099-07-01T09:00:00+05:00")
		if out := d.must(t, "campaign", "start", offset.ID.String()); !strings.Contains(out, "starts at 2099-07-01 05:00") { // 04:00Z
			t.Errorf("with an offset: %s", out)
		}
		cron := d.create(t, "--cron", "0 9 * * TUE", "--tz", "America/New_York", "--start")
		s := answer[scheduleView](t, d, "schedule", "show", cron.Schedule.String())
		if len(s.Next) != 5 || s.Zone != "America/New_York" || s.Campaign != cron.ID {
			t.Fatalf("the schedule: %+v", s)
		}
		zone := mustZone(t, "America/New_York")
		for _, next := range s.Next {
			if local := next.In(zone); local.Weekday() != time.Tuesday || local.Hour() != 9 || local.Minute() != 0 {
				t.Errorf("one of its times is %s", local)
			}
		}
		home := d.create(t, "--cron", "0 9 * * *")
		if s := answer[scheduleView](t, d, "schedule", "show", home.Schedule.String()); s.Zone != "Europe/London" || s.Enabled {
			t.Errorf("of a draft without --tz: %+v", s)
		}
		if all := answer[[]messageAnswer](t, d, "outbox", "list"); len(all) != 0 {
			t.Errorf("%d messages before their time", len(all))
		}
		d.must(t, "campaign", "cancel", at.ID.String())
		if v := d.show(t, at.ID); v.State != "cancelled" || v.Next != "" {
			t.Errorf("cancelled: %+v", v)
		}
	})
}

// A schedule starts its campaign, once, and a campaign of one time then ends.
func TestACampaignStartsAtItsTime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		at := d.create(t, "--at", time.Now().Add(3*time.Second).Format(time.RFC3339), "--start")
		d.serve(t)
		waitUntil(t, func() bool { return d.show(t, at.ID).State == "finished" })
		if v := d.show(t, at.ID); v.Sent != 2 || v.Selected != 4 || v.Started < v.Created {
			t.Errorf("at its time: %+v", v)
		}
		if s := answer[scheduleView](t, d, "schedule", "show", at.Schedule.String()); len(s.Runs) != 1 || len(s.Next) != 0 {
			t.Errorf("its schedule: %+v", s)
		}
	})
}

// Its only time came while it was paused: resuming it starts it, and asks.
func TestResumingACampaignWhoseTimePassedAsks(t *testing.T) {
	t.Parallel()
	d := campaigner(t, store.SQLite)
	at := d.create(t, "--at", time.Now().Add(time.Hour).Format(time.RFC3339), "--start")
	id := at.ID.String()
	d.must(t, "campaign", "pause", id)
	d.sys.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	server := d.serve(t)
	waitUntil(t, func() bool {
		return len(answer[scheduleView](t, d, "schedule", "show", at.Schedule.String()).Next) == 0
	})
	server.end()
	if r := d.run(t, "", "campaign", "resume", id); r.code != exitUsage || !strings.Contains(r.err, "2 patients will get the letter") {
		t.Errorf("with nobody to ask: exit code %d, %s", r.code, r.err)
	}
	if v := d.show(t, at.ID); v.State != "paused" {
		t.Errorf("after that: %+v", v)
	}
	if out := d.must(t, "campaign", "resume", id, "--yes"); !strings.Contains(out, "2 letters planned, 2 left out") {
		t.Errorf("resumed: %s", out)
	}
}

func TestACampaignIsCancelledForGood(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		made := d.create(t, "--start", "--yes")
		id := made.ID.String()
		d.sys.InTerminal = true
		r := d.run(t, "n\n", "campaign", "cancel", id)
		if r.code != exitFailed || !strings.Contains(r.err, "2 letters of campaign "+id+" that were not sent will be cancelled for good. Cancel? [y/N]") {
			t.Errorf("answered no: exit code %d, %s", r.code, r.err)
		}
		if v := d.show(t, made.ID); v.State != "running" || v.Queued != 2 {
			t.Errorf("after no: %+v", v)
		}
		r = d.run(t, "y\n", "campaign", "cancel", id)
		if r.code != exitFine || !strings.Contains(r.out, "is cancelled, 2 waiting letters with it") {
			t.Errorf("answered yes: exit code %d, %s%s", r.code, r.out, r.err)
		}
		n := numbers(t, d.must(t, "campaign", "show", id, "--json"))
		if n["cancelled"] != 2 || n["queued"] != 0 || n["selected"] != 4 {
			t.Errorf("cancelled: %v", n)
		}
		for _, move := range []string{"start", "pause", "resume", "cancel"} {
			if r := d.run(t, "", "campaign", move, id, "--json"); r.code != exitFailed || !strings.Contains(r.err, "cancelled") {
				t.Errorf("%s of a cancelled campaign: exit code %d, %s", move, r.code, r.err)
			}
		}
		d.sys.InTerminal = false
		draft := d.create(t)
		if v := answer[campaignAnswer](t, d, "campaign", "cancel", draft.ID.String()); v.State != "cancelled" || v.Ended == "" {
			t.Errorf("a draft, cancelled: %+v", v)
		}
	})
}

func TestCampaignWrongUse(t *testing.T) {
	t.Parallel()
	d := campaigner(t, store.SQLite)
	if r := d.run(t, "", "campaign"); r.code != exitUsage || !strings.Contains(r.err, "create, preview, start, pause, resume, release, cancel, show, list") {
		t.Errorf("campaign alone: exit code %d, %s", r.code, r.err)
	}
	const id = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
	create := []string{"campaign", "create", "--study", "A", "--template", "invitation"}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"without a study", []string{"campaign", "create", "--template", "invitation"}, exitUsage, "--study"},
		{"without a template", []string{"campaign", "create", "--study", "A"}, exitUsage, "--template"},
		{"no such study", []string{"campaign", "create", "--study", "none", "--template", "invitation"}, exitFailed, "study list"},
		{"no such template", []string{"campaign", "create", "--study", "A", "--template", "none"}, exitFailed, "template list"},
		{"no such care provider", append(create, "--provider", "NOBODY"), exitFailed, "provider list"},
		{"no ODS code", append(create, "--provider", "no-code"), exitUsage, "--provider"},
		{"a time in the past", append(create, "--at", "2020-01-01 09:00"), exitFailed, "in the past"},
		{"no time", append(create, "--at", "someday"), exitUsage, ""},
		{"no cron expression", append(create, "--cron", "often"), exitUsage, ""},
		{"no time zone", append(create, "--cron", "0 9 * * *", "--tz", "Mars/Base"), exitUsage, ""},
		{"a zone without cron", append(create, "--tz", "Europe/London"), exitUsage, "--tz goes with --cron"},
		{"two times", append(create, "--at", "2099-01-01 09:00", "--cron", "0 9 * * *"), exitUsage, "exclude each other"},
		{"waiting for a draft", append(create, "--wait"), exitUsage, "--wait goes with --start"},
		{"waiting for a time", append(create, "--at", "2099-01-01 09:00", "--start", "--wait"), exitUsage, "nothing to follow"},
		{"a name of two lines", append(create, "--name", "a\nb"), exitUsage, "--name"},
		{"no campaign", []string{"campaign", "show", id}, exitFailed, "campaign list"},
		{"no campaign to preview", []string{"campaign", "preview", id}, exitFailed, "campaign list"},
		{"no campaign to start", []string{"campaign", "start", id, "--yes"}, exitFailed, "campaign list"},
		{"no campaign to pause", []string{"campaign", "pause", id}, exitFailed, "campaign list"},
		{"no campaign to resume", []string{"campaign", "resume", id}, exitFailed, "campaign list"},
		{"no campaign to cancel", []string{"campaign", "cancel", id}, exitFailed, "campaign list"},
		{"no UUID", []string{"campaign", "show", "4711"}, exitUsage, "UUID"},
		{"nothing", []string{"campaign", "show"}, exitUsage, "ID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, more := range [][]string{nil, {"--json"}} {
				r := d.run(t, "", append(slices.Clone(c.args), more...)...)
				if r.code != c.code || !strings.Contains(r.err, c.want) || more == nil && r.out != "" {
					t.Errorf("exit code %d, output %q, %s", r.code, r.out, r.err)
				}
				if more != nil {
					if f := oneValue[failure](t, r.out); f.Error == "" || f.Code == "internal" {
						t.Errorf("failure: %+v", f)
					}
				}
			}
		})
	}
}
