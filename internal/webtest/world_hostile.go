package webtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Marker is markup of each kind that a page could be broken by: it ends attributes, text
// areas, scripts and comments, and runs something if it ever becomes part of a page. n
// tells fields apart.
func Marker(n int) string {
	return fmt.Sprintf(`m%d"'></textarea></title></script>--><script>alert(%d)</script><img src=x onerror=alert(%d)><a href="javascript:alert(%d)">x</a>{{7*7}}`, n, n, n, n)
}

// lineMarker is Marker with line breaks that would begin a header of a mail.
func lineMarker(n int) string { return Marker(n) + "\r\nBcc: eve@evil.example\r\n\r\n" }

// Hostile fills a product with markup in every field that a form, a file or a letter can
// carry, stored past the forms, as another program or an older version might have. Letters
// of it are really sent. It gives the paths of its things.
func Hostile(tb testing.TB, p *Product) []string {
	tb.Helper()
	ctx := tb.Context()
	seedWard(tb, p)
	study := studymail.Study{Name: "S" + lineMarker(1), ApprovalReference: lineMarker(2), FromName: lineMarker(3), Active: true}
	provider := studymail.Provider{
		Name: "P" + lineMarker(4), ODSCode: "EVIL01", Contact: lineMarker(5), ContactName: lineMarker(6), Phone: lineMarker(7), FromName: lineMarker(8), Active: true,
	}
	template := studymail.Template{Name: "T" + lineMarker(9)}
	version := studymail.TemplateVersion{
		Format: "markdown", Subject: "{{ study_name }} {{ care_provider_name }} {{ patient_full_name }} " + strings.ReplaceAll(Marker(10), "{{7*7}}", ""),
		Body: "Dear {{ patient_full_name }} {{ care_provider_contact }}\n\n`" + strings.ReplaceAll(Marker(11), "{{7*7}}", "") + "`\n", // as markup it is refused
	}
	page := studymail.Template{Name: "H" + Marker(16)}
	html := studymail.TemplateVersion{Format: "html", Subject: "A study", Body: "<p title=\"" + `"><b>{{ patient_full_name }}` + "</b> {{ study_name }}</p>"}
	if err := p.App.Store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddStudy(ctx, &study), tx.AddProvider(ctx, &provider), tx.AddTemplate(ctx, &template, &version), tx.AddTemplate(ctx, &page, &html))
	}); err != nil {
		tb.Fatal(err)
	}
	patients := make([]studymail.Patient, 3)
	for n := range patients {
		patients[n] = p.hostilePatient(ctx, tb, &study, &provider, n)
	}
	paths := []string{
		"/studies/" + study.ID.String(), "/providers/" + provider.ID.String(), "/templates/" + template.ID.String(), "/patients/" + patients[0].ID.String(), "/patients/" + patients[1].ID.String(),
		"/patients?study=" + study.ID.String(), "/studies/" + study.ID.String() + "/edit", "/providers/" + provider.ID.String() + "/edit", "/templates/" + template.ID.String() + "/edit",
		"/templates/" + template.ID.String() + "/settings", "/templates/" + page.ID.String(), "/templates/" + page.ID.String() + "/edit",
	}
	planner, err := p.App.Planner()
	if err != nil {
		tb.Fatal(err)
	}
	for i, n := range []audience.New{
		{Study: study.Name, Template: template.Name, Name: "C" + Marker(12), Reminders: []audience.Reminder{{AfterDays: 7, Template: template.Name}}},
		{Study: study.Name, Template: template.Name, Name: "D" + Marker(13), Cron: "0 9 * * 2"},
	} {
		c, err := planner.Create(ctx, n, "actor "+Marker(14))
		if err == nil && i == 0 {
			_, err = planner.Start(ctx, c.ID, "actor "+Marker(15), nil)
		}
		if err != nil {
			tb.Fatal(err)
		}
		paths = append(paths, "/campaigns/"+c.ID.String())
		if i == 0 {
			p.until(tb, c.ID, studymail.Scheduled)
		} else {
			paths = append(paths, "/campaigns/"+c.ID.String()+"/start")
		}
	}
	return append(append(paths, p.hostileImport(tb)), p.hostileFeedback(ctx, tb)...)
}

func (p *Product) hostilePatient(ctx context.Context, tb testing.TB, study *studymail.Study, provider *studymail.Provider, n int) studymail.Patient {
	tb.Helper()
	d := studymail.Details{
		Username: sealed.NewName(fmt.Sprintf("evil%d%s", n, Marker(20))), FirstName: sealed.NewName(lineMarker(21)), LastName: sealed.NewName(lineMarker(22)),
		Email: sealed.NewEmail(fmt.Sprintf("evil%d@example.org", n)),
	}
	sealer := p.App.Keys.Sealer()
	person := studymail.Person{ID: studymail.NewID(), Hashes: d.Hash(sealer), Missing: d.Missing()}
	patient := studymail.Patient{ID: studymail.NewID(), Study: study.Key, Provider: provider.Key}
	key, wrapped, err := sealer.NewKey(person.ID)
	if err == nil {
		person.Wrapped = wrapped
		person.Sealed, err = d.Seal(key, person.ID)
	}
	if err == nil {
		patient.SealedExternal, err = key.Seal(sealed.PatientDetails, patient.ID, Marker(23))
	}
	if err == nil {
		err = p.App.Store.Write(ctx, func(tx *store.Tx) error {
			if err := tx.AddPerson(ctx, &person); err != nil {
				return err
			}
			patient.Person, patient.PersonID = person.Key, person.ID
			return tx.AddPatient(ctx, &patient)
		})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return patient
}

// hostileImport uploads a file with markup in each column and in their names.
func (p *Product) hostileImport(tb testing.TB) string {
	tb.Helper()
	quoted := func(n int) string { return `"` + strings.ReplaceAll(Marker(n), `"`, `""`) + `"` }
	header := "username,first_name,last_name,email,ods_code," + quoted(30) + "\n"
	row := strings.Join([]string{quoted(31), quoted(32), quoted(33), quoted(34), quoted(35), quoted(36)}, ",") + "\n"
	id := p.upload(tb, header+row+"fine,"+quoted(32)+","+quoted(33)+",fine@example.org,ABCD001,x\n", studymail.ImportChecking)
	p.waits(tb, id, studymail.ImportChecked)
	return "/imports/" + id.String()
}

// hostileFeedback takes in mails with markup in what they say.
func (p *Product) hostileFeedback(ctx context.Context, tb testing.TB) (paths []string) {
	tb.Helper()
	var page []store.MessageRow
	if err := p.App.Store.Read(ctx, func(tx *store.Tx) (err error) {
		page, _, err = tx.MessagePage(ctx, store.MessageFilter{Limit: 100})
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	last := page[len(page)-1].ID
	odd := "From: " + Marker(40) + " <x@example.net>\r\nTo: a@example.net\r\nSubject: " + Marker(41) + "\r\nMessage-ID: <odd@example.net>\r\nContent-Type: text/html\r\n\r\n" + Marker(42) + "\r\n"
	for _, mail := range []string{odd, strings.ReplaceAll(Bounce(last, "5.1.1", "550 5.1.1 no such user here "+Marker(43)), "\n", "\r\n")} {
		taken, err := p.App.Feedback().Take(ctx, studymail.FromSMTP, strings.NewReader(mail))
		if err != nil {
			tb.Fatal(err)
		}
		paths = append(paths, "/feedback/"+taken.ID.String(), "/feedback/"+taken.ID.String()+"/undo")
	}
	return append(paths, "/messages/"+last.String())
}
