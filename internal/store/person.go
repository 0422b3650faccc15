package store

import (
	"context"
	"strconv"

	"studymail"
)

const personColumns = `id, uuid, wrapped_key, details, username_hash, email_hash, details_hash, missing, revision, created_at, updated_at, erased_at`

func scanPerson(row interface{ Scan(...any) error }, p *studymail.Person) error {
	return row.Scan(&p.Key, &p.ID, &p.Wrapped, &p.Sealed, &p.Hashes.Username, &p.Hashes.Email, &p.Hashes.Details, &p.Missing, &p.Revision,
		at{&p.CreatedAt}, at{&p.UpdatedAt}, at{&p.ErasedAt})
}

// AddPerson adds one person, sealed under p.ID, which the caller made: what is
// sealed is bound to it. It sets Key, Revision and times. Imports add many at
// once by a way of their own.
func (t *Tx) AddPerson(ctx context.Context, p *studymail.Person) error {
	p.Revision, p.CreatedAt, p.UpdatedAt = 1, t.now, t.now
	k, err := t.insert(ctx, "add person "+p.ID.String(),
		`INSERT INTO people (uuid, wrapped_key, details, username_hash, email_hash, details_hash, missing, revision, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		p.ID, p.Wrapped, p.Sealed, p.Hashes.Username, bytesOrNull(p.Hashes.Email), p.Hashes.Details, int(p.Missing), p.Revision,
		ms(p.CreatedAt), ms(p.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a person with that username already; nobody was added")
	}
	p.Key = k
	if err != nil {
		return err
	}
	return t.suppressUnderNewest(ctx, *p)
}

// UpdatePerson stores a person's new details, sealed with the person's key. It
// fails with Conflict when the details changed since p was read, or when the
// person was erased.
func (t *Tx) UpdatePerson(ctx context.Context, p *studymail.Person) error {
	n, err := t.exec(ctx, "store the details of person "+p.ID.String(),
		`UPDATE people SET details = $1, username_hash = $2, email_hash = $3, details_hash = $4, missing = $5, revision = revision + 1, updated_at = $6
		WHERE id = $7 AND revision = $8 AND erased_at IS NULL`,
		p.Sealed, p.Hashes.Username, bytesOrNull(p.Hashes.Email), p.Hashes.Details, int(p.Missing), ms(t.now), p.Key, p.Revision)
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "another person has that username; the details of person %s stay as they are", p.ID)
	}
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.PersonByKey(ctx, p.Key); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed or erased person %s meanwhile; look again, then repeat your edit", p.ID)
	}
	p.Revision++
	p.UpdatedAt = t.now
	return t.suppressUnderNewest(ctx, *p)
}

// PersonByKey finds a person by row key.
func (t *Tx) PersonByKey(ctx context.Context, k int64) (studymail.Person, error) {
	var p studymail.Person
	row := t.tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people WHERE id = $1`, k)
	return p, t.found("find person number "+strconv.FormatInt(k, 10), scanPerson(row, &p), "no such person")
}

const noSuchUsername = "no person with that username"

// PersonByUsername finds a person by the hashes of a username under every key,
// the newest first (sealed.Sealer.Hashes).
func (t *Tx) PersonByUsername(ctx context.Context, hashes [][]byte) (studymail.Person, error) {
	for _, h := range hashes {
		var p studymail.Person
		row := t.tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people WHERE username_hash = $1`, h)
		err := t.found("find a person by username", scanPerson(row, &p), noSuchUsername)
		if studymail.CodeOf(err) != studymail.NotFound {
			return p, err
		}
	}
	return studymail.Person{}, studymail.Errorf(studymail.NotFound, noSuchUsername)
}
