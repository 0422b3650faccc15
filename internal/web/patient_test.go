package web

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// ward is a house with two studies, two care providers and patients.
type ward struct {
	*house
	a, b         studymail.Study
	smith, patel studymail.Provider
}

const markup = `<script>alert("x")</script>`

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{
		house: newHouse(t),
		a:     studymail.Study{Name: "A", Active: true}, b: studymail.Study{Name: "B " + markup, Active: true},
		smith: studymail.Provider{Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", Active: true},
		patel: studymail.Provider{Name: "Patel " + markup, ODSCode: "ERF00003", Active: true},
	}
	w.write(func(tx *store.Tx) error {
		return errors.Join(tx.AddStudy(t.Context(), &w.a), tx.AddStudy(t.Context(), &w.b), tx.AddProvider(t.Context(), &w.smith), tx.AddProvider(t.Context(), &w.patel))
	})
	return w
}

func (h *house) write(fn func(tx *store.Tx) error) {
	h.tb.Helper()
	if err := h.store.Write(context.Background(), fn); err != nil {
		h.tb.Fatal(err)
	}
}

func detailsOf(n int) studymail.Details {
	return studymail.Details{
		Username: sealed.NewName(fmt.Sprintf("zoe%03d", n)), FirstName: sealed.NewName("Zoe"), LastName: sealed.NewName(fmt.Sprintf("Quxworth%03d", n)),
		Email: sealed.NewEmail(fmt.Sprintf("zoe%03d@quxworth.example", n)),
	}
}

// add adds invented people from number first on to a study.
func (w *ward) add(study *studymail.Study, provider *studymail.Provider, first, n int) (all []studymail.Patient) {
	w.tb.Helper()
	ctx := context.Background()
	for i := first; i < first+n; i++ {
		all = append(all, w.addOne(ctx, study, provider, detailsOf(i)))
	}
	return all
}

func (w *ward) addOne(ctx context.Context, study *studymail.Study, provider *studymail.Provider, d studymail.Details) (p studymail.Patient) {
	w.tb.Helper()
	person := studymail.Person{ID: studymail.NewID(), Hashes: d.Hash(w.site.Sealer), Missing: d.Missing()}
	key, wrapped, err := w.site.Sealer.NewKey(person.ID)
	if err == nil {
		person.Wrapped = wrapped
		person.Sealed, err = d.Seal(key, person.ID)
	}
	if err != nil {
		w.tb.Fatal(err)
	}
	w.write(func(tx *store.Tx) error {
		if err := tx.AddPerson(ctx, &person); err != nil {
			return err
		}
		p = studymail.Patient{Person: person.Key, PersonID: person.ID, Study: study.Key, Provider: provider.Key}
		return tx.AddPatient(ctx, &p)
	})
	return p
}

func (w *ward) set(p studymail.Patient, status studymail.Status, cancelled studymail.Cancelled) {
	w.tb.Helper()
	w.write(func(tx *store.Tx) error {
		return tx.SetPatient(context.Background(), p.ID, p.Status, p.Cancelled, status, cancelled)
	})
}

func (w *ward) now(p studymail.Patient) store.PatientRow {
	w.tb.Helper()
	var row store.PatientRow
	err := w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		row, err = tx.PatientByID(context.Background(), p.ID)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return row
}

// about are the actions of the events about something, newest first.
func (w *ward) about(id studymail.ID) string {
	w.tb.Helper()
	var words []string
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		all, err := tx.Events(context.Background(), store.EventFilter{About: id})
		for _, e := range all {
			words = append(words, strings.TrimSpace(e.Action+" "+e.Detail))
		}
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return strings.Join(words, " | ")
}

