package app

import (
	"context"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Rewrapped is what was sealed or hashed under the newest keys.
type Rewrapped struct {
	Keys   int `json:"keys"`   // of people and files
	Sealed int `json:"sealed"` // other things that the master key sealed
	Hashes int `json:"hashes"` // of people and users
}

// Rewrap seals and hashes all anew that older keys made, in short transactions with
// pauses. It may be stopped at any moment and be begun again: what is done is passed
// over. progress is told how many rows were looked at.
func (a *App) Rewrap(ctx context.Context, actor string, progress func(rows int)) (r Rewrapped, err error) {
	opener, sealer := a.Keys.Opener(), a.Keys.Sealer()
	master, lookup := a.Keys.Primary(sealed.MasterKeys), a.Keys.Primary(sealed.LookupKeys)
	rows := 0
	anew := func(w store.Wrapped, count *int, make func(id studymail.ID, old []byte) ([]byte, error)) error {
		after := int64(0)
		return a.chunks(ctx, count, func(tx *store.Tx) (int, bool, error) {
			seen := 0
			n, next, err := tx.Rewrap(ctx, w, after, func(id studymail.ID, old []byte) ([]byte, error) {
				if seen++; sealed.MasterKeyOf(old) == master {
					return nil, nil
				}
				return make(id, old)
			})
			if err == nil {
				after, rows = next, rows+seen
				progress(rows)
			}
			return n, next != 0, err
		})
	}
	reseal := func(p sealed.Purpose) func(id studymail.ID, old []byte) ([]byte, error) {
		return func(id studymail.ID, old []byte) ([]byte, error) { return opener.Reseal(p, id, old) }
	}
	rewrap := func(id studymail.ID, old []byte) ([]byte, error) { return opener.Rewrap(id, old) }
	for _, step := range []func() error{
		func() error { return anew(store.PeoplesKeys, &r.Keys, rewrap) },
		func() error { return anew(store.ImportsKeys, &r.Keys, rewrap) },
		func() error { return anew(store.UsersAddresses, &r.Sealed, reseal(sealed.UserEmail)) },
		func() error { return anew(store.UsersSecondFactors, &r.Sealed, reseal(sealed.UserSecondFactor)) },
		func() error { return anew(store.KeptMails, &r.Sealed, reseal(sealed.FeedbackMail)) },
		func() error { return a.rehashPeople(ctx, opener, sealer, lookup, &r.Hashes) },
		func() error { return a.rehashUsers(ctx, opener, sealer, lookup, &r.Hashes) },
		func() error { return a.renewProof(ctx) },
	} {
		if err := step(); err != nil {
			return r, err
		}
	}
	if _, err := a.Store.Checkpoint(ctx); err != nil {
		return r, err
	}
	return r, a.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddEvent(ctx, actor, "keys rewrapped", studymail.ID{}, counted("keys", r.Keys)+" "+counted("sealed", r.Sealed)+" "+counted("hashes", r.Hashes))
	})
}

func (a *App) rehashPeople(ctx context.Context, opener *sealed.Opener, sealer *sealed.Sealer, lookup uint32, count *int) error {
	after := int64(0)
	return a.chunks(ctx, count, func(tx *store.Tx) (int, bool, error) {
		n, next, err := tx.Rehash(ctx, after, func(p *studymail.Person) (h studymail.Hashes, old bool, err error) {
			if sealed.LookupKeyOf(p.Hashes.Username) == lookup && (p.Hashes.Email == nil || sealed.LookupKeyOf(p.Hashes.Email) == lookup) {
				return h, false, nil
			}
			key, err := opener.Key(p.ID, p.Wrapped)
			if err != nil {
				return h, false, err
			}
			d, err := studymail.OpenDetails(key, p.ID, p.Sealed)
			if err != nil {
				return h, false, err
			}
			return d.Hash(sealer), true, nil
		})
		if err == nil {
			after = next
		}
		return n, next != 0, err
	})
}

func (a *App) rehashUsers(ctx context.Context, opener *sealed.Opener, sealer *sealed.Sealer, lookup uint32, count *int) error {
	return a.chunks(ctx, count, func(tx *store.Tx) (n int, more bool, err error) {
		users, err := tx.Users(ctx)
		if err != nil {
			return 0, false, err
		}
		for i := range users {
			u := &users[i]
			if sealed.LookupKeyOf(u.Hash) == lookup {
				continue
			}
			text, err := opener.OpenMaster(sealed.UserEmail, u.ID, u.Sealed)
			if err != nil || len(text) != 1 {
				return n, false, err
			}
			if err := tx.SetUserHash(ctx, u, sealer.Hash(sealed.UserHash, studymail.NormalEmail(sealed.NewEmail(text[0])))); err != nil {
				return n, false, err
			}
			n++
		}
		return n, false, nil
	})
}

// renewProof proves the newest keys: the older ones' proof needs them.
func (a *App) renewProof(ctx context.Context) error {
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		was, err := tx.Proof(ctx)
		if err != nil || was == nil {
			return err
		}
		if err := a.Keys.CheckProof(was); err != nil {
			return err
		}
		now, err := a.Keys.Proof()
		if err != nil {
			return err
		}
		return tx.RenewProof(ctx, was, now)
	})
}
