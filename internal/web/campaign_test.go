package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// postroom is a ward with letters, and campaigns.
type postroom struct {
	*ward
	letter, reminder studymail.Template
	patients         []studymail.Patient
}

func newPostroom(t *testing.T) *postroom {
	t.Helper()
	w := &postroom{ward: newWard(t), letter: studymail.Template{Name: "Invitation"}, reminder: studymail.Template{Name: "Reminder " + markup}}
	w.write(func(tx *store.Tx) error {
		for _, te := range []*studymail.Template{&w.letter, &w.reminder} {
			version := studymail.TemplateVersion{Format: "markdown", Subject: "A study", Body: "Dear {{ patient_full_name }}"}
			if err := tx.AddTemplate(t.Context(), te, &version); err != nil {
				return err
			}
		}
		return nil
	})
	w.patients = w.add(&w.a, &w.smith, 0, 6)
	w.set(w.patients[4], studymail.New, studymail.OptedOut)
	w.set(w.patients[5], studymail.Engaged, studymail.NotCancelled)
	return w
}

// draft makes one of the invitation to study A.
func (w *postroom) draft(n audience.New) studymail.ID {
	w.tb.Helper()
	if n.Study == "" {
		n.Study = "A"
	}
	n.Template = "Invitation"
	c, err := w.site.Planner.Create(context.Background(), n, "test")
	if err != nil {
		w.tb.Fatal(err)
	}
	return c.ID
}

func (w *postroom) running(n audience.New) studymail.ID {
	w.tb.Helper()
	id := w.draft(n)
	if _, err := w.site.Planner.Start(context.Background(), id, "test", nil); err != nil {
		w.tb.Fatal(err)
	}
	return id
}

func (w *postroom) stands(id studymail.ID) store.CampaignRow {
	w.tb.Helper()
	var c store.CampaignRow
	if err := w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(context.Background(), id)
		return err
	}); err != nil {
		w.tb.Fatal(err)
	}
	return c
}

// becomes says what became of a campaign's messages, in order.
func (w *postroom) becomes(id studymail.ID, states ...studymail.State) {
	w.tb.Helper()
	w.write(func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(context.Background(), store.MessageFilter{Campaign: id, Limit: 100})
		for i := range page {
			if err != nil || i >= len(states) {
				break
			}
			var reason, sent any
			switch states[i] {
			case studymail.Failed:
				reason = string(studymail.ReasonRefused)
			case studymail.Skipped:
				reason = string(studymail.ReasonOptedOut)
			case studymail.Sent:
				sent = tx.Now().UnixMilli()
			default:
			}
			_, err = tx.SQL().ExecContext(context.Background(), `UPDATE messages SET state = $1, reason = $2, sent_at = $3 WHERE id = $4`, int(states[i]), reason, sent, page[i].Key)
		}
		return err
	})
}