// hiddenOf reads the hidden fields of the last form on a page, as pairs.
func hiddenOf(t *testing.T, body string) []string {
	t.Helper()
	var pairs []string
	_, last, _ := strings.Cut(body, `<main`)
	last, _, _ = strings.Cut(last, `</main>`)
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(last, -1) {
		pairs = append(pairs, m[1], strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	return pairs
}

func has(t *testing.T, what string, r reply, status int, words ...string) {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s: %d, want %d\n%s", what, r.status, status, r.body)
	}
	for _, w := range words {
		if not, absent := strings.CutPrefix(w, "!"); absent {
			if strings.Contains(r.body, not) {
				t.Errorf("%s has %q", what, not)
			}
		} else if !strings.Contains(r.body, w) {
			t.Errorf("%s lacks %q", what, w)
		}
	}
	if t.Failed() {
		t.Fatal(r.body)
	}
}

// No page has a name or an address of a patient, whoever asks; and no markup that
// came in by a name.
func TestPagesOfPatientsShowMasks(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	all := w.add(&w.a, &w.smith, 0, 3)
	w.add(&w.b, &w.patel, 3, 2)
	w.set(all[1], studymail.New, studymail.OptedOut)
	study, provider := w.a.ID.String(), w.smith.ID.String()
	paths := []struct {
		path   string
		status int
		has    []string
	}{
		{"/patients", 200, []string{"z•••", "Select all 5 that match", "5 patients, 5 shown", "&lt;script&gt;"}},
		{"/patients?study=" + study, 200, []string{"Select all 3 that match", "Opted out"}},
		{"/patients?study=" + study + "&provider=" + w.patel.ID.String(), 200, []string{"No such patients", "Take a filter away"}},
		{"/patients?in_study=yes&status=0&cancelled=none&outcome=none", 200, []string{"Select all 4 that match", "No letter yet"}},
		{"/patients?cancelled=30", 200, []string{"Select all 1 that match"}},
		{"/patients?outcome=sent", 200, []string{"No such patients"}},
		{"/patients?sort=added&size=25", 200, []string{"5 patients"}},
		{"/patients?sort=-updated&after=1.2", 200, nil},
		{"/patients?after=garbage", 200, []string{"5 patients"}},
		{"/patients?status=7", 422, []string{"Choose one of these"}},
		{"/patients?study=nobody@example.org", 422, []string{"no such study"}},
		{"/patients?person=nonsense", 422, nil},
		{"/patients/" + all[0].ID.String(), 200, []string{"Patient z•••", "z•••@q•••.example", "Would get a letter", "Study", "Nothing yet"}},
		{"/patients/" + all[1].ID.String(), 200, []string{"Would get none: opted out"}},
		{"/patients/" + studymail.NewID().String(), 404, []string{"There is no such patient"}},
		{"/patients/zoe", 404, nil},
		{"/studies", 200, []string{"A", "&lt;script&gt;", "Open"}},
		{"/studies?q=nothing-such", 200, []string{"No such studies"}},
		{"/studies/" + study, 200, []string{"Study A", "3 patients, 2 in study", "No campaigns yet", "/patients?study=" + study + "&amp;status=0&amp;cancelled=30"}},
		{"/studies/" + studymail.NewID().String(), 404, []string{"There is no such study"}},
		{"/providers", 200, []string{"ABCD001", "Dr Smith", "2 care providers"}},
		{"/providers?active=no", 200, []string{"No such care providers"}},
		{"/providers/" + provider, 200, []string{"3 patients, 2 in study"}},
	}
	for _, role := range studymail.Roles() {
		v := w.as(role)
		for _, tt := range paths {
			has(t, tt.path+" as "+string(role), v.get(tt.path), tt.status, append(tt.has, "!Quxworth", "!zoe0", "!<script>alert", "!studymail patient", "!studymail study")...)
		}
	}
	if log := w.log.String(); strings.Contains(log, "zoe0") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %s", log)
	}
}

