package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"studymail"
)

// KeyHolder is a process that runs, with the numbers of the keys that it has: a new key
// is used only once all have it.
type KeyHolder struct {
	ID   studymail.ID `json:"-"`
	Host string       `json:"host"`
	Mode string       `json:"mode"` // serve, worker or web
	Keys []uint32     `json:"keys"`
	At   time.Time    `json:"at"` // its last word
}

// Has tells whether it has a key.
func (h *KeyHolder) Has(key uint32) bool { return slices.Contains(h.Keys, key) }

// holderPrefix begins the names under which they stand among the facts of the database.
const holderPrefix = "keys:"

// How long a process's word counts, and how long it is kept.
const (
	holderFresh = 2 * time.Minute
	holderKept  = time.Hour
)

// NoteKeyHolder notes a process's word, and forgets those that gave none for an hour.
func (t *Tx) NoteKeyHolder(ctx context.Context, h *KeyHolder) error {
	h.At = t.now
	b, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("note which keys a process has: %w", err)
	}
	if err := t.SetMeta(ctx, MetaName(holderPrefix+h.ID.String()), b); err != nil {
		return err
	}
	all, err := t.keyHolders(ctx)
	for _, o := range all {
		if err == nil && t.now.Sub(o.At) > holderKept {
			err = t.DropKeyHolder(ctx, o.ID)
		}
	}
	return err
}

// DropKeyHolder forgets a process that ends.
func (t *Tx) DropKeyHolder(ctx context.Context, id studymail.ID) error {
	_, err := t.exec(ctx, "forget which keys a process has", `DELETE FROM meta WHERE name = $1`, holderPrefix+id.String())
	return err
}

// KeyHolders lists the processes that gave word in the last two minutes.
func (t *Tx) KeyHolders(ctx context.Context) ([]KeyHolder, error) {
	all, err := t.keyHolders(ctx)
	return slices.DeleteFunc(all, func(h KeyHolder) bool { return t.now.Sub(h.At) > holderFresh }), err
}

func (t *Tx) keyHolders(ctx context.Context) (all []KeyHolder, err error) {
	const what = "list which keys processes have"
	err = t.each(ctx, what, `SELECT name, value FROM meta WHERE name LIKE 'keys:%' ORDER BY name`, nil, func(rows *sql.Rows) error {
		var (
			h    KeyHolder
			name string
			text []byte
		)
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &h); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		id, err := studymail.ParseID(strings.TrimPrefix(name, holderPrefix))
		h.ID = id
		all = append(all, h)
		return err
	})
	return all, err
}
