package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"time"

	"studymail"
	"studymail/internal/sealed"
)

// Wrapped names a column of what the master key sealed, in a table whose rows have a
// UUID that it is bound to.
type Wrapped struct{ table, column string }

// What the master key sealed.
var (
	PeoplesKeys        = Wrapped{"people", "wrapped_key"}
	ImportsKeys        = Wrapped{"imports", "wrapped_key"}
	UsersAddresses     = Wrapped{"users", "email"}
	UsersSecondFactors = Wrapped{"users", "totp"}
	KeptMails          = Wrapped{"feedback", "kept"}
)

// rewrapAtOnce bounds a chunk.
const rewrapAtOnce = 500

// Rewrap goes through a column from a row key on, at most 500 rows, and replaces what
// fresh says is to be replaced. It gives how many that were and where it goes on; next
// is 0 when it has been everywhere.
func (t *Tx) Rewrap(ctx context.Context, w Wrapped, after int64, fresh func(id studymail.ID, old []byte) (now []byte, err error)) (n int, next int64, err error) {
	what := "seal anew what the master key sealed in " + w.table
	type row struct {
		key int64
		id  studymail.ID
		old []byte
	}
	var all []row
	query := `SELECT id, uuid, ` + w.column + ` FROM ` + w.table + ` WHERE id > $1 AND ` + w.column + ` IS NOT NULL ORDER BY id LIMIT $2`
	if t.kind == Postgres {
		query += ` FOR UPDATE` // nobody erases somebody meanwhile
	}
	err = t.each(ctx, what, query, []any{after, rewrapAtOnce}, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.key, &r.id, &r.old)
		all = append(all, r)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	for _, r := range all {
		now, err := fresh(r.id, r.old)
		if err != nil {
			return n, 0, err
		}
		if now == nil {
			continue
		}
		changed, err := t.exec(ctx, what, `UPDATE `+w.table+` SET `+w.column+` = $1 WHERE id = $2 AND `+w.column+` = $3`, now, r.key, r.old)
		if err != nil {
			return n, 0, err
		}
		n += int(changed)
	}
	if len(all) == rewrapAtOnce {
		next = all[len(all)-1].key
	}
	return n, next, nil
}

// Rehash gives people hashes under the newest lookup key, from a row key on, at most 500
// of them. hash opens a person's details and gives the hashes; its second answer is
// false for who has them already. Since when they have their address stays.
func (t *Tx) Rehash(ctx context.Context, after int64, hash func(p *studymail.Person) (studymail.Hashes, bool, error)) (n int, next int64, err error) {
	const what = "hash usernames and addresses anew"
	var all []studymail.Person
	query := `SELECT ` + personColumns + ` FROM people WHERE id > $1 AND username_hash IS NOT NULL ORDER BY id LIMIT $2`
	if t.kind == Postgres {
		query += ` FOR UPDATE`
	}
	err = t.each(ctx, what, query, []any{after, rewrapAtOnce}, func(rows *sql.Rows) error {
		var p studymail.Person
		err := scanPerson(rows, &p)
		all = append(all, p)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	for i := range all {
		p := &all[i]
		h, old, err := hash(p)
		if err != nil {
			return n, 0, err
		}
		if !old {
			continue
		}
		done, err := t.rehash(ctx, what, p, h)
		if err != nil {
			return n, 0, err
		}
		n += done
	}
	if len(all) == rewrapAtOnce {
		next = all[len(all)-1].Key
	}
	return n, next, nil
}

func (t *Tx) rehash(ctx context.Context, what string, p *studymail.Person, h studymail.Hashes) (int, error) {
	var other int64
	twice, err := t.one(ctx, what, `SELECT id FROM people WHERE username_hash = $1 AND id <> $2`, []any{h.Username, p.Key}, &other)
	if err != nil || twice {
		return 0, err // the same username under two keys: both stay as they are
	}
	var since time.Time
	if _, err := t.one(ctx, what, `SELECT email_at FROM people WHERE id = $1`, []any{p.Key}, at{&since}); err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, what, `UPDATE people SET username_hash = $1, email_hash = $2, details_hash = $3 WHERE id = $4 AND revision = $5 AND erased_at IS NULL`,
		h.Username, bytesOrNull(h.Email), h.Details, p.Key, p.Revision)
	if err != nil || n == 0 {
		return 0, err
	}
	// A trigger took the new hash for a new address.
	if _, err := t.exec(ctx, what, `UPDATE people SET email_at = $1 WHERE id = $2`, ms(since), p.Key); err != nil {
		return 0, err
	}
	fresh := *p
	fresh.Hashes = h
	return 1, t.suppressUnderNewest(ctx, fresh)
}

// SetUserHash gives a user's address its hash under the newest key.
func (t *Tx) SetUserHash(ctx context.Context, u *studymail.User, hash []byte) error {
	_, err := t.exec(ctx, "hash the address of user "+u.ID.String(), `UPDATE users SET email_hash = $1 WHERE id = $2`, hash, u.Key)
	return err
}

// Proof gives the proof of whose keys the database is sealed with; nil: it has none yet.
func (t *Tx) Proof(ctx context.Context) ([]byte, error) {
	proof, _, err := t.Meta(ctx, keyProof)
	return proof, err
}

// RenewProof stores the proof of the newest keys, where it still is the other.
func (t *Tx) RenewProof(ctx context.Context, was, now []byte) error {
	_, err := t.exec(ctx, "renew the key proof", `UPDATE meta SET value = $1 WHERE name = $2 AND value = $3`, now, string(keyProof), was)
	return err
}

// KeyUse is how many rows of a table still need a key.
type KeyUse struct {
	What string `json:"what"`
	Rows int    `json:"rows"`
}

type made struct{ what, table, column string }

// What keys made begins with their number.
var (
	madeByMasterKeys = []made{
		{"people", "people", "wrapped_key"},
		{"imports", "imports", "wrapped_key"},
		{"users", "users", "email"},
		{"second factors", "users", "totp"},
		{"kept mails", "feedback", "kept"},
	}
	madeByLookupKeys = []made{
		{"usernames", "people", "username_hash"},
		{"addresses", "people", "email_hash"},
		{"suppressions", "suppressions", "email_hash"},
		{"users", "users", "email_hash"},
		{"recovery codes", "recovery_codes", "code"},
	}
)

// KeyUse looks through everything that a key may have made. It takes a while with many
// people. What signing keys made is in mails, and nobody can count that.
func (t *Tx) KeyUse(ctx context.Context, kind sealed.Kind, id uint32) (all []KeyUse, err error) {
	prefix := binary.BigEndian.AppendUint32(nil, id)
	proof, err := t.Proof(ctx)
	if err != nil {
		return nil, err
	}
	lookup, master := sealed.ProofKeys(proof)
	look, length, proven := madeByLookupKeys, "4", lookup
	switch kind {
	case sealed.MasterKeys:
		look, length, proven, prefix = madeByMasterKeys, "5", master, append([]byte{1}, prefix...)
	case sealed.LookupKeys:
	case sealed.SigningKeys:
		return nil, nil
	}
	if proven == id {
		all = append(all, KeyUse{"the database's proof", 1})
	}
	for _, l := range look {
		u := KeyUse{What: l.what}
		_, err := t.one(ctx, "look for what needs a key", `SELECT count(*) FROM `+l.table+` WHERE substr(`+l.column+`, 1, `+length+`) = $1`, []any{prefix}, &u.Rows)
		if err != nil {
			return nil, err
		}
		if u.Rows > 0 {
			all = append(all, u)
		}
	}
	return all, nil
}