func TestPagesOfPatientsFollowOneAnother(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.add(&w.a, &w.smith, 0, 60)
	v := w.as(studymail.Viewer)
	for _, query := range []string{"?size=25", "?size=25&sort=added", "?size=25&sort=-updated", "?size=25&study=" + w.a.ID.String() + "&sort=updated"} {
		seen := map[string]int{}
		path := "/patients" + query
		for pages := 0; path != ""; pages++ {
			if pages > 5 {
				t.Fatalf("%s never ends", query)
			}
			r := v.get(path)
			has(t, path, r, 200)
			for _, m := range regexp.MustCompile(`name="patient" value="([^"]*)"`).FindAllStringSubmatch(r.body, -1) {
				seen[m[1]]++
			}
			path = ""
			if m := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(r.body); m != nil {
				path = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(seen) != 60 {
			t.Errorf("%s: %d patients on all pages, not 60", query, len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s is shown %d times", query, id, n)
			}
		}
	}
}

func TestASearchFindsPeopleByWhatIsNotInTheAddressBar(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	d := detailsOf(1)
	d.Email = detailsOf(0).Email
	q := w.addOne(t.Context(), &w.b, &w.patel, d) // the same address: a family
	v, viewer := w.as(studymail.Coordinator), w.as(studymail.Viewer)
	for typed, want := range map[string]string{
		"zoe000":                  "/patients?person=" + p.PersonID.String(),
		" zoe001 ":                "/patients?person=" + q.PersonID.String(),
		"ZOE000@Quxworth.example": "/patients?person=" + p.PersonID.String() + "&person=" + q.PersonID.String(),
		p.ID.String():             "/patients/" + p.ID.String(),
		p.PersonID.String():       "/patients?person=" + p.PersonID.String(),
	} {
		r := v.post("/patients/search", "search", typed)
		if r.status != http.StatusSeeOther || r.to != want {
			t.Errorf("%q: %d to %q, want %q", typed, r.status, r.to, want)
		}
	}
	if got := w.about(p.PersonID); !strings.Contains(got, "patients searched people=1") {
		t.Errorf("the events are %s", got)
	}
	r := v.get("/patients?person=" + p.PersonID.String() + "&person=" + q.PersonID.String())
	has(t, "what was found", r, 200, "Found by your search: 2 patients", "Select all 2 that match", "!Quxworth", "!zoe0")
	for _, typed := range []string{"ZOE000", "zoe", "Quxworth000", "Zoe Quxworth000", "nobody@example.org", studymail.NewID().String(), ""} {
		if r := v.post("/patients/search", "search", typed); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d to %s", typed, r.status, r.to)
		}
	}
	has(t, "a viewer's search", viewer.post("/patients/search", "search", "zoe000"), 422, "takes the right to see personal details", "!z•••@")
	if r := viewer.post("/patients/search", "search", p.ID.String()); r.to != "/patients/"+p.ID.String() {
		t.Errorf("a viewer's search by UUID: %d to %s", r.status, r.to)
	}
}

// Seen to fail: without the event in patientShowDetails; with the details opened
// for a viewer by a row with needs: MayView.
func TestDetailsAreShownToThoseWithTheRightAndWrittenDown(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	path := "/patients/" + p.ID.String()
	if r := w.as(studymail.Viewer).post(path + "/show"); r.status != http.StatusForbidden || strings.Contains(r.body, "quxworth") {
		t.Fatalf("a viewer: %d", r.status)
	}
	has(t, "details", w.as(studymail.Coordinator).post(path+"/show"), 200, "zoe000", "Quxworth000", "zoe000@quxworth.example", "Details shown.")
	if got := w.about(p.ID); got != "details shown" {
		t.Errorf("the events are %s", got)
	}
}

// Seen to fail: with what was expected not looked at (in act and in doAct), and with
// once taken out of doAct.
func TestManyPatientsAreSetAsTheNumberSays(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	all := w.add(&w.a, &w.smith, 0, 4)
	w.add(&w.b, &w.patel, 4, 2)
	w.set(all[0], studymail.Engaged, studymail.NotCancelled)
	v := w.as(studymail.Coordinator)

	r := v.post("/patients/status", "all", "yes", "study", w.a.ID.String())
	has(t, "the first step", r, 200, "all 4 patients of study A", "Continue")
	r = v.post("/patients/status", append(hiddenOf(t, r.body), "to", "")...)
	has(t, "nothing chosen", r, 422, "Choose one of these")
	r = v.post("/patients/status", append(hiddenOf(t, r.body), "to", "10")...)
	has(t, "the number", r, 200, "Set 3 patients to Engaged", "stands so already", "will be skipped")
	shown := hiddenOf(t, r.body)

	late := w.add(&w.a, &w.smith, 10, 1)[0]
	r = v.post("/patients/status", shown...)
	has(t, "the world changed", r, 409, "Meanwhile something changed", "Set 4 patients to Engaged")
	if w.now(late).Status != studymail.New {
		t.Fatal("somebody was set whom nobody saw")
	}
	confirmed := hiddenOf(t, r.body)
	r = v.post("/patients/status", confirmed...)
	if r.status != http.StatusSeeOther || r.to != "/patients?study="+w.a.ID.String() {
		t.Fatalf("%d to %s\n%s", r.status, r.to, r.body)
	}
	has(t, "afterwards", v.get(r.to), 200, "Done: Set 4 patients to Engaged.")
	for _, p := range append(all, late) {
		if got := w.now(p); got.Status != studymail.Engaged {
			t.Errorf("patient %s is %s", p.ID, got.Status)
		}
	}
	if got := w.about(all[1].ID); got != "patient set New → Engaged" {
		t.Errorf("the events are %s", got)
	}
	if got := w.events(1); got != "patients set" {
		t.Errorf("the last event is %s", got)
	}
	// The same form again, by a second click or by Back, does nothing.
	for _, p := range append(all[1:], late) {
		w.set(w.now(p).Patient, studymail.New, studymail.NotCancelled)
	}
	r = v.post("/patients/status", confirmed...)
	if got := w.now(all[1]); got.Status != studymail.New || r.status != http.StatusSeeOther {
		t.Errorf("a form acted twice: %d, %s", r.status, got.Status)
	}
	if r := w.as(studymail.Viewer).post("/patients/status", confirmed...); r.status != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.status)
	}
}

