package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

const letterBody = "Dear {{ patient_full_name }},\n\nwould you take part in {{ study_name }}?\n\n{{ care_provider_contact }}\n\n[I do not](https://example.org)\n"

// addTemplate adds a template with one version.
func (w *ward) addTemplate(name, subject, body string) (m studymail.Template) {
	w.tb.Helper()
	m = studymail.Template{Name: name}
	w.write(func(tx *store.Tx) error {
		v := studymail.TemplateVersion{Format: "markdown", Subject: subject, Body: body}
		return tx.AddTemplate(context.Background(), &m, &v)
	})
	return m
}

func (w *ward) newest(m studymail.Template) (text studymail.TemplateVersion) {
	w.tb.Helper()
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		got, err := tx.TemplateByID(context.Background(), m.ID)
		if err != nil {
			return err
		}
		text, err = tx.TemplateVersion(context.Background(), got.Key, got.Versions)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return text
}

// No page of a template has a patient's name, nor any markup that stands in a name,
// a study or a letter.
func TestPagesOfTemplatesShowMasksAndNoMarkup(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.b, &w.patel, 0, 1)[0]
	m := w.addTemplate("Invitation "+markup, "About {{ study_name }} <b>", letterBody)
	path := "/templates/" + m.ID.String()
	visitors := map[studymail.Role]*visitor{}
	for _, role := range studymail.Roles() {
		visitors[role] = w.as(role)
	}
	for _, tt := range []struct {
		path   string
		status int
		has    []string
	}{
		{"/templates", 200, []string{"Invitation &lt;script&gt;", "About {{ study_name }} &lt;b&gt;", "1 template"}},
		{"/templates?q=nothing-such", 200, []string{"No such templates"}},
		{"/templates?state=archived", 200, []string{"No such templates"}},
		{path, 200, []string{"Shown with the values of an invented patient", "Dear Anna Example", "An invitation must say where patients opt out", path + "/frame?version=1"}},
		{path + "?patient=" + p.ID.String(), 200, []string{"with masks", "Dear Z••• Q•••", "take part in B &lt;script&gt;"}},
		{path + "?patient=" + studymail.NewID().String(), 422, []string{"No patient has that UUID"}},
		{path + "?patient=nobody", 422, []string{"That is no UUID"}},
		{path + "?study=nobody", 422, nil},
		{path + "?version=2", 404, []string{"There is no such version"}},
		{path + "/versions", 200, []string{"They say the same"}},
		{path + "/versions?from=1&to=9", 404, nil},
		{path + "/frame?version=1&patient=" + p.ID.String(), 200, []string{"Z••• Q•••"}},
		{"/templates/" + studymail.NewID().String(), 404, []string{"There is no such template"}},
	} {
		for role, v := range visitors {
			has(t, tt.path+" as "+string(role), v.get(tt.path), tt.status, append(tt.has, "!Quxworth", "!zoe0", "!<script>alert", "!studymail template")...)
		}
	}
	has(t, "the editor", w.as(studymail.Coordinator).get(path+"/edit"), 200, "{{ care_provider_phone }}", "020 7946 0000", "!<script>alert", `name="version" value="1"`)
	if log := w.log.String(); strings.Contains(log, "zoe0") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %s", log)
	}
}

// A letter may hold whatever its format lets through; its frame has no origin, runs
// nothing and loads nothing. Seen to fail: with letterFrame's header taken out.
func TestALetterIsShownWhereItCanDoNothing(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	m := w.addTemplate("Invitation", "About", letterBody)
	v := w.as(studymail.Coordinator)
	path := "/templates/" + m.ID.String()
	for name, r := range map[string]reply{
		"a version": v.get(path + "/frame"),
		"a draft":   v.post("/templates/frame", "format", "html", "subject", "x", "body", `<p style="color: red">Hello {{ patient_first_name }}</p>`),
	} {
		if csp := r.header.Get("Content-Security-Policy"); r.status != 200 || csp != framePolicy {
			t.Errorf("%s: %d, %s", name, r.status, csp)
		}
	}
	for _, bad := range []string{`<script>alert(1)</script>`, `<p onclick="alert(1)">x</p>`, `<form action="https://evil.example"><p>x</p></form>`, `<iframe src="https://evil.example"></iframe>`} {
		r := v.post("/templates/frame", "format", "html", "subject", "x", "body", bad)
		has(t, bad, r, 200, "not a letter yet", "!alert", "!evil")
		r = v.post("/templates", "name", "Bad", "kind", "notice", "format", "html", "subject", "x", "body", bad)
		has(t, "saving "+bad, r, 422, "To be mended before it can be saved", "!"+bad)
	}
	if csp := v.get(path).header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, policy) || !strings.HasSuffix(csp, "frame-src 'self'") {
		t.Errorf("the page around it: %s", csp)
	}
	if csp := v.get("/templates").header.Get("Content-Security-Policy"); csp != policy {
		t.Errorf("a page without a frame: %s", csp)
	}
}

