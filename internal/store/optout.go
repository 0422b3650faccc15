package store

import (
	"context"
	"database/sql"
	"time"
)

// OptOut is a person's word that they want no more mail than of one study.
type OptOut struct {
	Provider string // the care provider's name; "": of none
	At       time.Time
}

// OptOutsOf lists those of a person, the first one first.
func (t *Tx) OptOutsOf(ctx context.Context, person int64) (all []OptOut, err error) {
	err = t.each(ctx, "list the opt-outs of a person", `SELECT pr.name, o.at FROM opt_outs o LEFT JOIN providers pr ON pr.id = o.provider_id
		WHERE o.person_id = $1 ORDER BY o.at, o.provider_id`, []any{person}, func(rows *sql.Rows) error {
		var o OptOut
		err := rows.Scan(nullText[string]{&o.Provider}, at{&o.At})
		all = append(all, o)
		return err
	})
	return all, err
}