// answers are the wizard's, as an address has them.
func (w *postroom) answers(pairs ...string) string {
	q := url.Values{"study": {w.a.ID.String()}, "template": {w.letter.ID.String()}, "when": {"now"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/campaigns/new?" + q.Encode()
}

// The wizard goes through its steps with plain forms; nothing is stored before the
// last, and nothing is sent before its review is confirmed.
func TestACampaignIsPlannedStepByStep(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	has(t, "an empty list", v.get("/campaigns"), 200, "No campaigns yet", `href="/campaigns/new"`)
	has(t, "an empty list for who may not send", w.as(studymail.Viewer).get("/campaigns"), 200, "No campaigns yet", "!/campaigns/new")
	has(t, "the first step", v.get("/campaigns/new"), 200, "To which study", `name="step" value="who"`, "!<script>alert")
	has(t, "no study", v.get("/campaigns/new?step=who"), 422, "Choose a study")
	study := "/campaigns/new?study=" + w.a.ID.String()
	has(t, "who", v.get(study+"&step=who"), 200, "4 patients of this study are in study now", "Smith&#39;s Surgery (ABCD001)", "!Patel")
	has(t, "a care provider that is none", v.get(study+"&step=letter&provider=x"), 422, "There is no such care provider")
	has(t, "letter", v.get(study+"&step=letter"), 200, "Invitation, version 1", "Reminder &lt;script&gt;", "!<script>alert")
	has(t, "no letter", v.get(study+"&step=when"), 422, "Choose a letter")
	has(t, "when", v.get(w.answers("step", "when", "when", "")), 200, "It starts when you confirm it", `value="weekdays" selected`, `value="09:00"`)
	has(t, "reminders", v.get(w.answers("step", "reminders")), 200, "Reminder 1: days later", `action="/campaigns"`, `method="post"`)

	page := v.get(w.answers("step", "reminders", "provider", w.smith.ID.String()))
	fields := append(hiddenOf(t, page.body), "name", "First <b>wave</b>", "days1", "7", "template1", w.reminder.ID.String())
	made := v.post("/campaigns", fields...)
	if made.status != http.StatusSeeOther || !strings.HasSuffix(made.to, "/start") {
		t.Fatalf("made: %d to %q\n%s", made.status, made.to, made.body)
	}
	if again := v.post("/campaigns", fields...); again.to != made.to {
		t.Errorf("sent twice: %q, then %q", made.to, again.to)
	}
	review := v.get(made.to)
	has(t, "the review", review, 200, "Nothing was sent yet", "<strong>4</strong>", "Left out: Opted out", "Left out: Not New", "Send 4 letters now",
		"7 days after the first letter", "First &lt;b&gt;wave", "Only patients of", "!<b>wave", "!<script>alert")
	has(t, "the list", v.get("/campaigns"), 200, "1 campaign<", "Draft", "!<b>wave")

	started := v.post(made.to, hiddenOf(t, review.body)...)
	path := strings.TrimSuffix(made.to, "/start")
	if started.to != path {
		t.Fatalf("started: %d to %q\n%s", started.status, started.to, started.body)
	}
	has(t, "its page", v.get(path), 200, "4 letters planned, 2 left out. They leave now.", "Running", "0 of 4 letters done", "No worker is alive",
		"6 patients selected: 4 letters planned, 2 left out.", `data-live="`+path+`/live"`, "Reminder 1", "at most 0 patients so far")
	if twice := v.post(made.to, hiddenOf(t, review.body)...); twice.to != path {
		t.Errorf("a second click: %d to %q", twice.status, twice.to)
	}
	has(t, "after a second click", v.get(path), 200, "It was started already, once.")
	if got := w.events(3); got != "campaign started, campaign created, signed in" {
		t.Errorf("events: %s", got)
	}
}

// Seen to fail: without the comparison with expect the letter went to one more than
// was confirmed.
func TestACampaignIsNotStartedWithOtherNumbersThanWereShown(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	path := "/campaigns/" + w.draft(audience.New{}).String()
	shown := v.get(path + "/start")
	w.add(&w.a, &w.patel, 6, 1)
	w.set(w.patients[0], studymail.New, studymail.NotContactable)
	now := studymail.Patient{ID: w.patients[4].ID, Cancelled: studymail.OptedOut}
	w.set(now, studymail.New, studymail.NotCancelled)
	r := v.post(path+"/start", hiddenOf(t, shown.body)...)
	has(t, "with old numbers", r, 409, "Meanwhile something changed, and nothing was sent yet", "will get the letter: 5, before 4", "not contactable: 1, before 0", "opted out: 0, before 1", "Send 5 letters now")
	if c := w.stands(w.draftOf(path)); c.State != studymail.Draft {
		t.Fatalf("it is %s", c.State)
	}
	if r := v.post(path+"/start", hiddenOf(t, r.body)...); r.to != path {
		t.Errorf("with new numbers: %d", r.status)
	}
	has(t, "garbage", w.as(studymail.Sender).post("/campaigns/"+w.draft(audience.New{Again: true}).String()+"/start", "expect", "Zoe;Quxworth=1"), 409, "will get the letter: 5, before 0", "!Quxworth")
}

func (w *postroom) draftOf(path string) studymail.ID {
	id, err := studymail.ParseID(strings.TrimPrefix(path, "/campaigns/"))
	if err != nil {
		w.tb.Fatal(err)
	}
	return id
}

// When, in words: what is typed wrong is said at its field, and kept.
func TestWhenACampaignStartsIsSaidInWords(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	next := fmt.Sprint(time.Now().Year() + 1)
	for _, tc := range []struct {
		name   string
		pairs  []string
		status int // when it goes on
		words  []string
	}{
		{"tuesdays", []string{"when", "again", "repeat", "tue", "clock", "09:00"}, 200, []string{"Every Tuesday at 09:00 (Europe/London)", "The next times:", "Tuesday "}},
		{"london", []string{"when", "again", "repeat", "daily", "clock", "07:30", "zone", "Europe/London"}, 200, []string{"Every day at 07:30 (Europe/London)", "07:30 "}},
		{"cron", []string{"when", "again", "repeat", "cron", "cron", "0 9 1 * *"}, 200, []string{"On day 1 of every month at 09:00"}},
		{"at", []string{"when", "at", "at", next + "-12-01T09:00"}, 200, []string{"1 December " + next + " at 09:00"}},
		{"now", []string{"when", "now"}, 200, []string{"It starts when you confirm it"}},
		{"a bad cron", []string{"when", "again", "repeat", "cron", "cron", "every &lt;b&gt; day"}, 422, []string{"Not clear yet", "!<b>"}},
		{"an interval", []string{"when", "again", "repeat", "cron", "cron", "@every 5m"}, 422, []string{"Write five fields"}},
		{"no time of day", []string{"when", "again", "repeat", "mon", "clock", "late"}, 422, []string{"A time of day"}},
		{"no such repeat", []string{"when", "again", "repeat", "x"}, 422, []string{"Choose one of these"}},
		{"a bad zone", []string{"when", "again", "repeat", "mon", "clock", "09:00", "zone", "Mars"}, 422, []string{"Not a time zone", `value="Mars"`}},
		{"the past", []string{"when", "at", "at", "2020-12-01T09:00"}, 422, []string{"That has passed"}},
		{"no time", []string{"when", "at"}, 422, []string{"Not a time"}},
		{"never", []string{"when", "never"}, 422, []string{"Choose one of these"}},
	} {
		if tc.status == 200 {
			has(t, tc.name, v.get(w.answers(append(tc.pairs, "step", "when")...)), 200, tc.words...)
		} else {
			has(t, tc.name, v.get(w.answers(append(tc.pairs, "step", "reminders")...)), tc.status, append(tc.words, "When does it start")...)
			has(t, tc.name+", shown", v.get(w.answers(append(tc.pairs, "step", "reminders", "show", "when")...)), 200, "Not clear yet")
			continue
		}
		has(t, tc.name+", on", v.get(w.answers(append(tc.pairs, "step", "reminders")...)), 200, "Reminder 1")
	}
}

func TestRemindersOfTheWizardAreChecked(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	letter := w.reminder.ID.String()
	for name, pairs := range map[string][]string{
		"A whole number from 1 to 365":                     {"days1", "0", "template1", letter},
		"Choose a letter, or empty both fields":            {"days2", "7"},
		"Two reminders come 7 days after the first letter": {"days1", "7", "template1", letter, "days2", "7", "template2", letter},
	} {
		fields := append(hiddenOf(t, v.get(w.answers("step", "reminders")).body), pairs...)
		has(t, name, v.post("/campaigns", append(fields, "name", "kept")...), 422, name, `value="kept"`)
	}
	has(t, "a name", v.post("/campaigns", append(hiddenOf(t, v.get(w.answers("step", "reminders")).body), "name", "two\nlines")...), 422, "One line of text")
	has(t, "nothing was stored", v.get("/campaigns"), 200, "No campaigns yet")
}

// A draft is changed by the wizard, with all that was answered; the old one goes.
func TestADraftIsChanged(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	old := w.draft(audience.New{
		Name: "Old name", Providers: []string{"ABCD001"}, Again: true, Cron: "30 9 * * 2", Zone: "Europe/London",
		Reminders: []audience.Reminder{{AfterDays: 7, Template: w.reminder.Name}}, Canary: studymail.Canary{First: 50, Wait: 4 * time.Hour},
	})
	review := v.get("/campaigns/" + old.String() + "/start")
	has(t, "the review", review, 200, "Every Tuesday at 09:30 (Europe/London)", "Start it at its time")
	change := strings.ReplaceAll(regexp.MustCompile(`href="(/campaigns/new[^"]*)"`).FindStringSubmatch(review.body)[1], "&amp;", "&")
	if strings.Contains(change, "Old") {
		t.Errorf("the name stands in %s", change)
	}
	when := strings.Replace(change, "step=study", "step=when", 1)
	has(t, "when", v.get(when), 200, `value="tue" selected`, `value="09:30"`, `value="Europe/London"`, `name="canary" value="50"`, `value="4h" selected`)
	last := v.get(strings.Replace(change, "step=study", "step=reminders", 1))
	has(t, "the last step", last, 200, `value="Old name"`, `name="days1" value="7"`, `name="again" value="yes"`)
	made := v.post("/campaigns", append(hiddenOf(t, last.body), "name", "New name")...)
	if made.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", made.status, made.body)
	}
	has(t, "the old one", v.get("/campaigns/"+old.String()), 404, "look for it among the campaigns")
	has(t, "the new one", v.get(made.to), 200, "New name", "Every Tuesday at 09:30", "!Reminder 1")
	// Changed in two windows: the second finds the first draft gone, and makes nothing.
	has(t, "in another window", v.get(strings.Replace(change, "step=study", "step=reminders", 1)), 404)
	if started := v.post(made.to, hiddenOf(t, v.get(made.to).body)...); started.status != http.StatusSeeOther {
		t.Fatalf("%d", started.status)
	}
	has(t, "scheduled", v.get(strings.TrimSuffix(made.to, "/start")), 200, "Scheduled", "The campaign starts on", "Nothing of it is planned yet")
}

// The page adds up, links each number to its messages, and says what holds it back.
func TestACampaignsPageSaysWhereItStands(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{Reminders: []audience.Reminder{{AfterDays: 7, Template: w.reminder.Name}}})
	path := "/campaigns/" + id.String()
	w.becomes(id, studymail.Sent, studymail.Failed, studymail.Skipped)
	w.flow = studymail.Flow{PerSecond: 0.5, LimitedBy: "rate limit", FinishAt: w.site.Now().Add(3 * time.Minute)}
	v := w.as(studymail.Sender)
	has(t, "without a worker", v.get(path), 200, "No worker is alive, so nothing leaves")
	w.write(func(tx *store.Tx) error {
		return tx.AddWorker(t.Context(), &studymail.Worker{ID: studymail.NewID(), Host: "here", BootID: "b", PID: 1, Version: "test"}, time.Hour)
	})
	has(t, "running", v.get(path), 200, "3 of 4 letters done.", "30 a minute in the last minute.", "About 3 minutes to go at this rate.", "The rate limit of this installation",
		"Pause…", "Cancel…", "Send the 1 failed letter again…", "Refused", "Opted out", path+"/left-out?reason=opted&#43;out&amp;step=1", "at most 1 patient so far",
		"Each patient counts once for the first letter, and once for each reminder.", path+"/reminder?step=2")
	has(t, "for who may not send", w.as(studymail.Viewer).get(path), 200, "3 of 4", "!Pause…", "!again…")
	has(t, "left out", v.get(path+"/left-out"), 200, "2 patients, 2 shown", "Opted out", "z•••", "!zoe004")
	has(t, "left out for a reason", v.get(path+"/left-out?reason=not+New"), 200, "1 patient, 1 shown", "!Opted out</td>")
	has(t, "left out for no reason", v.get(path+"/left-out?reason=Zoe"), 200, "Nobody was left out")
	has(t, "no such step", v.get(path+"/left-out?step=9"), 404)
	has(t, "what the reminder would do", v.get(path+"/reminder?step=2"), 200, "It looks on ", "<strong>1</strong>")
	has(t, "the first letter is no reminder", v.get(path+"/reminder?step=1"), 404)

	w.write(func(tx *store.Tx) error {
		_, _, err := tx.Disarm(t.Context(), studymail.ByHand, "", "test")
		return err
	})
	has(t, "switched off", v.get(path), 200, "Sending is switched off for the whole installation")
}