// Seen to fail: with shown always true in templateFrame, and without the event in
// templateFrameShown.
func TestAPatientsOwnDetailsAreShownInALetterOnlyOnAskingWithAnEvent(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	m := w.addTemplate("Invitation", "About", letterBody)
	path := "/templates/" + m.ID.String()
	v := w.as(studymail.Coordinator)
	has(t, "the page", v.get(path+"?patient="+p.ID.String()), 200, "Show with this patient", "!Quxworth")
	if got := w.about(p.ID); got != "" {
		t.Errorf("masks are noted: %s", got)
	}
	has(t, "asked for", v.post(path+"/frame", "patient", p.ID.String(), "version_shown", "1"), 200, "Zoe Quxworth000", "Dr Smith")
	if got := w.about(p.ID); got != "details shown in template "+m.ID.String() {
		t.Errorf("the events are %s", got)
	}
	has(t, "a viewer", w.as(studymail.Viewer).post(path+"/frame", "patient", p.ID.String()), 403, "!Quxworth")
	has(t, "nobody chosen", v.post(path+"/frame"), 400, "Choose a patient first")
	has(t, "the viewer's page", w.as(studymail.Viewer).get(path+"?patient="+p.ID.String()), 200, "!Show with this patient")
}

func TestWhomAPreviewIsForIsChosenOutsideTheAddressBar(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	m := w.addTemplate("Invitation", "About", letterBody)
	path := "/templates/" + m.ID.String()
	v := w.as(studymail.Viewer)
	for name, tt := range map[string]struct {
		typed []string
		want  string
	}{
		"some patient": {[]string{"pick", "yes"}, path + "?patient=" + p.ID.String() + "&provider=" + w.smith.ID.String() + "&study=" + w.a.ID.String() + "&version=1"},
		"of a study":   {[]string{"study", w.a.ID.String()}, path + "?study=" + w.a.ID.String() + "&version=1"},
		"nobody":       {nil, path + "?version=1"},
	} {
		if r := v.post(path+"/sample", append(tt.typed, "version_shown", "1")...); r.status != http.StatusSeeOther || r.to != tt.want {
			t.Errorf("%s: %d to %s, want %s", name, r.status, r.to, tt.want)
		}
	}
	has(t, "a name", v.post(path+"/sample", "patient", "Zoe Quxworth"), 422, "That is no UUID")
	has(t, "no such patient", v.post(path+"/sample", "pick", "yes", "study", w.b.ID.String()), 422, "There is no such patient in study")
}

func TestTwoEditorsOfALetterSeeEachOthersChanges(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	m := w.addTemplate("Invitation", "About", letterBody)
	path := "/templates/" + m.ID.String()
	first, second := w.as(studymail.Coordinator), w.as(studymail.Sender)
	has(t, "opened", second.get(path+"/edit"), 200)
	theirs := strings.Replace(letterBody, "would you take part", "please take part", 1)
	if r := first.post(path, "format", "markdown", "subject", "About", "body", theirs, "version", "1"); r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	mine := strings.ReplaceAll(strings.Replace(letterBody, "Dear", "Hello", 1), "\n", "\r\n")
	r := second.post(path, "format", "markdown", "subject", "Mine", "body", mine, "version", "1")
	has(t, "the second", r, 409, "Version 2 was saved while you wrote", "by <a href", "added: </span>please take part", "removed: </span>would you take part",
		"added: </span>Hello", "added: </span>Subject: Mine", `name="version" value="2"`, ">Hello {{ patient_full_name }}")
	if got := w.newest(m); got.Body != theirs {
		t.Errorf("version %d has %q", got.Number, got.Body)
	}
	if r := second.post(path, "format", "markdown", "subject", "Mine", "body", mine, "version", "2"); r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	got := w.newest(m)
	if got.Number != 3 || got.Subject != "Mine" || got.Body != strings.ReplaceAll(mine, "\r\n", "\n") {
		t.Errorf("version %d has %q", got.Number, got.Body)
	}
	if got := w.about(m.ID); got != "template edited version 3 | template edited version 2" {
		t.Errorf("the events are %s", got)
	}
	has(t, "the same again", second.post(path, "format", "markdown", "subject", "Mine", "body", mine, "version", "2"), http.StatusSeeOther)
	has(t, "versions", second.get(path+"/versions?from=1&to=3"), 200, "removed: </span>Dear", "User ")
	has(t, "another version's number", second.post(path, "format", "markdown", "subject", "Other", "body", mine, "version", "7"), 400)
}

