package web

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/maildir"
	"studymail/internal/store"
)

// hiddenField reads a hidden field of a page.
func hiddenField(t *testing.T, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no field %s in\n%s", name, body)
	}
	return m[1]
}

func (w *postroom) messages(id studymail.ID) []store.MessageRow {
	w.tb.Helper()
	var page []store.MessageRow
	if err := w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		page, _, err = tx.MessagePage(context.Background(), store.MessageFilter{Campaign: id, Limit: 100})
		return err
	}); err != nil {
		w.tb.Fatal(err)
	}
	return page
}

// Six are chosen, one opted out and one is not New: four get the letter, once, however
// often it is sent, and the page says so before.
//
// Seen to fail: without once in draftSend the second Continue makes another draft;
// without the question for Draft in campaignStart the second click is an error.
func TestALetterGoesToChosenPatientsOnce(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	v := w.as(studymail.Sender)
	r := v.post("/patients/send", "all", "yes", "study", w.a.ID.String())
	for _, want := range []string{"all 6 patients", "Choose a letter", "Invitation"} {
		if r.status != 200 || !strings.Contains(r.body, want) {
			t.Fatalf("the first page: %d, without %q:\n%s", r.status, want, r.body)
		}
	}
	form := hiddenField(t, r.body, "form")
	chosen := []string{"form", form, "all", "yes", "study", w.a.ID.String(), "chosen", "yes", "letter", w.letter.ID.String()}
	if r := v.post("/patients/send", "all", "yes", "study", w.a.ID.String(), "chosen", "yes"); r.status != 422 || !strings.Contains(r.body, "Choose the letter to send") {
		t.Errorf("without a letter: %d", r.status)
	}
	first, second := v.post("/patients/send", chosen...), v.post("/patients/send", chosen...)
	review := first.header.Get("Location")
	if first.status != 303 || review == "" || second.header.Get("Location") != review {
		t.Fatalf("Continue, twice: %d to %s, then %d to %s\n%s", first.status, review, second.status, second.header.Get("Location"), first.body)
	}
	page := v.get(review)
	for _, want := range []string{"Send 4 letters now", "Left out: Opted out", "Left out: Not New", "What they will read", "Smith", "Estimated time", "Dear "} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the review lacks %q:\n%s", want, page.body)
		}
	}
	for _, person := range []string{"user.", "@example.org"} {
		if strings.Contains(page.body, "user.0@"+person) {
			t.Errorf("the review shows a patient's address")
		}
	}
	// The world changes: it says so and sends nothing.
	expect := hiddenField(t, page.body, "expect")
	w.set(w.patients[0], studymail.New, studymail.OptedOut)
	start := review
	if r := v.post(start, "expect", expect, "form", hiddenField(t, page.body, "form")); r.status != 409 || !strings.Contains(r.body, "will get the letter: 3, before 4") {
		t.Fatalf("after a change: %d\n%s", r.status, r.body)
	} else {
		expect = hiddenField(t, r.body, "expect")
	}
	for range 2 {
		if r := v.post(start, "expect", expect, "form", hiddenField(t, page.body, "form")); r.status != 303 {
			t.Fatalf("sent: %d\n%s", r.status, r.body)
		}
	}
	id, _ := studymail.ParseID(strings.Split(review, "/")[2])
	if n := len(w.messages(id)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
	if r := v.get(review); r.status != 303 { // Back shows no form
		t.Errorf("the review, afterwards: %d", r.status)
	}
}

