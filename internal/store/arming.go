package store

import (
	"context"
	"fmt"
	"time"

	"studymail"
)

// mayLeave stands in every statement after which mail could leave: in the claim
// and, what counts, in the one that opens a hand-over window.
const mayLeave = `EXISTS (SELECT 1 FROM arming WHERE armed = 1)`

// Sighting is what a machine knows of a database besides what that says itself.
type Sighting struct {
	Counter int64 // the highest that its file tells; 0: it has none
	Damaged bool  // its file cannot be read
	Home    Home  // where the database is
}

type armingRow struct {
	studymail.Arming
	home string
}

const armingColumns = `SELECT database_uuid, counter, advanced_at, home, armed, reason, note, since, copied_at FROM arming WHERE id = 1`

// Whoever arms or disarms waits for others who do.
var lockArming = both{sqlite: armingColumns, postgres: armingColumns + ` FOR UPDATE`}

func (a *armingRow) fields() []any {
	return []any{&a.Database, &a.Counter, at{&a.LastSign}, &a.home, &a.Armed, &a.Reason, &a.Note, at{&a.Since}, at{&a.CopiedAt}}
}

func (t *Tx) arming(ctx context.Context, query string) (armingRow, error) {
	var a armingRow
	found, err := t.one(ctx, "read whether mail may leave", query, nil, a.fields()...)
	if err == nil && !found {
		err = studymail.Errorf(studymail.Internal, "read whether mail may leave: the table arming has no row; restore a backup")
	}
	return a, err
}

// Arming reads whether mail may leave.
func (t *Tx) Arming(ctx context.Context) (studymail.Arming, error) {
	a, err := t.arming(ctx, armingColumns)
	return a.Arming, err
}

// whyDisarm is the rule of the restore guard: "" when the database is the one
// that it should be.
func (a *armingRow) whyDisarm(s *Sighting) (studymail.DisarmReason, error) {
	home, err := readHome(a.home)
	switch {
	case err != nil:
		return "", err
	case s.Damaged:
		return studymail.StateDamaged, nil
	case a.Counter < s.Counter:
		return studymail.WasRestored, nil
	case a.home == "" || home.is(s.Home):
		return "", nil
	case s.Counter > 0 && home.movedTo(s.Home):
		return "", nil
	}
	return studymail.WasCopied, nil
}

// WouldDisarm tells what the next sign of life would disarm the database for; ""
// for nothing. It changes nothing.
func (t *Tx) WouldDisarm(ctx context.Context, s Sighting) (studymail.DisarmReason, error) {
	a, err := t.arming(ctx, armingColumns)
	if err != nil || a.Reason.IsCopy() {
		return "", err
	}
	return a.whyDisarm(&s)
}

// Advance moves the database's counter on. A worker does so before it is given its
// lease, without which no window opens. Where the database is not the one that
// this machine knows, it disarms it. It gives how it stands now.
func (s *Store) Advance(ctx context.Context, sighting Sighting) (now studymail.Arming, err error) {
	if s.kind == Postgres {
		if now, done, err := s.advanceAlone(ctx, &sighting); done || err != nil {
			return now, err
		}
	}
	err = s.Write(ctx, func(tx *Tx) (err error) {
		now, err = tx.Advance(ctx, sighting)
		return err
	})
	return now, err
}

