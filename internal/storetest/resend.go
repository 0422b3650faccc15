package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// AResendGoesOnWhereItStood promises that how far it is is noted once, whoever works.
// Seen to fail: without "behind = $8" in AdvanceResend.
func AResendGoesOnWhereItStood(t *testing.T, s *store.Store) {
	r := store.Resend{Actor: "someone", Total: 7, Filter: store.MessageFilter{
		Campaign: studymail.NewID(), Step: 2, States: []studymail.State{studymail.Failed}, Reason: studymail.ReasonRefused, Study: 3, Since: 4, Until: 900,
	}}
	write(t, s, func(tx *store.Tx) error { return tx.AddResend(t.Context(), &r) })
	get := func() (now store.Resend) {
		read(t, s, func(tx *store.Tx) (err error) {
			now, err = tx.ResendByID(t.Context(), r.ID)
			return err
		})
		return now
	}
	now := get()
	equal(t, "filter", now.Filter, r.Filter)
	equal(t, "done", now.Done, false)
	now.Filter.After, now.Looked, now.Queued, now.Left = 12, 3, 2, map[studymail.Reason]int{studymail.ReasonOptedOut: 1}
	write(t, s, func(tx *store.Tx) error { return tx.AdvanceResend(t.Context(), &now, 0) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.AdvanceResend(t.Context(), &now, 0) })
	equal(t, "left", get().Left, now.Left)
	now.Done = true
	write(t, s, func(tx *store.Tx) error { return tx.AdvanceResend(t.Context(), &now, 12) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.AdvanceResend(t.Context(), &now, 12) })
	equal(t, "done", get().Done, true)
	equal(t, "ended", get().EndedAt.IsZero(), false)
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.ResendByID(t.Context(), studymail.NewID())
		return err
	})
}