// Seen to fail: with the numbers of failed and skipped changed over.
func TestEachNumberLinksToItsMessages(t *testing.T) {
	t.Parallel()
	n := &campaignNow{all: studymail.Counts{LeftOut: map[studymail.Reason]int{studymail.ReasonOptedOut: 2}, Selected: 38, Planned: 36, Queued: 1, Sending: 2, Deferred: 3, Sent: 4, Failed: 5, Skipped: 6, Uncertain: 7, Cancelled: 8}}
	n.ID = studymail.NewID()
	n.steps = make([]store.StepRow, 1)
	n.steps[0].Number = 1
	n.counts = map[int64]*studymail.Counts{0: &n.all}
	w := newHouse(t)
	p := campaignShowPage{}
	w.site.campaignNumbers(&visit{site: w.site}, n, &p)
	cells := p.Numbers[0].Cells
	sum := 0
	for i, word := range []string{"queued", "sending", "deferred", "sent", "failed", "skipped", "uncertain", "cancelled"} {
		sum += cells[i].Count
		if cells[i].Count != i+1 || cells[i].Path != "" && cells[i].Path != "/messages?campaign="+n.ID.String()+"&state="+word {
			t.Errorf("%s: %+v", word, cells[i])
		}
	}
	if cells[8].Count != sum || cells[9].Count != 2 || !strings.HasPrefix(p.Sum, "38 patients selected: 36 letters planned, 2 left out.") {
		t.Errorf("%+v, %s", cells, p.Sum)
	}
}

func TestACampaignIsPausedResumedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	path := "/campaigns/" + id.String()
	w.becomes(id, studymail.Sent)
	v := w.as(studymail.Sender)
	act := func(name, says string, want studymail.CampaignState) {
		t.Helper()
		form := v.get(path + "/" + name)
		has(t, name, form, 200, says)
		hidden := hiddenOf(t, form.body)
		for range 2 { // a second click
			if r := v.post(path+"/"+name, hidden...); r.status != http.StatusSeeOther || r.to != path {
				t.Fatalf("%s: %d to %q\n%s", name, r.status, r.to, r.body)
			}
		}
		if got := w.stands(id).State; got != want {
			t.Fatalf("after %s it is %s", name, got)
		}
	}
	act("pause", "3 letters still to go at this moment", studymail.Paused)
	has(t, "paused", v.get(path), 200, "The campaign is paused: nothing of it leaves", "Resume…")
	act("resume", "3 letters to go", studymail.Running)
	act("cancel", "3 letters not sent at this moment will be cancelled for good, and 1 letter sent before stay", studymail.CampaignCanceled)
	has(t, "cancelled", v.get(path), 200, "It is cancelled already.", "!Resume…", "!Pause…")
	if r := v.get(path + "/resume"); r.to != path {
		t.Errorf("resuming what is over: %d", r.status)
	}
	if got := w.events(4); got != "campaign cancelled, campaign resumed, campaign paused, signed in" {
		t.Errorf("events: %s", got)
	}
}

