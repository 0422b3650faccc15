package webtest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// A patient stops letters on a phone, without JavaScript, without signing in and without a
// cookie; then all of them. The pages are looked at by axe-core in the table of pages.
func TestAPatientOptsOutOnAPhone(t *testing.T) {
	p := Start(t, Clinic)
	tab := p.Tab(t, Look{Width: 375, NoScript: true}).Open(p.World.OptOut)
	tab.Sees("This has no effect on your care").CheckWidth().SeesNot("@").SeesNot("Sign in")
	tab.Go("Stop these letters").Sees("You will get no more letters about this study.").CheckWidth()
	tab.Fill("All letters about research studies", "yes").Go("Stop these letters").Sees("You will get no more letters about research studies from us.").CheckWidth()
	if cookies := tab.cookies(); len(cookies) != 0 {
		t.Errorf("the browser got %d cookies", len(cookies))
	}
	out := studymail.OptedOut
	err := p.App.Store.Read(t.Context(), func(tx *store.Tx) error {
		n, err := tx.CountSuppressions(t.Context())
		all, err2 := tx.FeedbackPage(t.Context(), store.FeedbackFilter{Kind: "opt-out"})
		if n != 1 || len(all) != 2 {
			t.Errorf("%d suppressed, %d opt-outs", n, len(all))
		}
		if err == nil && err2 == nil && len(all) > 0 {
			patient, err := tx.PatientByID(t.Context(), all[0].Patient)
			if patient.Cancelled != out {
				t.Errorf("the patient is %s", patient.Cancelled)
			}
			return err
		}
		return err2
	})
	if err != nil {
		t.Fatal(err)
	}
}
