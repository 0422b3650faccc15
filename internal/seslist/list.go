package seslist

import (
	"context"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/store"
)

// Source is that of suppressions that came from SES's list.
const Source = "Amazon SES"

// reasons are our words for SES's.
var reasons = map[string]string{"bounce": "no such mailbox", "complaint": "complaint"}

// List is SES's list beside ours.
type List struct {
	Client *ses.Client
	Store  *store.Store
	Sealer *sealed.Sealer
	Now    func() time.Time
}

// Found is how the two lists stand to each other.
type Found struct {
	Listed   int       // at SES
	Here     int       // of those, suppressed here, too
	Fresh    int       // not here, and never were
	Lifted   int       // were lifted here
	Imported time.Time // when all of SES's list was last brought here; zero: never
}

// place is where an address of SES's list stands here.
type place int

const (
	here place = iota
	fresh
	lifted
)

// Look compares the lists.
func (l *List) Look(ctx context.Context) (Found, error) {
	var f Found
	imported, err := l.imported(ctx)
	if err != nil {
		return f, err
	}
	f.Imported = imported
	err = l.Client.Suppressed(ctx, func(page []ses.Suppressed) error {
		at, err := l.places(ctx, page, imported)
		for _, p := range at {
			f.Listed++
			switch p {
			case here:
				f.Here++
			case fresh:
				f.Fresh++
			case lifted:
				f.Lifted++
			}
		}
		return err
	})
	return f, err
}

// Imported is what an import did.
type Imported struct {
	Listed int // at SES
	Added  int // to our list
}

// Import suppresses here what is on SES's list, but for what was lifted here.
func (l *List) Import(ctx context.Context, actor string) (n Imported, err error) {
	// What comes onto SES's list meanwhile may be passed by, and its clock is another.
	began := l.Now().Add(-time.Minute)
	before, err := l.imported(ctx)
	if err != nil {
		return n, err
	}
	err = l.Client.Suppressed(ctx, func(page []ses.Suppressed) error {
		at, err := l.places(ctx, page, before)
		if err != nil {
			return err
		}
		added := 0
		err = l.Store.Write(ctx, func(tx *store.Tx) error {
			added = 0
			for i, s := range page {
				if at[i] == lifted {
					continue
				}
				why := reasons[s.Reason]
				rows, err := tx.SuppressAddress(ctx, l.hashes(s.Address), why, Source)
				if err != nil {
					return err
				}
				added += len(rows)
				for j := range rows {
					if err := tx.AddEvent(ctx, actor, "address suppressed", rows[j].ID, why); err != nil {
						return err
					}
				}
			}
			return nil
		})
		n.Listed += len(page)
		n.Added += added
		return err
	})
	if err != nil {
		return n, err
	}
	return n, l.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetMeta(ctx, store.SESListImported, []byte(began.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "suppression list of Amazon SES imported", studymail.ID{}, "listed="+strconv.Itoa(n.Listed)+" added="+strconv.Itoa(n.Added))
	})
}

// Clear takes off SES's list what was lifted here, and gives how many those were.
func (l *List) Clear(ctx context.Context, actor string) (cleared int, err error) {
	imported, err := l.imported(ctx)
	if err != nil {
		return 0, err
	}
	var all []sealed.Email
	err = l.Client.Suppressed(ctx, func(page []ses.Suppressed) error {
		at, err := l.places(ctx, page, imported)
		for i, p := range at {
			if p == lifted {
				all = append(all, page[i].Address)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		done, err := l.ClearOne(ctx, actor, a)
		if err != nil {
			return cleared, err
		}
		if done {
			cleared++
		}
	}
	return cleared, nil
}

// ClearOne takes an address off SES's list; done is false if it was not on it.
func (l *List) ClearOne(ctx context.Context, actor string, a sealed.Email) (done bool, err error) {
	err = l.Client.Unsuppress(ctx, a)
	if studymail.CodeOf(err) == studymail.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, l.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddEvent(ctx, actor, "suppression cleared at Amazon SES", studymail.ID{}, "")
	})
}

// places says where each address of a page stands.
func (l *List) places(ctx context.Context, page []ses.Suppressed, imported time.Time) ([]place, error) {
	all := make([]place, len(page))
	err := l.Store.Read(ctx, func(tx *store.Tx) (err error) {
		for i := range page {
			if all[i], err = l.place(ctx, tx, &page[i], imported); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func (l *List) place(ctx context.Context, tx *store.Tx, s *ses.Suppressed, imported time.Time) (place, error) {
	hashes := l.hashes(s.Address)
	found, err := tx.Suppressed(ctx, hashes)
	switch {
	case err != nil || found:
		return here, err
	case !s.At.IsZero() && s.At.Before(imported):
		return lifted, nil
	}
	if found, err = tx.CameBackDead(ctx, hashes); err != nil || !found {
		return fresh, err
	}
	return lifted, nil
}

func (l *List) hashes(a sealed.Email) [][]byte {
	return l.Sealer.Hashes(sealed.EmailHash, studymail.NormalEmail(a))
}

// imported is until when SES's list was brought here.
func (l *List) imported(ctx context.Context) (at time.Time, err error) {
	err = l.Store.Read(ctx, func(tx *store.Tx) error {
		text, found, err := tx.Meta(ctx, store.SESListImported)
		if err != nil || !found {
			return err
		}
		at, err = time.Parse(time.RFC3339, string(text))
		return err
	})
	return at, err
}
