package store

import (
	"context"

	"studymail"
)

// MetaName names a fact about the database as a whole.
type MetaName string

// keyProof tells whether keys are those that the database was made with.
const keyProof MetaName = "key_proof"

// SESListImported is until when all of the list that Amazon SES keeps was brought onto
// ours.
const SESListImported MetaName = "ses_list_imported"

// Meta reads a fact about the database; found is false when it was never set.
func (t *Tx) Meta(ctx context.Context, name MetaName) (value []byte, found bool, err error) {
	found, err = t.one(ctx, "read "+string(name), `SELECT value FROM meta WHERE name = $1`, []any{string(name)}, &value)
	return value, found, err
}

// SetMeta stores a fact about the database.
func (t *Tx) SetMeta(ctx context.Context, name MetaName, value []byte) error {
	_, err := t.exec(ctx, "store "+string(name),
		`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, string(name), value)
	return err
}

// Prover makes and checks the proof of whose keys a database is sealed with;
// *sealed.Keys is one.
type Prover interface {
	Proof() ([]byte, error)
	CheckProof(proof []byte) error
}

// CheckProof checks the proof of a database, and changes nothing. One that has
// no proof or no tables yet is anybody's.
func (s *Store) CheckProof(ctx context.Context, keys Prover) error {
	noTables := false
	err := s.Read(ctx, func(tx *Tx) error {
		if err := tx.hasVersions(ctx); err != nil {
			noTables = studymail.CodeOf(err) != studymail.Unavailable
			return err
		}
		proof, found, err := tx.Meta(ctx, keyProof)
		if err != nil || !found {
			return err
		}
		return wrongKeys(keys.CheckProof(proof))
	})
	if noTables {
		return nil // whatever else may be wrong, the next step tells
	}
	return err
}

func wrongKeys(err error) error {
	if err == nil {
		return nil
	}
	return studymail.Errorf(studymail.Conflict, "%w", err)
}

// EnsureProof stores the keys' proof in a database that has none, and checks
// the proof of one that has. With the wrong keys it fails and changes nothing.
func (s *Store) EnsureProof(ctx context.Context, keys Prover) error {
	var (
		proof []byte
		found bool
	)
	err := s.Read(ctx, func(tx *Tx) (err error) {
		proof, found, err = tx.Meta(ctx, keyProof)
		return err
	})
	if err != nil {
		return err
	}
	if !found {
		fresh, err := keys.Proof()
		if err != nil {
			return err
		}
		// Another process may be quicker: then it is its proof that counts.
		err = s.Write(ctx, func(tx *Tx) error {
			if _, err := tx.exec(ctx, "store the key proof",
				`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, string(keyProof), fresh); err != nil {
				return err
			}
			proof, _, err = tx.Meta(ctx, keyProof)
			return err
		})
		if err != nil {
			return err
		}
	}
	return wrongKeys(keys.CheckProof(proof))
}
