package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"studymail"

	"github.com/jackc/pgx/v5"
)

// claimable is a message that a claim found, and whether it may be claimed.
type claimable struct {
	Claimed
	spot spot             // in its queue
	why  studymail.Reason // why its patient may not be mailed; "": may be
	open bool             // its study's hours and its care provider's let it leave
}

// claimables finds what there is of one source behind a spot, in the order of its
// queue. On PostgreSQL all of it is marked as claimed.
func (t *Tx) claimables(ctx context.Context, what string, s *source, from spot, token int64, limit int, today studymail.Date) (found []claimable, err error) {
	found = make([]claimable, 0, min(limit, 1000))
	next := func() *claimable {
		found = append(found, claimable{Claimed: Claimed{Token: token, Run: s.run, Campaign: s.campaign, Version: s.version, Turn: s.turn}})
		return &found[len(found)-1]
	}
	if t.kind == SQLite {
		args := []any{string(today), s.key, limit, s.tried, from.at, from.key, ms(t.now)}
		err := t.each(ctx, what, claim.sqlite, args, func(rows *sql.Rows) error { return next().scan(rows) })
		return found, err
	}
	var arena arena
	args := []any{s.key, limit, s.tried, from.at, from.key, token}
	if err := t.eachNative(ctx, what, claim.postgres, args, func(rows pgx.Rows) error { return next().scanNative(rows, &arena) }); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b claimable) int { return a.spot.compare(b.spot) }) // it gives them by their places
	return found, t.askOnce(ctx, today, found)
}

// scan reads a row of claim.
func (c *claimable) scan(rows *sql.Rows) error {
	err := rows.Scan(&c.Key, &c.spot.at, &c.ID, &c.Tries, &c.Attempts, &c.Limit, &c.Losses, at{&c.ExpiresAt},
		&c.Patient, &c.Provider, &c.Study, &c.Person, &c.Wrapped, &c.Sealed, &c.Revision, &c.why, &c.open)
	c.spot.key = c.Key
	return err
}

// scanNative does the same with few allocations: 500 rows of 17 values are most of what a
// claim costs here.
func (c *claimable) scanNative(rows pgx.Rows, a *arena) error {
	var (
		expires int64
		why     string
		open    int
	)
	a.id, a.patient, a.person = idInto{&c.ID}, idInto{&c.Patient}, idInto{&c.Person}
	a.wrapped, a.sealed = copyInto{a, &c.Wrapped}, copyInto{a, &c.Sealed}
	err := rows.Scan(&c.Key, &c.spot.at, &a.id, &c.Tries, &c.Attempts, &c.Limit, &c.Losses, &expires,
		&a.patient, &c.Provider, &c.Study, &a.person, &a.wrapped, &a.sealed, &c.Revision, &why, &open)
	c.spot.key, c.ExpiresAt, c.why, c.open = c.Key, time.UnixMilli(expires).UTC(), studymail.Reason(why), open == 1
	return err
}

// arena holds the octets of many rows, and what they are read by.
type arena struct {
	octets              []byte
	id, patient, person idInto
	wrapped, sealed     copyInto
}

// copyInto copies a column's octets, which are the driver's until the next row.
type copyInto struct {
	arena *arena
	to    *[]byte
}

// ScanBytes implements pgtype.BytesScanner.
func (c *copyInto) ScanBytes(v []byte) error {
	if v == nil {
		*c.to = nil
		return nil
	}
	n := len(c.arena.octets)
	c.arena.octets = append(c.arena.octets, v...)
	*c.to = c.arena.octets[n:len(c.arena.octets):len(c.arena.octets)]
	return nil
}

// idInto reads a UUID.
type idInto struct{ to *studymail.ID }

// ScanBytes implements pgtype.BytesScanner.
func (i *idInto) ScanBytes(v []byte) error {
	if len(v) == len(i.to) {
		copy(i.to[:], v)
		return nil
	}
	return i.to.Scan(v)
}

// ofTheirs asks of studies and of care providers what eligibility and isOpen ask.
var ofTheirs = []string{
	`SELECT st.id, CASE` + whyNotStudy + ` ELSE '' END, CASE WHEN ` + studyIsOpen + ` THEN 1 ELSE 0 END FROM studies st WHERE st.id = ANY ($3::bigint[])`,
	`SELECT pr.id, CASE` + whyNotProvider + ` ELSE '' END, CASE WHEN ` + providerIsOpen + ` THEN 1 ELSE 0 END FROM providers pr WHERE $1::text IS NOT NULL AND pr.id = ANY ($3::bigint[])`,
}

// askOnce completes what a claim on PostgreSQL found of patients: with their studies and
// care providers, each looked at once. They are few, and the index would be gone into
// for each message. (SQLite's claim asks for itself: there that costs little.)
func (t *Tx) askOnce(ctx context.Context, today studymail.Date, found []claimable) error {
	if len(found) == 0 {
		return nil
	}
	type verdict struct {
		why  studymail.Reason
		open bool
	}
	of := []func(*claimable) int64{func(c *claimable) int64 { return c.Study }, func(c *claimable) int64 { return c.Provider }}
	for i, query := range ofTheirs {
		var keys []int64
		for j := range found {
			if k := of[i](&found[j]); !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		verdicts := make(map[int64]verdict, len(keys))
		if err := t.each(ctx, "look whether mail may leave", query, []any{string(today), ms(t.now), keys}, func(rows *sql.Rows) error {
			var (
				k int64
				v verdict
			)
			err := rows.Scan(&k, &v.why, &v.open)
			verdicts[k] = v
			return err
		}); err != nil {
			return err
		}
		for j := range found {
			c := &found[j]
			v := verdicts[of[i](c)]
			if c.why == "" {
				c.why = v.why
			}
			c.open = c.open && v.open
		}
	}
	return nil
}
