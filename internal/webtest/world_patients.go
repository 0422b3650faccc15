package webtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Ward is what the pages of care providers, studies and patients show.
type Ward struct {
	Study, Other studymail.Study
	Provider     studymail.Provider
	Patients     []studymail.Patient // the last ones left the study
	Template     studymail.Template  // of two versions; the older one was sent
}

// PatientDetails are those of the invented person number n.
func PatientDetails(n int) studymail.Details {
	return studymail.Details{
		Username: sealed.NewName(fmt.Sprintf("user.%03d", n)), FirstName: sealed.NewName("User"), LastName: sealed.NewName(fmt.Sprintf("Number%03d", n)),
		Email: sealed.NewEmail(fmt.Sprintf("user.%03d@example.org", n)),
	}
}

// seedWard adds two studies, a care provider and patients, of whom some had a letter.
func seedWard(tb testing.TB, p *Product) {
	tb.Helper()
	ctx := tb.Context()
	w := &p.World.Ward
	w.Study = studymail.Study{Name: "Sleep and heart", ApprovalReference: "REC 26/0001", OpensOn: "2026-01-01", Active: true}
	w.Other = studymail.Study{Name: "Walking", Active: true}
	w.Provider = studymail.Provider{Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", ContactName: "Dr Jane Smith", Phone: "020 7946 0001", Active: true}
	template := studymail.Template{Name: "Invitation"}
	version := studymail.TemplateVersion{Format: "markdown", Subject: "A study", Body: "Dear {{ patient_full_name }},\n\nwould you like to take part?"}
	err := p.App.Store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddStudy(ctx, &w.Study), tx.AddStudy(ctx, &w.Other), tx.AddProvider(ctx, &w.Provider), tx.AddTemplate(ctx, &template, &version))
	})
	for n := 0; n < 60 && err == nil; n++ {
		var patient studymail.Patient
		patient, err = p.addPatient(ctx, n)
		w.Patients = append(w.Patients, patient)
	}
	if err != nil {
		tb.Fatal(err)
	}
	p.write(tb)
	w.Template = template
	second := studymail.TemplateVersion{Format: "markdown", Subject: "Would you like to take part in our study of sleep and the heart?", Body: "Dear {{ patient_full_name }},\n\nwould you like to take part in **{{ study_name }}**?\n\n{{ care_provider_contact }}\n"}
	err = p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddTemplateVersion(ctx, &w.Template, &second) })
	if err != nil {
		tb.Fatal(err)
	}
	err = p.App.Store.Write(ctx, func(tx *store.Tx) error {
		for i := range w.Patients[40:] {
			it := &w.Patients[40+i]
			status, cancelled := studymail.Statuses()[i%4], studymail.Cancellations()[i%5]
			if err := tx.SetPatient(ctx, it.ID, it.Status, it.Cancelled, status, cancelled); err != nil {
				return err
			}
			it.Status, it.Cancelled = status, cancelled
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func (p *Product) addPatient(ctx context.Context, n int) (patient studymail.Patient, err error) {
	d, sealer := PatientDetails(n), p.App.Keys.Sealer()
	person := studymail.Person{ID: studymail.NewID(), Hashes: d.Hash(sealer), Missing: d.Missing()}
	key, wrapped, err := sealer.NewKey(person.ID)
	if err != nil {
		return patient, err
	}
	person.Wrapped = wrapped
	if person.Sealed, err = d.Seal(key, person.ID); err != nil {
		return patient, err
	}
	err = p.App.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddPerson(ctx, &person); err != nil {
			return err
		}
		patient = studymail.Patient{Person: person.Key, PersonID: person.ID, Study: p.World.Ward.Study.Key, Provider: p.World.Ward.Provider.Key}
		return tx.AddPatient(ctx, &patient)
	})
	return patient, err
}

// write sends the invitation, and waits until it is sent and the lists know.
func (p *Product) write(tb testing.TB) {
	tb.Helper()
	ctx := tb.Context()
	planner, err := p.App.Planner()
	if err != nil {
		tb.Fatal(err)
	}
	ids := []studymail.ID{}
	for _, patient := range p.World.Ward.Patients[:20] {
		ids = append(ids, patient.ID)
	}
	c, err := planner.CreateAdHoc(ctx, "Invitation", ids, false, "test")
	if err == nil {
		_, err = planner.Start(ctx, c.ID, "test", nil)
	}
	if err == nil {
		_, err = planner.Create(ctx, audience.New{Study: p.World.Ward.Study.Name, Template: "Invitation"}, "test")
	}
	if err != nil {
		tb.Fatal(err)
	}
	went := studymail.Sent
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for until := time.After(patience); ; {
		n := 0
		err := p.App.Store.Read(ctx, func(tx *store.Tx) error {
			n, err = tx.CountPatients(ctx, store.PatientFilter{Outcome: &went})
			return err
		})
		if err != nil || n == len(ids) {
			break
		}
		select {
		case <-tick.C:
		case <-until:
			tb.Fatalf("%d of %d letters are sent, as far as the lists know", n, len(ids))
		}
	}
}