// Its time passed while it was paused: to resume it is to start it, with the number.
// What waits for a canary says so, and can be let go.
func TestTheRestOfACampaignIsLetGo(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{Canary: studymail.Canary{First: 1, Wait: 4 * time.Hour}})
	path := "/campaigns/" + id.String()
	w.write(func(tx *store.Tx) error {
		return tx.AddWorker(t.Context(), &studymail.Worker{ID: studymail.NewID(), Host: "here", BootID: "b", PID: 1, Version: "test"}, time.Hour)
	})
	v := w.as(studymail.Sender)
	has(t, "held", v.get(path), 200, "It began with 1 letter. The other 3 wait until those are handed over, and then 4 hours", "Let the rest go…", "1 letter first, then 4 hours")
	has(t, "for who may not send", w.as(studymail.Viewer).get(path), 200, "The other 3 wait", "!Let the rest go…")
	form := v.get(path + "/release")
	has(t, "asked", form, 200, "Let 3 letters go now")
	for range 2 { // a second click
		if r := v.post(path+"/release", hiddenOf(t, form.body)...); r.status != http.StatusSeeOther || r.to != path {
			t.Fatalf("%d to %q\n%s", r.status, r.to, r.body)
		}
	}
	has(t, "gone", v.get(path), 200, "!The other 3 wait", "!Let the rest go…", "Nothing of it waits for its first letters any more.")
	if got := w.events(2); !strings.HasPrefix(got, "rest of campaign released, ") {
		t.Errorf("events: %s", got)
	}
}

func TestToResumeALateCampaignIsToStartIt(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.draft(audience.New{At: time.Now().Add(time.Hour)})
	path := "/campaigns/" + id.String()
	v := w.as(studymail.Sender)
	v.post(path+"/start", hiddenOf(t, v.get(path+"/start").body)...)
	v.post(path+"/pause", hiddenOf(t, v.get(path+"/pause").body)...)
	w.write(func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `UPDATE schedules SET next_run_at = NULL WHERE job = 'campaign'`)
		return err
	})
	form := v.get(path + "/resume")
	has(t, "resume", form, 200, "Its time passed while it was paused", "Send 4 letters now", "Left out: Opted out")
	w.set(w.patients[0], studymail.New, studymail.NotContactable)
	changed := v.post(path+"/resume", hiddenOf(t, form.body)...)
	has(t, "with old numbers", changed, 409, "the numbers below are new", "Send 3 letters now")
	if r := v.post(path+"/resume", hiddenOf(t, changed.body)...); r.to != path || w.stands(id).State != studymail.Running {
		t.Errorf("%d, it is %s", r.status, w.stands(id).State)
	}
}