// advanceAlone is what nearly always does on PostgreSQL: statements of their own. In
// a transaction of several, a worker that is stopped in its middle would hold the
// row, and all others would wait for it until their leases are over. Where someone
// else moves the counter on at this moment, that will do for this worker, too.
func (s *Store) advanceAlone(ctx context.Context, sighting *Sighting) (now studymail.Arming, done bool, err error) {
	const what = "note a sign of life"
	var a armingRow
	if err := s.write.QueryRowContext(ctx, armingColumns).Scan(a.fields()...); err != nil {
		return now, false, explain(what, err)
	}
	next, err := a.next(sighting, s.Now())
	if err != nil || next.Reason != a.Reason {
		return now, false, err // to be disarmed: in a transaction, with its event
	}
	res, err := s.write.ExecContext(ctx, `UPDATE arming SET counter = counter + 1, advanced_at = $1, home = $2 WHERE id =
		(SELECT id FROM arming WHERE id = 1 AND counter >= $3 AND reason = $4 FOR UPDATE SKIP LOCKED)`,
		ms(next.LastSign), next.home, a.Counter, string(a.Reason))
	if err != nil {
		return now, false, explain(what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return now, false, fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return a.Arming, true, nil
	}
	return next.Arming, true, nil
}

// next is how the row stands after a sign of life. One that was switched off by
// hand is judged, too: whoever arms it has to know that it is a copy.
func (a armingRow) next(s *Sighting, now time.Time) (armingRow, error) {
	if !a.Reason.IsCopy() {
		why, err := a.whyDisarm(s)
		if err != nil {
			return a, err
		}
		if why != "" {
			a.Armed, a.Reason, a.Since, a.CopiedAt = false, why, now, a.LastSign
		}
	}
	a.Counter++
	a.LastSign = now
	if !a.Armed {
		return a, nil // a person decides whether it belongs here
	}
	home, err := s.Home.text()
	a.home = home
	return a, err
}

// Advance does so in a transaction, with the event of a disarming.
func (t *Tx) Advance(ctx context.Context, s Sighting) (studymail.Arming, error) {
	a, err := t.arming(ctx, t.pick(lockArming))
	if err != nil {
		return a.Arming, err
	}
	next, err := a.next(&s, t.now)
	if err != nil {
		return a.Arming, err
	}
	if next.Reason != a.Reason {
		if err := t.AddEvent(ctx, "worker", "sending disarmed", a.Database, string(next.Reason)); err != nil {
			return a.Arming, err
		}
	}
	return next.Arming, t.setArming(ctx, &a.Arming, &next.Arming, next.home)
}

// Arm lets mail leave again, with an event. seen is the highest counter that this
// machine's file tells. The database belongs where it is from now on. It fails
// with Conflict when it does not stand any more as the operator saw it.
func (t *Tx) Arm(ctx context.Context, was studymail.Arming, seen int64, actor, detail string) (studymail.Arming, error) {
	now := was
	now.Armed, now.Reason, now.Note, now.Since, now.CopiedAt = true, "", "", time.Time{}, time.Time{}
	a, err := t.arming(ctx, t.pick(lockArming))
	if err != nil {
		return was, err
	}
	if a.Armed || !a.Since.Equal(was.Since) || a.Reason != was.Reason {
		return was, studymail.Errorf(studymail.Conflict, "sending was switched meanwhile; look again with `studymail doctor`")
	}
	now.Counter, now.LastSign = studymail.ArmedCounter(a.Counter, seen), a.LastSign
	if err := t.setArming(ctx, &a.Arming, &now, ""); err != nil {
		return was, err
	}
	return now, t.AddEvent(ctx, actor, "sending armed", now.Database, detail)
}

// Disarm stops all mail, with an event; false when it was off already, which
// then stays as it is. That it is a copy says more than that someone stopped it.
func (t *Tx) Disarm(ctx context.Context, why studymail.DisarmReason, note, actor string) (studymail.Arming, bool, error) {
	a, err := t.arming(ctx, t.pick(lockArming))
	if err != nil || !a.Armed && (a.Reason.IsCopy() || !why.IsCopy()) {
		return a.Arming, false, err
	}
	now := a.Arming
	now.Armed, now.Reason, now.Note, now.Since = false, why, note, t.now
	if why.IsCopy() {
		now.CopiedAt = t.now
	}
	if err := t.setArming(ctx, &a.Arming, &now, a.home); err != nil {
		return a.Arming, false, err
	}
	return now, true, t.AddEvent(ctx, actor, "sending disarmed", now.Database, string(why))
}

// setArming stores how it stands now, where it stood so.
func (t *Tx) setArming(ctx context.Context, was, now *studymail.Arming, home string) error {
	n, err := t.exec(ctx, "store whether mail may leave", `UPDATE arming SET counter = $1, advanced_at = $2, home = $3, armed = $4, reason = $5, note = $6,
			since = $7, copied_at = $8 WHERE id = 1 AND counter = $9 AND armed = $10`,
		now.Counter, ms(now.LastSign), home, flag(now.Armed), string(now.Reason), now.Note, ms(now.Since), ms(now.CopiedAt), was.Counter, flag(was.Armed))
	if err == nil && n != 1 {
		err = studymail.Errorf(studymail.Conflict, "whether mail may leave was changed meanwhile; try again")
	}
	return err
}

// Waiting is what arming would let go.
type Waiting struct {
	Messages  int `json:"messages"`  // queued or deferred, of running campaigns
	Campaigns int `json:"campaigns"` // running
	Uncertain int `json:"uncertain"` // of any campaign
}

// One state at a time: each has an index of its own.
var waits = oddly(`SELECT
		(SELECT count(*) FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN queued q ON q.run_id = r.id
			WHERE r.state < 30 AND c.state = 20) +
		(SELECT count(*) FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN messages m ON m.run_id = r.id AND m.odd = 30
			WHERE r.state < 30 AND c.state = 20)`)

// WaitingToLeave counts it.
func (t *Tx) WaitingToLeave(ctx context.Context) (Waiting, error) {
	var w Waiting
	if _, err := t.one(ctx, "count running campaigns", `SELECT count(*) FROM campaigns WHERE state = 20`, nil, &w.Campaigns); err != nil {
		return w, err
	}
	if _, err := t.one(ctx, "count what waits", t.pick(waits), nil, &w.Messages); err != nil {
		return w, err
	}
	var err error
	w.Uncertain, _, err = t.Uncertain(ctx)
	return w, err
}
