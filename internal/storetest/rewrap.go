package storetest

import (
	"slices"
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// WhatTheMasterKeySealedIsReplacedRowByRow promises that it is chunked, and passes over
// what needs nothing and who was erased.
func WhatTheMasterKeySealedIsReplacedRowByRow(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 502)
	l.erase(t, patients[3].PersonID)
	replaced, chunks := 0, 0
	for after := int64(0); ; chunks++ {
		var n int
		var next int64
		write(t, s, func(tx *store.Tx) (err error) {
			n, next, err = tx.Rewrap(t.Context(), store.PeoplesKeys, after, func(id studymail.ID, old []byte) ([]byte, error) {
				if id == patients[4].PersonID {
					return nil, nil
				}
				return append([]byte("new "), old...), nil
			})
			return err
		})
		replaced += n
		if after = next; after == 0 {
			break
		}
	}
	equal(t, "replaced", replaced, 500)
	equal(t, "chunks before the last", chunks, 1)
	for i, want := range map[int]bool{0: true, 3: false, 4: false, 501: true} {
		equal(t, "new", slices.Equal(l.person(t, patients[i].PersonID).Wrapped[:min(4, len(l.person(t, patients[i].PersonID).Wrapped))], []byte("new ")), want)
	}
}

// HashingAnewKeepsSinceWhenAnAddressIs promises that, and that who is suppressed under
// the older key is so under the newest. Seen to fail: without email_at set back, and
// without suppressUnderNewest.
func HashingAnewKeepsSinceWhenAnAddressIs(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 2)[0]
	l.suppress(t, DetailsOf(0))
	newer := Keys(t).Sealer()
	older := l.person(t, p.PersonID).Hashes.Email
	write(t, s, func(tx *store.Tx) error {
		n, next, err := tx.Rehash(t.Context(), 0, func(found *studymail.Person) (studymail.Hashes, bool, error) {
			h := DetailsOf(0).Hash(newer)
			h.Older = [][]byte{older}
			return h, found.Key == p.Person, nil
		})
		equal(t, "hashed anew", n, 1)
		equal(t, "more", next, 0)
		return err
	})
	equal(t, "hash", l.person(t, p.PersonID).Hashes.Email, DetailsOf(0).Hash(newer).Email)
	read(t, s, func(tx *store.Tx) error {
		var since *int64
		if err := tx.SQL().QueryRowContext(t.Context(), `SELECT email_at FROM people WHERE id = $1`, p.Person).Scan(&since); err != nil {
			return err
		}
		equal(t, "since when", since, nil)
		on, err := tx.Suppressed(t.Context(), [][]byte{DetailsOf(0).Hash(newer).Email})
		equal(t, "suppressed", on, true)
		return err
	})
}

// WhatNeedsAKeyIsCounted promises it for each kind.
func WhatNeedsAKeyIsCounted(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	l.suppress(t, DetailsOf(0))
	if err := s.EnsureProof(t.Context(), l.Keys); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[sealed.Kind][]store.KeyUse{
		sealed.MasterKeys:  {{What: "the database's proof", Rows: 1}, {What: "people", Rows: 3}},
		sealed.LookupKeys:  {{What: "the database's proof", Rows: 1}, {What: "usernames", Rows: 3}, {What: "addresses", Rows: 3}, {What: "suppressions", Rows: 1}},
		sealed.SigningKeys: nil,
	} {
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.KeyUse(t.Context(), kind, l.Keys.Primary(kind))
			equal(t, string(kind), got, want)
			none, err2 := tx.KeyUse(t.Context(), kind, 1)
			equal(t, "another key", len(none), 0)
			if err == nil {
				err = err2
			}
			return err
		})
	}
}

// AProcessSaysWhichKeysItHas promises that an old word does not count.
func AProcessSaysWhichKeysItHas(t *testing.T, s *store.Store) {
	one, two := store.KeyHolder{ID: studymail.NewID(), Host: "a", Keys: []uint32{1, 2}}, store.KeyHolder{ID: studymail.NewID(), Host: "b", Keys: []uint32{1}}
	write(t, s, func(tx *store.Tx) error { return tx.NoteKeyHolder(t.Context(), &one) })
	write(t, s, func(tx *store.Tx) error { return tx.NoteKeyHolder(t.Context(), &two) })
	holders := func() (hosts []string) {
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.KeyHolders(t.Context())
			for _, h := range all {
				hosts = append(hosts, h.Host)
				equal(t, "has key 2", h.Has(2), h.Host == "a")
			}
			return err
		})
		slices.Sort(hosts)
		return hosts
	}
	equal(t, "processes", holders(), []string{"a", "b"})
	old := store.KeyHolder{ID: one.ID, Host: "a"}
	write(t, s, func(tx *store.Tx) error {
		return tx.SetMeta(t.Context(), store.MetaName("keys:"+old.ID.String()), []byte(`{"host":"a","at":"`+tx.Now().Add(-3*time.Minute).Format(time.RFC3339)+`"}`))
	})
	equal(t, "processes", holders(), []string{"b"})
	write(t, s, func(tx *store.Tx) error { return tx.DropKeyHolder(t.Context(), two.ID) })
	equal(t, "processes", len(holders()), 0)
}
