package store

import (
	"context"
	"database/sql"
	"errors"

	"studymail"

	"github.com/jackc/pgx/v5/pgconn"
)

// Pass is what a sender has for the database at a time: outcomes, patients whose
// addresses they found dead, the windows that are closed with them, and those that
// are asked for.
type Pass struct {
	Outcomes []Recorded
	Dead     []DeadAddress
	Closing  []int64
	Opening  []*Opening

	Late int // what came of it: so many outcomes were not recorded (Record)
}

// DeadAddress is a patient whose address a server refused, and the revision of the
// details that the letter was written from.
type DeadAddress struct {
	Patient  studymail.ID
	Revision int64
}

// Pass does it: outcomes first, then the windows that they close, then those to open.
func (t *Tx) Pass(ctx context.Context, today studymail.Date, p *Pass) (err error) {
	if p.Late, err = t.Record(ctx, p.Outcomes); err != nil {
		return err
	}
	for _, d := range p.Dead {
		if err := t.MarkAddressDead(ctx, d.Patient, d.Revision, "worker"); err != nil {
			return err
		}
	}
	if err := t.CloseWindows(ctx, p.Closing); err != nil {
		return err
	}
	if len(p.Opening) == 0 {
		return nil
	}
	return t.OpenWindows(ctx, today, p.Opening...)
}

// Pass does it in a transaction of its own. On PostgreSQL nearly all are one round
// trip; if not all may go that are to stand in windows, these are opened by another.
func (s *Store) Pass(ctx context.Context, today studymail.Date, p *Pass) error {
	if s.kind == Postgres && !s.pooled && p.usual() {
		if done, err := s.passAtOnce(ctx, today, p); done || err != nil {
			return err
		}
	}
	return s.Write(ctx, func(tx *Tx) error { return tx.Pass(ctx, today, p) })
}

// usual tells whether one statement can do it.
func (p *Pass) usual() bool {
	for i := range p.Outcomes {
		if r := &p.Outcomes[i]; !r.plain() || r.Outcome.ID != "" {
			return false
		}
	}
	return len(p.Dead) == 0
}

// allOpened tells that all may go.
func (p *Pass) allOpened() bool {
	for _, o := range p.Opening {
		if len(o.Members) != len(o.All) {
			return false
		}
		o.Refused = nil
	}
	return true
}

// passAtOnce does a usual pass by one statement, which is its own transaction. Unless
// done, nothing of it was.
func (s *Store) passAtOnce(ctx context.Context, today studymail.Date, p *Pass) (done bool, err error) {
	settling := newSettling(today, s.Now())
	plain := make([]*Recorded, len(p.Outcomes))
	for i := range p.Outcomes {
		plain[i] = &p.Outcomes[i]
	}
	if err := settling.record(plain); err != nil {
		return false, err
	}
	settling.closing = p.Closing
	settling.open(p.Opening)
	settling.allOrNone()
	s.behind.noteAll(p.Outcomes)
	if err := settling.alone(ctx, s.write); err != nil {
		if retryable(err) || pgconn.SafeToRetry(err) {
			return false, nil
		}
		return false, explain(settleWhat, err)
	}
	p.Late = len(p.Outcomes) - settling.recorded
	if p.allOpened() {
		return true, nil
	}
	return true, s.Write(ctx, func(tx *Tx) error { return tx.OpenWindows(ctx, today, p.Opening...) })
}

// alone runs it in a transaction of its own, which is committed when it has ended.
func (s *settling) alone(ctx context.Context, db *sql.DB) (err error) {
	rows, err := db.QueryContext(ctx, settle, s.args()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := s.read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