func TestTickedPatientsAreCancelledAndNoOptOutIsUndoneByTheWay(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	all := w.add(&w.a, &w.smith, 0, 4)
	w.set(all[0], studymail.New, studymail.OptedOut)
	w.set(all[1], studymail.New, studymail.NotContactable)
	v := w.as(studymail.Coordinator)
	ids := ""
	for _, p := range all[:3] {
		ids += p.ID.String() + " "
	}
	// Ticked one by one, or all on the page.
	r := v.post("/patients/cancel", "page", "yes", "shown", ids, "patient", all[3].ID.String())
	has(t, "the first step", r, 200, "the 3 patients that you ticked", "Why they leave the study", "How you know")
	r = v.post("/patients/cancel", append(hiddenOf(t, r.body), "to", "10", "source", "practice")...)
	has(t, "not eligible", r, 200, "Cancel 1 patient as “Not eligible”", "opted out: that stays", "the reason stays")
	r = v.post("/patients/cancel", "patient", all[0].ID.String(), "patient", all[1].ID.String(), "patient", all[2].ID.String(), "chosen", "yes", "to", "30", "source", "telephone")
	has(t, "opted out", r, 200, "Cancel 2 patients as “Opted out”", "cancelled so already")
	if r = v.post("/patients/cancel", hiddenOf(t, r.body)...); r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	for i, want := range []studymail.Cancelled{studymail.OptedOut, studymail.OptedOut, studymail.OptedOut, studymail.NotCancelled} {
		if got := w.now(all[i]); got.Cancelled != want {
			t.Errorf("patient %d: %s", i, got.Cancelled)
		}
	}
	if got := w.about(all[2].ID); got != "patient cancelled New → New, Opted out; telephone" {
		t.Errorf("the events are %s", got)
	}
	// An opt-out stays when many are restored.
	r = v.post("/patients/restore", "all", "yes", "chosen", "yes", "why", "mistake")
	has(t, "undo", r, 200, "Nothing would change", "opted out: undo that on the patient")
	if r = v.post("/patients/restore", append(hiddenOf(t, r.body), "form", newForm().Token)...); w.now(all[0]).Cancelled != studymail.OptedOut {
		t.Errorf("an opt-out was undone: %d", r.status)
	}
	for _, pairs := range [][]string{{}, {"patient", "garbage"}, {"patient", all[0].ID.String(), "study", "nonsense"}} {
		if r := v.post("/patients/cancel", pairs...); r.status != http.StatusBadRequest {
			t.Errorf("%v: %d", pairs, r.status)
		}
	}
}