func TestALetterWithProblemsIsNotSavedAndNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	v := w.as(studymail.Coordinator)
	for name, tt := range map[string]struct {
		subject, body string
		says          []string
	}{
		"an unknown placeholder": {"About", "Dear {{ first_name }}", []string{"did you mean {{ patient_first_name }}?", "Body, line 1, column 6"}},
		"nothing":                {"", "", []string{"a mail needs a subject", "write a letter"}},
		"a subject of two lines": {"a\nBcc: x", "Hello", []string{"a subject is one line"}},
		"several":                {"About", "{{ a }} {{ b }}", []string{"And 1 more problem"}},
	} {
		r := v.post("/templates", "name", "Kept name", "kind", "notice", "format", "markdown", "subject", tt.subject, "body", tt.body)
		has(t, name, r, 422, append(tt.says, "Nothing was saved yet", "Kept name", "To be mended")...)
	}
	has(t, "no format", v.post("/templates", "name", "x", "kind", "other", "format", "rtf", "subject", "a", "body", "b"), 422, "Choose one of these")
	r := v.post("/templates", "name", "Invitation", "kind", "invitation", "format", "markdown", "subject", "About", "body", letterBody)
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "the name again", v.post("/templates", "name", "Invitation", "kind", "invitation", "format", "markdown", "subject", "About", "body", letterBody), 422, "a template of this name already")
	has(t, "a preview", v.post("/templates/preview", "name", "Draft", "format", "markdown", "subject", "About {{ study_name }}", "body", "Hello *you*"), 200, "About Study A", "&lt;em&gt;you&lt;/em&gt;", "Draft", "Add the template")
}

// The numbers are of patients in study only, and of the study that was chosen.
func TestALetterIsWarnedAbout(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.site.Config.HTTPAddr = "192.0.2.1:8000" // no address that a mail in a Maildir could lead to
	w.add(&w.a, &w.smith, 0, 2)
	w.add(&w.b, &w.patel, 2, 3)
	for i, d := range []studymail.Details{{Username: sealed.NewName("only"), LastName: sealed.NewName("Last")}, {Username: sealed.NewName("none")}} {
		p := w.addOne(t.Context(), &w.a, &w.smith, d)
		if i == 1 {
			w.set(p, studymail.Engaged, studymail.NotCancelled)
		}
	}
	v := w.as(studymail.Coordinator)
	for name, tt := range map[string]struct {
		kind, subject, body, study string
		says                       []string
	}{
		"a long subject":       {"notice", strings.Repeat("Long ", 15), "Hello", "", []string{"The subject has 74 characters"}},
		"no opt-out":           {"invitation", "About", "Hello", "", []string{"An invitation must say where patients opt out"}},
		"a notice":             {"notice", "About", "Hello", "", []string{"!must say where patients opt out", "!Look at these"}},
		"no address of ours":   {"invitation", "About", "[Stop]({{ unsubscribe_url }})", "", []string{"Whoever runs it sets PUBLIC_URL", "!must say where patients opt out"}},
		"first names":          {"notice", "About", "{{ patient_first_name }}", "", []string{"{{ patient_first_name }}: 1 patient in study (of all studies)"}},
		"first names of B":     {"notice", "About", "{{ patient_first_name }}", w.b.ID.String(), []string{"!(of study", "!Look at these"}},
		"a contact":            {"notice", "About", "{{ care_provider_contact }}", "", []string{"Patel &lt;script&gt;", "so its 3 patients in study"}},
		"telephones":           {"notice", "About", "{{ care_provider_phone }}", "", []string{"2 care providers have none, so their 6 patients"}},
		"approvals":            {"notice", "About", "{{ study_approval_reference }}", w.a.ID.String(), []string{"study A has none, so its 3 patients", "In this preview there is nothing for {{ study_approval_reference }}", "!study B"}},
		"a picture":            {"notice", "About", "![x](https://example.org/x.png)", "", []string{"Pictures from elsewhere are not loaded"}},
		"a letter of any size": {"notice", "About", strings.Repeat("Hello.\n\n", 7500), "", []string{"large mail services cut off"}},
	} {
		r := v.post("/templates/preview", "name", "Draft", "kind", tt.kind, "format", "markdown", "subject", tt.subject, "body", tt.body, "study", tt.study)
		has(t, name, r, 200, append(tt.says, "!<script>alert")...)
	}
}

func TestATemplateIsRenamedAndArchivedByOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	m := w.addTemplate("Invitation", "About", letterBody)
	w.addTemplate("Reminder", "About", letterBody)
	path := "/templates/" + m.ID.String()
	v := w.as(studymail.Coordinator)
	opened := hiddenOf(t, v.get(path+"/settings").body)
	has(t, "a name that is taken", v.post(path+"/settings", append(opened, "name", "Reminder", "kind", "notice")...), 422, "a template of this name already")
	has(t, "saved", v.post(path+"/settings", append(opened, "name", "Notice", "kind", "notice")...), http.StatusSeeOther)
	has(t, "the second editor", v.post(path+"/settings", append(opened, "name", "Letter", "kind", "invitation")...), 409, "Somebody else changed this meanwhile", "Stored now: <strong>Notice</strong>")
	page := v.get(path + "/archive")
	has(t, "archive", page, 200, "No campaign that is not over uses it", "Archive Notice")
	has(t, "from an old page", v.post(path+"/archive", "to", "archived", "version", "1"), 409, "Meanwhile somebody changed it")
	has(t, "archived", v.post(path+"/archive", hiddenOf(t, page.body)...), http.StatusSeeOther)
	has(t, "archived twice", v.post(path+"/archive", hiddenOf(t, page.body)...), http.StatusSeeOther)
	has(t, "the list", v.get("/templates"), 200, "!>Notice</a>", "Reminder")
	has(t, "an edit of it", v.get(path+"/edit"), 409, "This template is archived")
	has(t, "saving an edit of it", v.post(path, "format", "markdown", "subject", "x", "body", "y", "version", "1"), 409)
	has(t, "taken back", v.post(path+"/archive", hiddenOf(t, v.get(path+"/archive").body)...), http.StatusSeeOther)
	if got := w.about(m.ID); got != "template taken back | template archived | template set name, kind" {
		t.Errorf("the events are %s", got)
	}
}

// Seen to fail: without once in sendTrial, two letters left.
func TestATestLetterGoesToWhoAsksOnce(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	m := w.addTemplate("Invitation", "About {{ study_name }}", letterBody+"{{ unsubscribe_url }}")
	path := "/templates/" + m.ID.String()
	v := w.as(studymail.Coordinator)
	has(t, "a process that cannot", v.post(path+"/test"), 503, "nothing was sent")
	var sent []TestLetter
	answer, failure := studymail.Outcome{Kind: studymail.Accepted}, error(nil)
	w.site.SendTest = func(_ context.Context, l TestLetter) (studymail.Outcome, error) {
		sent = append(sent, l)
		return answer, failure
	}
	form := []string{"form", newForm().Token, "study", w.a.ID.String(), "provider", w.smith.ID.String()}
	for range 2 {
		has(t, "sent", v.post(path+"/test", form...), http.StatusSeeOther)
	}
	if len(sent) != 1 || sent[0].To.Reveal() != "coordinator@example.org" {
		t.Fatalf("%d letters were sent", len(sent))
	}
	parts := sent[0].Letter.Parts(&sent[0].Values)
	if parts.Subject != "[Test] About A" || !strings.Contains(parts.Text, "Dear Anna Example") || !strings.Contains(parts.Text, "Dr Smith") {
		t.Errorf("%q, %q", parts.Subject, parts.Text)
	}
	has(t, "the page", v.get(path), 200, "c•••@e•••.org", "was sent already, once", "!coordinator@example.org")
	answer = studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1"}
	has(t, "refused", v.post(path+"/test", "form", newForm().Token), 503, "550 5.1.1", "no patient is concerned")
	failure = errors.New("secret words")
	has(t, "a fault", v.post(path+"/test", "form", newForm().Token), 500, "!secret words")
	has(t, "a care provider without a contact", v.post(path+"/test", "form", newForm().Token, "provider", w.patel.ID.String()), 409, "nothing for {{ care_provider_contact }}")
	has(t, "a viewer", w.as(studymail.Viewer).post(path+"/test", form...), 403)
}
