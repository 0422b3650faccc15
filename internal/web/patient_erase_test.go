package web

import (
	"net/http"
	"strings"
	"testing"

	"studymail"
)

// Seen to fail: without the tick asked for, without what is expected compared, and with
// the right of a sender.
func TestAnAdministratorErasesAPersonAfterReadingWhatGoes(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 2)[0]
	path := "/patients/" + p.ID.String()
	sender, admin := w.as(studymail.Sender), w.as(studymail.Administrator)
	has(t, "a sender's page", sender.get(path), 200, "!Erase the person")
	has(t, "a sender's question", sender.get(path+"/erase"), http.StatusForbidden)
	if r := sender.post(path+"/erase", "why", "asked", "sure", "yes", "expect", "1/0"); r.status != http.StatusForbidden {
		t.Errorf("a sender erases: %d", r.status)
	}
	has(t, "the page", admin.get(path), 200, "Erase the person…")
	ask := admin.get(path + "/erase")
	has(t, "the question", ask, 200, "What goes", "What stays", "1 participation", "The person asked for it", "!Quxworth", "!zoe000")
	fields := hiddenOf(t, ask.body)
	has(t, "without a tick", admin.post(path+"/erase", append(fields, "why", "asked")...), 422, "have read what goes")
	has(t, "without a reason", admin.post(path+"/erase", append(fields, "sure", "yes")...), 422)
	has(t, "of something else", admin.post(path+"/erase", "why", "asked", "sure", "yes", "expect", "2/7"), 409, "Nothing was done yet")
	if w.now(p).Wrapped == nil {
		t.Fatal("erased too early")
	}
	for range 2 { // and a second click
		if r := admin.post(path+"/erase", append(fields, "why", "asked", "sure", "yes")...); r.status != http.StatusSeeOther || r.to != path {
			t.Fatalf("erasing: %d\n%s", r.status, r.body)
		}
	}
	has(t, "the page after it", admin.get(path), 200, "This person was erased", "Would get none: erased", "!z•••", "!Erase the person", "!quxworth")
	if got := w.about(p.ID); got != "person erased asked" {
		t.Errorf("the history: %s", got)
	}
	if got := w.about(p.PersonID); got != "person erased asked; patients=1 messages=0 skipped=0" {
		t.Errorf("the history of the person: %s", got)
	}
	if strings.Contains(w.log.String(), "zoe000") {
		t.Error("a name in the log")
	}
}