// Seen to fail: without the box that has to be ticked for an opt-out.
func TestAnOptOutIsUndoneOnThePatientsOwnWordOnly(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	v := w.as(studymail.Coordinator)
	path := "/patients/" + p.ID.String()
	has(t, "cancel", v.get(path+"/cancel"), 200, "Why they leave", "Cancel 1 patient")
	has(t, "nothing chosen", v.post(path+"/cancel", "version", "0/0", "form", newForm().Token), 422, "Choose one of these")
	if r := v.post(path+"/cancel", "version", "0/0", "form", newForm().Token, "to", "30", "source", "telephone"); r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "somebody was quicker", v.post(path+"/cancel", "version", "0/0", "form", newForm().Token, "to", "10", "source", "other"), 409, "Somebody else changed this meanwhile")
	has(t, "undo", v.get(path+"/restore"), 200, "The patient opted out", "I am sure")
	has(t, "not sure", v.post(path+"/restore", "version", "0/30", "form", newForm().Token, "why", "asked"), 422, "Tick this box, or leave the opt-out")
	has(t, "a reason that is none", v.post(path+"/restore", "version", "0/30", "form", newForm().Token, "why", "address", "sure", "yes"), 422, "Choose one of these")
	if got := w.now(p).Cancelled; got != studymail.OptedOut {
		t.Fatalf("it is %s", got)
	}
	if r := v.post(path+"/restore", "version", "0/30", "form", newForm().Token, "why", "asked", "sure", "yes"); r.status != http.StatusSeeOther || w.now(p).Cancelled != studymail.NotCancelled {
		t.Fatalf("%d", r.status)
	}
	if got := w.about(p.ID); got != "cancellation undone New, Opted out → New; asked | patient cancelled New → New, Opted out; telephone" {
		t.Errorf("the events are %s", got)
	}
	has(t, "not cancelled", v.get(path+"/restore"), 409, "nothing to undo")
}

func TestATelephoneCallOptsOutOfAllStudies(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	q := studymail.Patient{Person: p.Person, PersonID: p.PersonID, Study: w.b.Key, Provider: w.smith.Key}
	w.write(func(tx *store.Tx) error { return tx.AddPatient(t.Context(), &q) })
	v := w.as(studymail.Coordinator)
	path := "/patients/" + p.ID.String()
	has(t, "the patient", v.get(path), 200, "The same person in other studies")
	has(t, "cancel", v.get(path+"/cancel"), 200, "In all 2 studies in which this person takes part", "!<script>alert")
	if r := v.post(path+"/cancel", "version", "0/0", "form", newForm().Token, "to", "30", "source", "telephone", "scope", "all"); r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	if w.now(p).Cancelled != studymail.OptedOut || w.now(q).Cancelled != studymail.OptedOut {
		t.Error("one of them is not cancelled")
	}
}

func TestAPatientsStatusIsSetByOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	v := w.as(studymail.Coordinator)
	path := "/patients/" + p.ID.String()
	if r := v.post(path+"/status", "version", "0/0", "to", "20"); r.status != http.StatusSeeOther || w.now(p).Status != studymail.Consented {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "the second", v.post(path+"/status", "version", "0/0", "to", "10"), 409, "Somebody else changed this meanwhile", "Stored now: <strong>Consented</strong>")
	has(t, "no status", v.post(path+"/status", "version", "20/0", "to", "7"), 422)
	has(t, "what happened", v.get(path), 200, "Patient set.", "New → Consented")
}

// An address that was corrected is sealed anew, found, and makes the person
// contactable again; letters that were rendered before do not go (the revision).
func TestDetailsAreCorrectedUnderSeal(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	p := w.add(&w.a, &w.smith, 0, 1)[0]
	w.set(p, studymail.New, studymail.NotContactable)
	v := w.as(studymail.Coordinator)
	path := "/patients/" + p.ID.String()
	if r := w.as(studymail.Viewer).post(path + "/details"); r.status != http.StatusForbidden {
		t.Fatalf("a viewer: %d", r.status)
	}
	r := v.post(path + "/details")
	has(t, "the form", r, 200, `value="zoe000@quxworth.example"`, "With a new address they can be contacted again", "That you saw them is noted")
	opened := hiddenOf(t, r.body)
	typed := func(pairs ...string) []string { return append(append([]string{}, opened...), pairs...) }
	has(t, "a wrong address", v.post(path+"/details/save", typed("username", "zoe000", "email", "new@nowhere")...), 422, "The domain has no dot")
	r = v.post(path+"/details/save", typed("username", "zoe000", "first_name", "Zoe", "last_name", "Quxworth000", "email", "zoe@new.example", "external_id", "X7", "recontact", "yes")...)
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	row := w.now(p)
	o, err := w.site.open(&row)
	if err != nil || o.Details.Email.Reveal() != "zoe@new.example" || o.ExternalID.Reveal() != "X7" || row.Cancelled != studymail.NotCancelled {
		t.Fatalf("%v, %s", err, row.Cancelled)
	}
	var person studymail.Person
	w.write(func(tx *store.Tx) (err error) {
		person, err = tx.PersonByKey(t.Context(), p.Person)
		return err
	})
	if person.Revision != 2 {
		t.Errorf("the revision is %d", person.Revision)
	}
	if r := v.post("/patients/search", "search", "zoe@new.example"); !strings.HasPrefix(r.to, "/patients?person=") {
		t.Errorf("not found by the new address: %d", r.status)
	}
	if got := w.about(p.ID); got != "cancellation undone New, Not contactable → New; address | details corrected address, external id | details shown to correct them" {
		t.Errorf("the events are %s", got)
	}
	r = v.post(path+"/details/save", typed("username", "zoe000", "first_name", "Zoe", "last_name", "Other", "email", "zoe000@quxworth.example")...)
	has(t, "the second editor", r, 409, "Somebody else changed this meanwhile", "Stored now: <strong>zoe@new.example</strong>")
	other := w.add(&w.b, &w.patel, 1, 1)[0]
	r = v.post("/patients/" + other.ID.String() + "/details")
	r = v.post("/patients/"+other.ID.String()+"/details/save", append(hiddenOf(t, r.body), "username", "zoe000", "email", "zoe001@quxworth.example")...)
	has(t, "another's username", r, 409, "Another person has that username")
}

