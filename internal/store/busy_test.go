package store_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// PostgreSQL keeps a statement's plan. One that was made while the tables were nearly
// empty must not go over all that is in them later: a claim once took 47 seconds.
//
// Seen to fail: with DELETE … USING in leaveQueue, which was turned round.
func TestWhatWasPlannedOnEmptyTablesStaysCheap(t *testing.T) {
	t.Parallel()
	const many, few = 20_000, 500
	s := storetest.Open(t, store.Postgres)
	b := busy{t: t, s: s, worker: plannedMessage(t, s)}
	sqlExec(t, s, `ANALYZE`)
	b.send(1)
	sqlExec(t, s, `ANALYZE`)
	cloneMessages(t, s, 2, 3)
	b.send(2)
	cloneMessages(t, s, 4, many)
	if n := b.send(10); n > few {
		t.Errorf("rows that were looked at to send 10 of %d messages: %d", many, n)
	}
}

// busy claims, opens a window and records, again and again.
type busy struct {
	t          *testing.T
	s          *store.Store
	worker, at int64
}

// send sends so many, and gives how many rows of all tables were looked at.
func (b *busy) send(n int) (looked int) {
	b.t.Helper()
	const today = "2026-06-15"
	ctx := b.t.Context()
	b.at++
	err := b.s.Write(ctx, func(tx *store.Tx) error {
		before := lookedAt(b.t, tx) // may have what transactions before this one did, too
		res, err := tx.Claim(ctx, store.ClaimToken(b.worker, b.at), store.UpTo(n), today)
		if err != nil {
			return err
		}
		o := store.Opening{Window: store.WindowKey(b.worker, b.at), Worker: b.worker}
		var taken []store.Recorded
		for i := range res.Claimed {
			c := &res.Claimed[i]
			o.All = append(o.All, c.Standing([]byte("sealed")))
			taken = append(taken, store.Recorded{
				Key: c.Key, Token: c.Token, Window: o.Window, State: studymail.Sent, Attempts: 1, Counts: true, Transport: "test",
				At: time.Now(), Outcome: studymail.Outcome{Kind: studymail.Accepted, Code: 250},
			})
		}
		if err := tx.Pass(ctx, today, &store.Pass{Opening: []*store.Opening{&o}}); err != nil {
			return err
		}
		p := store.Pass{Outcomes: taken, Closing: []int64{o.Window}}
		if err := tx.Pass(ctx, today, &p); err != nil {
			return err
		}
		if len(o.Members) != n || p.Late != 0 {
			b.t.Fatalf("%d of %d stand in the window, %d outcomes were late", len(o.Members), n, p.Late)
		}
		looked = lookedAt(b.t, tx) - before
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return looked
}

// lookedAt is how many rows this connection has looked at since it last told.
func lookedAt(t *testing.T, tx *store.Tx) (rows int) {
	t.Helper()
	scan(t, tx.SQL(), `SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables`, &rows)
	return rows
}