func TestMessagesAreFoundAndSentAgain(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	w.becomes(id, studymail.Failed, studymail.Failed, studymail.Uncertain, studymail.Sent)
	all := w.messages(id)
	one := "/messages/" + all[0].ID.String()
	viewer, sender := w.as(studymail.Viewer), w.as(studymail.Sender)
	for _, tt := range []struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		{"/messages", 200, []string{"4 messages", "Failed", "Uncertain", "Refused"}, []string{"@example.org", "Send again"}},
		{"/messages?state=failed", 200, []string{"2 messages"}, []string{all[3].ID.String()}},
		{"/messages?state=failed&reason=refused&study=" + w.a.ID.String() + "&campaign=" + id.String(), 200, []string{"2 messages", "Only messages of the campaign"}, nil},
		{"/messages?state=failed&study=" + w.b.ID.String(), 200, []string{"No such messages"}, nil},
		{"/messages?state=sent", 200, []string{all[3].ID.String()}, []string{all[0].ID.String()}},
		{"/messages?since=2001-01-01&until=2001-01-02", 200, []string{"No such messages"}, nil},
		{"/messages?since=2001-01-01", 200, []string{all[0].ID.String()}, nil},
		{"/messages?state=anna", 422, nil, nil},
		{"/messages?campaign=" + studymail.NewID().String(), 404, nil, nil},
		{one, 200, []string{"Failed", "is not tried again by itself", "Planned", "Nothing was handed over yet"}, []string{"@example.org", "Send again"}},
		{"/messages/" + studymail.NewID().String(), 404, []string{"no such message"}, nil},
		{one + "/again", 403, nil, nil},
	} {
		viewer.get(tt.path).expect(t, tt.path, tt.status, tt.has, tt.hasNot)
	}
	// One, twice.
	if r := sender.get(one + "/again"); !strings.Contains(r.body, "Send 1 letter again") {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	for range 2 {
		if r := sender.post(one + "/again"); r.status != 303 {
			t.Fatalf("again: %d\n%s", r.status, r.body)
		}
	}
	if m := w.messages(id)[0]; m.State != studymail.Queued {
		t.Errorf("it is %s", m.State)
	}
	// All that match: with the number, which must hold.
	r := sender.post("/messages/again", "all", "yes", "state", "failed")
	if r.status != 200 || !strings.Contains(r.body, "Send 1 letter again") {
		t.Fatalf("all: %d\n%s", r.status, r.body)
	}
	if r := sender.post("/messages/again", "all", "yes", "state", "failed", "expect", "2", "form", studymail.NewID().String()); r.status != 409 || !strings.Contains(r.body, "there were 2, now there are 1") {
		t.Errorf("another number: %d\n%s", r.status, r.body)
	}
	// A job does it: its page is found again however often the form is sent.
	where, form := "", hiddenField(t, r.body, "form")
	for range 2 {
		r := sender.post("/messages/again", "all", "yes", "state", "failed", "expect", "1", "form", form)
		if r.status != 303 || !strings.HasPrefix(r.to, "/resends/") || where != "" && r.to != where {
			t.Fatalf("all, confirmed: %d to %s\n%s", r.status, r.to, r.body)
		}
		where = r.to
	}
	viewer.get(where).expect(t, "before a worker came", 200, []string{"0 of 1 message looked at", where + "/live"}, []string{"@example.org"})
	resend, _ := studymail.ParseID(strings.TrimPrefix(where, "/resends/"))
	for range 2 { // as a job that was tried twice
		if err := w.site.Planner.Resend(t.Context(), resend); err != nil {
			t.Fatal(err)
		}
	}
	viewer.get(where).expect(t, "afterwards", 200, []string{"Done. 1 of 1 message looked at: 1 letter queued again", "Sending again ended"}, []string{where + "/live"})
	if m := w.messages(id)[1]; m.State != studymail.Queued {
		t.Errorf("the second is %s", m.State)
	}
	// What is uncertain is not among them, and is settled by itself, once.
	if r := sender.post("/messages/again", "message", all[2].ID.String()); r.status != 409 {
		t.Errorf("an uncertain one, with others: %d", r.status)
	}
	settle := "/messages/" + all[2].ID.String() + "/settle"
	r = sender.get(settle)
	if !strings.Contains(r.body, "may get the letter twice") {
		t.Errorf("no warning:\n%s", r.body)
	}
	if r := sender.post(settle, "form", hiddenField(t, r.body, "form")); r.status != 422 {
		t.Errorf("settled as nothing: %d", r.status)
	}
	for range 2 {
		if r := sender.post(settle, "as", "sent", "form", hiddenField(t, r.body, "form")); r.status != 303 {
			t.Errorf("settle: %d\n%s", r.status, r.body)
		}
	}
	if m := w.messages(id)[2]; m.State != studymail.Sent || m.Reason != studymail.ReasonResolved {
		t.Errorf("settled: %s %s", m.State, m.Reason)
	}
}

func TestTheMailboxShowsMailsToThoseWithTheRight(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	coordinator, viewer := w.as(studymail.Administrator), w.as(studymail.Viewer)
	viewer.get("/mailbox").expect(t, "an empty mailbox", 200, []string{"No mails yet"}, nil)
	w.running(audience.New{})
	f, err := maildir.Open(w.site.Config.MaildirPath, w.site.Now())
	if err != nil {
		t.Fatal(err)
	}
	id := studymail.NewID()
	mail := "From: Studies <studies@example.org>\r\nTo: canary@example.org\r\nSubject: =?utf-8?q?H=C3=A9llo?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nDear Can=C3=A4ry <script>\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Dear <b>you</b></p>\r\n--x--\r\n"
	if _, err := f.Deliver(t.Context(), id, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	path := "/mailbox/" + id.String()
	viewer.get("/mailbox").expect(t, "the list", 200, []string{shortID(id), "1 mail"}, []string{"canary", ">Read<"})
	if r := viewer.post(path); r.status != 403 {
		t.Errorf("a viewer reads: %d", r.status)
	}
	if r := coordinator.get(path + "/letter"); r.status != 404 {
		t.Errorf("its HTML before it was opened: %d", r.status)
	}
	coordinator.post(path).expect(t, "read", 200, []string{"canary@example.org", "Héllo", "Dear Canäry &lt;script&gt;", "/letter"}, []string{"<script>\n"})
	if r := coordinator.get(path + "/letter"); r.status != 200 || !strings.Contains(r.body, "<b>you</b>") || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("its HTML: %d %s", r.status, r.header.Get("Content-Security-Policy"))
	}
	coordinator.get("/events?about="+id.String()).expect(t, "the event", 200, []string{"mail shown"}, nil)
	if _, err := os.Stat(filepath.Join(w.site.Config.MaildirPath, "new")); err != nil {
		t.Error(err)
	}
}

// expect holds an answer against what must stand in it, and what must not.
func (r reply) expect(t *testing.T, what string, status int, has, hasNot []string) {
	t.Helper()
	if r.status != status {
		t.Errorf("%s: %d, want %d\n%s", what, r.status, status, r.body)
	}
	for _, want := range has {
		if !strings.Contains(r.body, want) {
			t.Errorf("%s lacks %q\n%s", what, want, r.body)
		}
	}
	for _, not := range hasNot {
		if strings.Contains(r.body, not) {
			t.Errorf("%s has %q", what, not)
		}
	}
}
