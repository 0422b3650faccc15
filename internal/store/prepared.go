package store

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds the statements kept; ours are about a hundred, and those
// that are put together for a filter do not push the hot ones out.
const maxPrepared = 256

// prepared keeps the statements of SQLite's one writing connection: to parse
// the one that opens a window costs more than to run it. pgx keeps PostgreSQL's
// by itself.
//
// A statement cannot be prepared while a transaction holds the only connection,
// so one that is missed is prepared before the next transaction.
type prepared struct {
	mu     sync.Mutex
	ready  map[string]*sql.Stmt
	wanted map[string]bool
}

func newPrepared() *prepared {
	return &prepared{ready: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// get gives the statement of a query, or nil and prepares it for the next time.
func (p *prepared) get(query string) *sql.Stmt {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.ready[query]
	if st == nil && len(p.ready)+len(p.wanted) < maxPrepared {
		p.wanted[query] = true
	}
	return st
}

// prepareWanted prepares what was missed. A statement that cannot be prepared
// (a table that a migration has yet to make) is left for when it is asked for again.
func (p *prepared) prepareWanted(ctx context.Context, db *sql.DB) error {
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = map[string]bool{}
	p.mu.Unlock()
	for query := range wanted {
		st, err := db.PrepareContext(ctx, query) //nolint:sqlclosecheck // kept; closed with the store
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue
		}
		p.mu.Lock()
		if old := p.ready[query]; old != nil {
			_ = old.Close() // the same statement, prepared twice at once
		}
		p.ready[query] = st
		p.mu.Unlock()
	}
	return nil
}
