package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"studymail"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	sqlite "modernc.org/sqlite"
)

// Tx is one transaction. All reading and writing hangs on it, so that what
// belongs together is done together.
type Tx struct {
	tx       *sql.Tx
	conn     *sql.Conn // PostgreSQL's writers': what tx is on
	kind     Kind
	now      time.Time
	clock    func() time.Time // what has passed since
	prepared *prepared        // nil: the driver keeps its own
	behind   *behind
}

// SQL gives the transaction itself, for the job engine to enqueue in.
func (t *Tx) SQL() *sql.Tx { return t.tx }

// Now is the time of the transaction: one for everything it writes.
func (t *Tx) Now() time.Time { return t.now }

// Write runs fn in one transaction and commits it, or leaves nothing. fn may
// run again after a serialisation conflict: it must not keep anything outside
// of the transaction until Write returns.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	var err error
	for range 5 {
		if err = s.run(ctx, s.write, nil, s.prepared, fn); !retryable(err) {
			return err
		}
	}
	return err
}

// Read runs fn on one snapshot of the database. Keep it short: while it is
// open SQLite's WAL cannot shrink.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	var opts *sql.TxOptions
	if s.kind == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return s.run(ctx, s.read, opts, nil, fn)
}

func (s *Store) run(ctx context.Context, db *sql.DB, opts *sql.TxOptions, p *prepared, fn func(*Tx) error) (err error) {
	if p != nil {
		if err := p.prepareWanted(ctx, db); err != nil {
			return err
		}
	}
	conn, tx, err := s.begin(ctx, db, opts)
	if err != nil {
		return explain("begin a transaction", err)
	}
	if conn != nil {
		defer func() { _ = conn.Close() }() // gives it back
	}
	defer func() {
		if err != nil {
			if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
			}
		}
	}()
	if s.pooled && db == s.write {
		if _, err = tx.ExecContext(ctx, setUpNow); err != nil {
			return explain("set up a transaction", err)
		}
	}
	if err = fn(&Tx{tx: tx, conn: conn, kind: s.kind, now: s.Now(), clock: s.now, prepared: p, behind: s.behind}); err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return explain("commit", err)
	}
	return nil
}

