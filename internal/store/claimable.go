package store

import (
	"context"
	"database/sql"
	"slices"

	"studymail"
)

// claimable is a message that a claim found, and whether it may be claimed.
type claimable struct {
	Claimed
	spot spot             // in its queue
	why  studymail.Reason // why its patient may not be mailed; "": may be
	open bool             // its study's hours and its care provider's let it leave
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
	if t.kind == SQLite || len(found) == 0 {
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