func TestAPatientIsAddedByHand(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	v := w.as(studymail.Coordinator)
	has(t, "the form", v.get("/patients/new?study="+w.a.ID.String()), 200, `<option value="`+w.a.ID.String()+`" selected>`, "!<script>alert")
	form := newForm().Token
	post := func(study *studymail.Study, form string, pairs ...string) reply {
		return v.post("/patients", append([]string{"study", study.ID.String(), "provider", w.smith.ID.String(), "status", "0", "form", form}, pairs...)...)
	}
	has(t, "nothing typed", v.post("/patients", "form", form), 422, "Choose a study", "Choose a care provider", "every person needs a username")
	r := post(&w.a, form, "username", "zoe000", "first_name", "Zoe", "last_name", "Quxworth", "email", "zoe@quxworth.example", "external_id", "X1")
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "the patient", v.get(r.to), 200, "The patient is added", "z•••@q•••.example", "Patient added.", "!Quxworth")
	if again := post(&w.a, form, "username", "zoe000", "first_name", "Zoe"); again.to != r.to {
		t.Errorf("a second click: %d to %s", again.status, again.to)
	}
	has(t, "the same study", post(&w.a, newForm().Token, "username", "zoe000"), 409, "a patient of that study already")
	has(t, "other details", post(&w.b, newForm().Token, "username", "zoe000", "first_name", "Eve"), 409, "known already, with other details")
	if r = post(&w.b, newForm().Token, "username", "zoe000", "external_id", "X2"); r.status != http.StatusSeeOther {
		t.Fatalf("by the username alone: %d\n%s", r.status, r.body)
	}
	has(t, "the other study", v.post(r.to+"/show"), 200, "The same person in other studies", "Quxworth", "X2")
	empty := newHouse(t)
	has(t, "without a study", empty.as(studymail.Coordinator).get("/patients/new"), 200, "No study yet", "/studies/new")
	has(t, "no patients", empty.as(studymail.Coordinator).get("/patients"), 200, "No patients yet", "Add")
}

