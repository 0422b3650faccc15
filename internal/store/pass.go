package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"studymail"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
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

// Pass does it in a transaction of its own. On PostgreSQL nearly all take two round
// trips; what does not go smoothly there is done again step by step.
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

// smooth tells that all was recorded and all may go.
func (p *Pass) smooth(recorded int) bool {
	for _, o := range p.Opening {
		if len(o.Members) != len(o.All) {
			return false
		}
		o.Refused = nil
	}
	return recorded == len(p.Outcomes)
}

// passAtOnce does a usual pass, past database/sql: the beginning of the transaction
// and its one statement go together. Unless done, nothing of it was.
func (s *Store) passAtOnce(ctx context.Context, today studymail.Date, p *Pass) (done bool, err error) {
	const what = "settle what was taken and open hand-over windows"
	now := s.Now()
	settling := newSettling(today, now)
	plain, keys := make([]*Recorded, len(p.Outcomes)), make([]int64, len(p.Outcomes))
	for i := range p.Outcomes {
		plain[i], keys[i] = &p.Outcomes[i], p.Outcomes[i].Key
	}
	if err := settling.record(plain); err != nil {
		return false, err
	}
	settling.close(p.Closing)
	settling.open(p.Opening)
	slices.Sort(keys)
	s.behind.note(keys...)
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return false, explain("begin a transaction", err)
	}
	defer func() { _ = conn.Close() }() // back to the pool
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return studymail.Errorf(studymail.Internal, "%s: not a connection of pgx", what)
		}
		done, err = settling.commit(ctx, c.Conn(), p.smooth)
		return err
	})
	if retryable(err) || pgconn.SafeToRetry(err) {
		return false, nil
	}
	if err != nil {
		return false, explain(what, err)
	}
	p.Late = 0
	return done, nil
}

// commit runs it in a transaction, which is committed if the result is as it should be.
func (s *settling) commit(ctx context.Context, conn *pgx.Conn, smooth func(recorded int) bool) (done bool, err error) {
	defer func() {
		if !done {
			err = errors.Join(err, rollBack(ctx, conn))
		}
	}()
	var batch pgx.Batch
	batch.Queue("begin")
	batch.Queue(settle, s.args[:]...)
	results := conn.SendBatch(ctx, &batch)
	if err := s.readAll(results); err != nil {
		return false, errors.Join(err, results.Close())
	}
	if err := results.Close(); err != nil {
		return false, err
	}
	if !smooth(s.recorded) {
		return false, nil
	}
	if _, err := conn.Exec(ctx, "commit"); err != nil {
		return false, err
	}
	return true, nil
}

func (s *settling) readAll(results pgx.BatchResults) error {
	if _, err := results.Exec(); err != nil {
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rollBack leaves a connection as it was, or closes it: the pool makes another then.
func rollBack(ctx context.Context, conn *pgx.Conn) error {
	if conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		return errors.Join(fmt.Errorf("roll back: %w", err), conn.Close(ctx))
	}
	return nil
}
