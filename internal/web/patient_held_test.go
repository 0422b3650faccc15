package web

import (
	"net/http"
	"strings"
	"testing"

	"studymail"
)

// Seen to fail: with the right of a viewer.
func TestAllThatIsHeldIsAFileForWhoSeesDetails(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	path := "/patients/" + p.ID.String()
	if r := w.as(studymail.Viewer).post(path+"/held", "as", "html"); r.status != http.StatusForbidden || strings.Contains(r.body, "quxworth") {
		t.Errorf("a viewer: %d", r.status)
	}
	v := w.as(studymail.Coordinator)
	has(t, "the page", v.get(path), 200, "Download all that is held")
	has(t, "no form", v.post(path+"/held"), 400)
	has(t, "as a page", v.post(path+"/held", "as", "html"), 200, "zoe000@quxworth.example", "What is held on a person", "!<script")
	has(t, "as JSON", v.post(path+"/held", "as", "json"), 200, `"email": "zoe000@quxworth.example"`, `"studies": [`)
	if got := w.about(p.PersonID); got != "person exported as=json | person exported as=html" {
		t.Errorf("events about the person: %s", got)
	}
	if got := w.about(p.ID); got != "details shown all that is held | details shown all that is held" {
		t.Errorf("events about the patient: %s", got)
	}
	if strings.Contains(w.log.String(), "zoe000") {
		t.Error("a name in the log")
	}
}