// begin begins a transaction; of PostgreSQL's writers it gives the connection, too.
func (s *Store) begin(ctx context.Context, db *sql.DB, opts *sql.TxOptions) (conn *sql.Conn, tx *sql.Tx, err error) {
	if s.kind == SQLite || db != s.write {
		tx, err = db.BeginTx(ctx, opts)
		return nil, tx, err
	}
	for range 3 { // as often as database/sql itself looks for another connection
		if conn, err = db.Conn(ctx); err != nil {
			return nil, nil, err
		}
		if tx, err = conn.BeginTx(ctx, opts); err == nil {
			return conn, tx, nil
		}
		_ = conn.Close() // gives it back, or it is closed already
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return nil, nil, err
}

// both is one statement in both databases' words, where they differ.
type both struct{ sqlite, postgres string }

func (t *Tx) pick(b both) string {
	if t.kind == Postgres {
		return b.postgres
	}
	return b.sqlite
}

// steady gives a statement's context. On SQLite's writing connection nothing
// cancels a statement: it is short, a cancelled one would roll the whole
// transaction back, and the driver starts a goroutine for each that could be.
func (t *Tx) steady(ctx context.Context) context.Context {
	if t.prepared == nil || ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func (t *Tx) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	ctx = t.steady(ctx)
	var (
		res sql.Result
		err error
	)
	if st := t.prepared.get(query); st != nil {
		res, err = t.tx.StmtContext(ctx, st).ExecContext(ctx, args...)
	} else {
		res, err = t.tx.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return 0, explain(what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// insert runs an INSERT … RETURNING id.
func (t *Tx) insert(ctx context.Context, what, query string, args ...any) (int64, error) {
	var key int64
	if err := t.row(ctx, query, args...).Scan(&key); err != nil {
		return 0, explain(what, err)
	}
	return key, nil
}

func (t *Tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = t.steady(ctx)
	if st := t.prepared.get(query); st != nil {
		return t.tx.StmtContext(ctx, st).QueryRowContext(ctx, args...)
	}
	return t.tx.QueryRowContext(ctx, query, args...)
}

// one scans a single row; found is false when there is none.
func (t *Tx) one(ctx context.Context, what, query string, args []any, dest ...any) (found bool, err error) {
	err = t.row(ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, explain(what, err)
	}
	return true, nil
}

// each scans every row with scan.
func (t *Tx) each(ctx context.Context, what, query string, args []any, scan func(*sql.Rows) error) error {
	ctx = t.steady(ctx)
	var (
		rows *sql.Rows
		err  error
	)
	if st := t.prepared.get(query); st != nil {
		rows, err = t.tx.StmtContext(ctx, st).QueryContext(ctx, args...)
	} else {
		rows, err = t.tx.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return explain(what, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return explain(what, err)
	}
	return nil
}

// eachNative is each in pgx's own way, for PostgreSQL's writers: database/sql makes a
// value of its own of each column.
func (t *Tx) eachNative(ctx context.Context, what, query string, args []any, scan func(pgx.Rows) error) error {
	err := t.conn.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of another driver: %T", c)
		}
		if std.Conn().PgConn().TxStatus() != 'T' {
			return sql.ErrTxDone // ctx has ended: what came now would be committed alone
		}
		rows, err := std.Conn().Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return explain(what, err)
	}
	return nil
}

// explain wraps a database error with what was being done, and gives it a code.
func explain(what string, err error) error {
	switch {
	case unique(err):
		return &studymail.Error{Code: studymail.Conflict, Message: what + ": it exists already", Cause: err}
	case transient(err):
		return &studymail.Error{Code: studymail.Unavailable, Message: what + ": " + plight(err), Cause: err}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// plight says in words what keeps the database from working, and what to do.
func plight(err error) string {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqliteBusy:
			return "another program holds the lock of the database file; nothing was changed: try again, or stop that program"
		case sqliteFull:
			return "the disk of the database is full; nothing was changed: make room, and try again"
		case sqliteCantOpen, sqliteReadOnly:
			return "the database file cannot be written; nothing was changed: check its owner, the rights of its folder, and that the disk is mounted for writing"
		case sqliteIOErr:
			return "the disk of the database does not work, or is full; nothing was changed: look at the disk and at the machine's log"
		case sqliteCorrupt, sqliteNotADB:
			return "the database file is damaged: stop studymail and restore a backup"
		}
	}
	if lost(err) && !pgconn.SafeToRetry(err) && !unconnected(err) { // it may have been the commit
		return "the connection to the database was lost; look whether anything was changed before you try again"
	}
	return "the database does not answer; nothing was changed, try again"
}

// SQLite's result codes: https://www.sqlite.org/rescode.html
const (
	sqliteBusy             = 5
	sqliteIOErr            = 10
	sqliteFull             = 13
	sqliteCantOpen         = 14
	sqliteReadOnly         = 8
	sqliteCorrupt          = 11
	sqliteNotADB           = 26
	sqliteConstraintPK     = 1555
	sqliteConstraintUnique = 2067
)

func unique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqliteConstraintUnique || e.Code() == sqliteConstraintPK
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" // unique_violation
	}
	return false
}

// transient tells errors that go away by themselves or by an operator's hand:
// a locked, full or damaged file, a server that restarts.
func transient(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqliteBusy, sqliteIOErr, sqliteFull, sqliteCantOpen, sqliteReadOnly, sqliteCorrupt, sqliteNotADB:
			return true
		}
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator intervention, system
			return true
		}
		return e.Code == "25P03" // idle_in_transaction_session_timeout: we slept (setUp)
	}
	// What is left of pgx (dial errors, a connection cut) is no SQL error.
	return unconnected(err) || pgconn.SafeToRetry(err) || lost(err)
}

// unconnected tells that there was no connection to PostgreSQL: nothing was changed.
func unconnected(err error) bool {
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return connect
}

// lost tells that the connection to PostgreSQL ended without a word.
func lost(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn)
}

// retryable tells serialisation failures and deadlocks of PostgreSQL: the
// whole transaction may simply be run again.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// found makes "no rows" an error that says what to do.
func (t *Tx) found(what string, err error, missing string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return studymail.Errorf(studymail.NotFound, missing, args...)
	}
	if err != nil {
		return explain(what, err)
	}
	return nil
}