// Seen to fail: without the right asked for again when the file is sent.
func TestAnExportHasWhatWasAskedForAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	all := w.add(&w.a, &w.smith, 0, 3)
	d := detailsOf(7)
	d.LastName = sealed.NewName(`=cmd|"/c calc"!A1`)
	evil := w.addOne(t.Context(), &w.a, &w.smith, d)
	w.add(&w.b, &w.patel, 10, 1)
	v, viewer := w.as(studymail.Coordinator), w.as(studymail.Viewer)
	r := viewer.post("/patients/export", "all", "yes", "study", w.a.ID.String())
	has(t, "the number", r, 200, "all 4 patients of study A", "Export 4 patients", "!and the personal details")
	rows := csvOf(t, viewer.post("/patients/export", append(hiddenOf(t, r.body), "what", "ids")...))
	if len(rows) != 5 || rows[0][0] != "patient" || len(rows[1]) != len(exportColumns) || strings.Contains(fmt.Sprint(rows), "Quxworth") {
		t.Fatalf("the file is %v", rows)
	}
	if got := w.events(1); got != "patients exported" {
		t.Errorf("the event is %s", got)
	}
	if r := viewer.post("/patients/export", append(hiddenOf(t, r.body), "what", "details")...); r.status != http.StatusForbidden {
		t.Fatalf("a viewer took details: %d", r.status)
	}
	if got := w.about(all[0].ID); got != "" {
		t.Fatalf("the events are %s", got)
	}
	r = v.post("/patients/export", "patient", all[0].ID.String(), "patient", evil.ID.String())
	has(t, "two ticked", r, 200, "Export 2 patients", "and the personal details")
	r = v.post("/patients/export", append(hiddenOf(t, r.body), "what", "details")...)
	rows = csvOf(t, r)
	if len(rows) != 3 || !strings.Contains(fmt.Sprint(rows[1]), "zoe000@quxworth.example") || !strings.Contains(fmt.Sprint(rows[2]), `'=cmd|`) {
		t.Fatalf("the file is %v", rows)
	}
	if !strings.HasPrefix(r.header.Get("Content-Disposition"), `attachment; filename="patients-`) || strings.Contains(r.header.Get("Content-Disposition"), "zoe") {
		t.Errorf("the file's name is %s", r.header.Get("Content-Disposition"))
	}
	if got := w.about(all[0].ID); got != "details shown export" {
		t.Errorf("the events are %s", got)
	}
	has(t, "the world changed", v.post("/patients/export", "all", "yes", "expect", "99", "what", "ids"), 409, "Meanwhile something changed", "Export 5 patients")
}

func csvOf(t *testing.T, r reply) [][]string {
	t.Helper()
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %s\n%s", r.status, r.header.Get("Content-Type"), r.body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A selection travels in the body, so that the pages of others can take it over.
func TestASelectionIsCarriedOnAsItWasMade(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	all := w.add(&w.a, &w.smith, 0, 3)
	read := func(pairs ...string) (sel selection, n int, err error) {
		f := newForm()
		for i := 0; i+1 < len(pairs); i += 2 {
			f.values.Add(pairs[i], pairs[i+1])
		}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "/patients/send", nil)
		v := &visit{site: w.site, r: req}
		err = w.store.Read(t.Context(), func(tx *store.Tx) error {
			var counts []store.PatientCount
			if sel, err = v.readSelection(tx, f); err != nil {
				return err
			}
			counts, err = sel.standings(t.Context(), tx)
			n = patientsIn(counts)
			return err
		})
		return sel, n, err
	}
	for name, tt := range map[string]struct {
		pairs []string
		want  int
		words string
	}{
		"ticked":         {[]string{"patient", all[0].ID.String(), "patient", all[2].ID.String(), "study", w.a.ID.String()}, 2, "the 2 patients that you ticked"},
		"ticked twice":   {[]string{"patient", all[0].ID.String() + " " + all[0].ID.String()}, 1, "the 1 patient that you ticked"},
		"the page":       {[]string{"page", "yes", "shown", all[0].ID.String() + " " + all[1].ID.String() + " "}, 2, "the 2 patients that you ticked"},
		"all that match": {[]string{"all", "yes", "study", w.a.ID.String(), "in_study", "yes"}, 3, "all 3 patients of study A, in study"},
		"what was found": {[]string{"all", "yes", "person", all[1].PersonID.String()}, 1, "the 1 patient that you ticked"},
	} {
		sel, n, err := read(tt.pairs...)
		if err != nil || n != tt.want || sel.words(n) != tt.words {
			t.Errorf("%s: %d, %q, %v", name, n, sel.words(n), err)
			continue
		}
		var on []string
		for _, h := range sel.hidden() {
			on = append(on, h.Name, h.Value)
		}
		if _, again, err := read(on...); err != nil || again != n {
			t.Errorf("%s, carried on by %v: %d, %v", name, on, again, err)
		}
	}
}

