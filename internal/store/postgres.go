package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"studymail"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// parsePostgres reads a DATABASE_URL; its error never quotes the URL, which
// may hold a password.
func parsePostgres(databaseURL string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "DATABASE_URL: not a PostgreSQL URL; write postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=…")
	}
	return cfg, nil
}

// byIndex keeps the writer's statements at their indexes. Each touches a few
// rows of a big table; without statistics, as after a first plan, PostgreSQL
// reads the whole table for them (measured: 692 times for 20,000 mails), and
// keeps a statement's plan from when the table was empty. And it would compile
// each of these plans, whose costs look huge, for 8 ms before it runs one.
// And it joins tables in the order in which a statement names them: left to
// choose, it went over all of a study's patients for each message of a window. It
// reads in the order of an index, and stops when there are enough: with bitmaps it
// sorted all that was queued for each claim, once it had seen the queue empty. And it
// makes each plan once: to look for a better one took 3 µs a mail, and found none.
func byIndex(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; SET jit = off; SET join_collapse_limit = 1; SET plan_cache_mode = force_generic_plan`)
	if err != nil {
		return fmt.Errorf("set up a connection: %w", err)
	}
	return nil
}

// setUp sets up the writer's connections. A worker that sleeps in the middle of a
// transaction holds locks on what others are to take back when its lease of 30
// seconds is over: PostgreSQL ends such a transaction before. And what is recorded as
// sent leaves the queue by our own statements (migration 23).
func setUp(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SET idle_in_transaction_session_timeout = '20s'; SET studymail.leaves_queue = 'on'`); err != nil {
		return fmt.Errorf("set up a connection: %w", err)
	}
	return byIndex(ctx, conn)
}

// setUpNow is setUp for one transaction, where connections are pooled.
const setUpNow = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
	set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
	set_config('jit', 'off', true), set_config('join_collapse_limit', '1', true), set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('idle_in_transaction_session_timeout', '20s', true), set_config('studymail.leaves_queue', 'on', true)`

// pooled tells whether the URL asks for the ways of a pooler.
func pooled(cfg *pgx.ConnConfig) bool {
	return cfg.DefaultQueryExecMode == pgx.QueryExecModeExec || cfg.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol
}

func hostOf(cfg *pgx.ConnConfig) string {
	return cfg.Host + ":" + strconv.Itoa(int(cfg.Port)) + "/" + cfg.Database
}

// scrubbed keeps of a connection error what tells the operator why, not the
// connection string that pgx puts in front of it.
func scrubbed(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New(pg.Code + " " + pg.Message)
	}
	inner := err
	for {
		next := errors.Unwrap(inner)
		if next == nil {
			return inner
		}
		inner = next
	}
}