func TestFailedLettersAreSentAgain(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	path := "/campaigns/" + id.String()
	v := w.as(studymail.Sender)
	has(t, "nothing failed", v.get(path+"/retry"), 200, "There is nothing to do")
	w.becomes(id, studymail.Failed, studymail.Failed, studymail.Sent, studymail.Uncertain)
	w.set(w.patients[1], studymail.New, studymail.OptedOut)
	form := v.get(path + "/retry")
	has(t, "retry", form, 200, "Refused", "Look at 2 failed letters again")
	if r := v.post(path+"/retry", hiddenOf(t, form.body)...); r.to != path {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "afterwards", v.get(path), 200, "1 letter queued again; 1 left as is: opted out.", "3 of 4 letters done")
	has(t, "a second click", v.post(path+"/retry", hiddenOf(t, form.body)...), 409, "the numbers below are new")
}

func TestADraftIsDiscarded(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.draft(audience.New{Name: "never mind"})
	path := "/campaigns/" + id.String()
	v := w.as(studymail.Sender)
	has(t, "a draft", v.get(path), 200, "Nothing of it is planned yet", "Review and send…", "Discard…", "!data-live")
	if r := v.post(path+"/discard", hiddenOf(t, v.get(path+"/discard").body)...); r.to != "/campaigns" {
		t.Fatalf("%d to %q", r.status, r.to)
	}
	has(t, "afterwards", v.get("/campaigns"), 200, "The draft is discarded.", "No campaigns yet")
	has(t, "once more", v.post(path+"/discard"), 404)
	running := "/campaigns/" + w.running(audience.New{}).String()
	if r := v.post(running+"/discard", "expect", ""); r.to != running {
		t.Errorf("one that runs: %d", r.status)
	}
	has(t, "one that runs", v.get(running), 200, "It is not a draft any more.")
}

func TestCampaignsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	w.draft(audience.New{Name: "A draft " + markup})
	w.running(audience.New{Name: "A wave"})
	v := w.as(studymail.Viewer)
	for query, want := range map[string][]string{
		"":                          {"A draft &lt;script&gt;", "A wave", "2 campaigns<", "!<script>alert"},
		"?state=running":            {"A wave", "1 campaign<", "!A draft"},
		"?q=draft":                  {"A draft", "!A wave"},
		"?kind=chosen":              {"No such campaigns"},
		"?study=" + w.b.ID.String(): {"No such campaigns"},
		"?after=garbage":            {"2 campaigns"},
	} {
		has(t, query, v.get("/campaigns"+query), 200, want...)
	}
	for _, query := range []string{"?state=Zoe", "?study=x", "?kind=x"} {
		has(t, query, v.get("/campaigns"+query), 422)
	}
}

// The stream says that something changed, and ends with the campaign and with the
// server. Seen to fail: without `ending` it went on.
func TestAPageIsToldWhenACampaignMoves(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	v := w.as(studymail.Viewer)
	done := make(chan reply, 1)
	go func() { done <- v.get("/campaigns/" + id.String() + "/live") }()
	w.becomes(id, studymail.Sent, studymail.Sent, studymail.Sent, studymail.Sent)
	w.write(func(tx *store.Tx) error {
		_, err := tx.FinishRuns(t.Context(), nil)
		return err
	})
	r := <-done
	if r.status != 200 || r.header.Get("Content-Type") != "text/event-stream" || !strings.Contains(r.body, "data: changed\n\n") || strings.Count(r.body, "data:") > 4 {
		t.Errorf("%d %q", r.status, r.body)
	}
	has(t, "over", v.get("/campaigns/"+id.String()), 200, "Finished", "!data-live")

	go func() { done <- v.get("/campaigns/" + w.running(audience.New{Again: true}).String() + "/live") }()
	w.site.endStreams()
	if r := <-done; r.status != 200 {
		t.Errorf("%d", r.status)
	}
}