func TestStudiesAndCareProvidersAreKeptByForms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Coordinator)
	has(t, "no care providers", v.get("/providers"), 200, "No care providers yet", "/providers/new")
	has(t, "no studies", h.as(studymail.Viewer).get("/studies"), 200, "A coordinator adds them", "!/studies/new")
	for _, tt := range []struct {
		path       string
		wrong      []string
		why        string
		right      []string
		twice      string
		edit       []string
		version    string
		deactivate string
	}{
		{
			"/providers",
			[]string{"name", "", "ods_code", "no code", "reply_to", "nobody"},
			"1 to 8 letters and digits",
			[]string{"name", "Smith's Surgery", "ods_code", "abcd001", "contact", "Dr Smith"},
			"with this ODS code already",
			[]string{"name", "Smith & Sons", "contact", "Dr Smith"},
			"", "Deactivate Smith &amp; Sons",
		},
		{
			"/studies",
			[]string{"name", "", "opens_on", "2026-05-01", "closes_on", "2026-04-01"},
			"before the day on which the study opens",
			[]string{"name", "A", "opens_on", "2026-05-01"},
			"of this name already",
			[]string{"name", "Sleep & heart", "opens_on", "2026-05-01"},
			"", "Deactivate Sleep &amp; heart",
		},
	} {
		has(t, tt.path+" new", v.get(tt.path+"/new"), 200)
		has(t, tt.path+" wrong", v.post(tt.path, tt.wrong...), 422, tt.why, "Fill this in", "Nothing was saved yet")
		r := v.post(tt.path, tt.right...)
		if r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", tt.path, r.status, r.body)
		}
		it := r.to
		has(t, it, v.get(it), 200, "is added", "0 patients, 0 in study", "added.")
		has(t, tt.path+" twice", v.post(tt.path, tt.right...), 422, tt.twice)
		r = v.get(it + "/edit")
		has(t, it+"/edit", r, 200)
		opened := hiddenOf(t, r.body)
		if r = v.post(it, append(opened, tt.edit...)...); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", it, r.status, r.body)
		}
		has(t, it+" edited", v.get(it), 200, "is saved", "edited.")
		has(t, it+" by the second", v.post(it, append(opened, append(tt.right, "phone", "1", "approval", "x")...)...), 409, "Somebody else changed this meanwhile")
		r = v.get(it + "/active")
		has(t, it+"/active", r, 200, tt.deactivate, "0 patients")
		has(t, it+" with another number", v.post(it+"/active", "to", "off", "expect", "7"), 409, "Meanwhile something changed")
		if r = v.post(it+"/active", hiddenOf(t, r.body)...); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", it, r.status, r.body)
		}
		has(t, it+" not active", v.get(it), 200, "Not active", "Activate…", "deactivated.")
		r = v.post(it+"/active", hiddenOf(t, v.get(it+"/active").body)...)
		has(t, it+" active again", v.get(r.to), 200, "activated.", "Deactivate…")
	}
	if r := h.as(studymail.Viewer).post("/providers", "name", "x", "ods_code", "X1"); r.status != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.status)
	}
}

func TestAPlaceInAListIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for order, text := range map[store.PatientOrder]string{store.ByAdded: "17", store.ByUpdated: "1700000000123.17"} {
		p := placeOf(order, text)
		if p == nil || placeText(order, p) != text {
			t.Errorf("%s: %q is read as %v", order, text, p)
		}
		for _, garbage := range []string{"", "x", "1.x", "x.1", "1.2.3", url.QueryEscape("<b>")} {
			if p := placeOf(order, garbage); p != nil {
				t.Errorf("%s: %q is read as %v", order, garbage, p)
			}
		}
	}
}

func TestSendHoursAreKeptWithTheForm(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	v := w.as(studymail.Coordinator)
	path := "/studies/" + w.a.ID.String()
	opened := hiddenOf(t, v.get(path+"/edit").body)
	r := v.post(path, append(opened, "name", "A", "send_hours", "whenever")...)
	has(t, "wrong hours", r, 422, "Not hours; write them such as", "<details open>")
	has(t, "a wrong zone", v.post(path, append(opened, "name", "A", "send_hours", "Mon-Fri 09:00-17:00", "send_zone", "Nowhere/Land")...), 422, `id="f-send_zone-problem"`)
	has(t, "a wrong day", v.post(path, append(opened, "name", "A", "closed_on", "sometimes")...), 422, `id="f-closed_on-problem"`)
	if r = v.post(path, append(opened, "name", "A", "send_hours", "Mon-Fri 09:00-17:00", "closed_on", "england")...); r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "the study", v.get(path), 200, "Send hours", "09:00", "Study edited.", "send hours, send zone, closed on")
}
