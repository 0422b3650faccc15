package seslist_test

import (
	"slices"
	"testing"
	"time"

	"studymail"
	"studymail/internal/feedback"
	"studymail/internal/ses"
	"studymail/internal/seslist"
	"studymail/internal/sestest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// A letter comes back as of a dead address, which SES and we list; a person lifts it here,
// and there it can be cleared though nothing was ever imported.
//
// Seen to fail: without a look at what came back for letters.
func TestWhatCameBackAndWasLiftedIsClearedWithoutAnImport(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	account := sestest.NewAccount(t)
	s := storetest.Open(t, store.SQLite)
	m := storetest.NewMailed(t, s, 2)
	client, err := ses.New(t.Context(), ses.Options{Region: "eu-west-2", Endpoint: account.URL, Sender: "studies@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	list := &seslist.List{Client: client, Store: s, Sealer: m.Keys.Sealer(), Now: time.Now}
	look := func(what string, want seslist.Found) {
		t.Helper()
		if got, err := list.Look(t.Context()); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", what, got, err, want)
		}
	}
	dead := storetest.DetailsOf(0).Email.Reveal()
	account.List(dead, "BOUNCE", time.Now())
	account.List("stranger@example.org", "BOUNCE", time.Now())
	intake := feedback.New(feedback.Options{Store: s, Sealer: m.Keys.Sealer(), Opener: m.Keys.Opener()})
	event := sestest.Event("Bounce", m.Messages[0].ID.String(), "s-1", `"bounce":{"feedbackId":"f-1","bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"x@example.org"}]}`)
	taken, _, err := intake.TakeEvent(t.Context(), []byte(event))
	if err != nil || taken.State != studymail.FeedbackApplied {
		t.Fatalf("%+v, %v", taken, err)
	}
	look("on both lists", seslist.Found{Listed: 2, Here: 1, Fresh: 1})
	if err := s.Write(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Suppressions(t.Context(), 0)
		if err != nil {
			return err
		}
		return tx.RemoveSuppression(t.Context(), &all[0])
	}); err != nil {
		t.Fatal(err)
	}
	look("lifted here", seslist.Found{Listed: 2, Fresh: 1, Lifted: 1})
	if n, err := list.Clear(t.Context(), "test"); err != nil || n != 1 || !slices.Equal(account.Listed(), []string{"stranger@example.org"}) {
		t.Errorf("cleared %d, %v, left %v", n, err, account.Listed())
	}
}
