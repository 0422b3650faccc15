package outbox_test

import (
	"testing"
	"time"

	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// takeBack does to claims what a crash of PostgreSQL may: its commits of claims do not
// wait for the disk, those of windows do.
const takeBack = `WITH gone AS (DELETE FROM claims)
	UPDATE messages SET claim_token = 0 WHERE state = 10 AND claim_token <> 0
		AND id <> ALL (ARRAY (SELECT j::bigint FROM windows w CROSS JOIN LATERAL json_array_elements_text(w.members::json) j))`

// What a worker holds by a claim that was taken back is sent once, by another claim.
func TestAClaimMayBeTakenBack(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	b := newBench(t, s)
	b.AddPatients(t, s, 0, 1500)
	c := b.campaign(t)
	b.plan(t, c)
	tr := &fake{answer: func(int, *outbox.Mail) smtpout.Outcome {
		<-time.After(time.Millisecond)
		return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
	}}
	_, stop := b.run(t, b.options(t, tr))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	taken := int64(0)
	for range 4 {
		<-tick.C
		write(t, s, func(tx *store.Tx) error {
			// No window opens meanwhile: those that are there are on the disk.
			if _, err := tx.SQL().ExecContext(t.Context(), `LOCK TABLE messages IN EXCLUSIVE MODE`); err != nil {
				return err
			}
			res, err := tx.SQL().ExecContext(t.Context(), takeBack)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			taken += n
			return err
		})
	}
	n := b.settle(t, c)
	stop()
	if taken == 0 {
		t.Error("nothing was taken back")
	}
	eachOnce(t, tr, n, 1500)
	t.Logf("%d claims were taken back", taken)
}
