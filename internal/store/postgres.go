package store

import (
	"errors"
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
