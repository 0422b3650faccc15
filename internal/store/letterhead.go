package store

import (
	"context"
	"maps"
	"slices"

	"studymail"
)

// Letterhead is what a letter merges beside its patient's details, by row key.
type Letterhead struct {
	Providers map[int64]*studymail.Provider
	Studies   map[int64]*studymail.Study
}

// LetterheadOf reads the care providers and studies of claimed messages as they
// are now.
func (t *Tx) LetterheadOf(ctx context.Context, claimed []Claimed) (Letterhead, error) {
	h := Letterhead{Providers: map[int64]*studymail.Provider{}, Studies: map[int64]*studymail.Study{}}
	for i := range claimed {
		h.Providers[claimed[i].Provider], h.Studies[claimed[i].Study] = nil, nil
	}
	providers, err := t.ProvidersByKey(ctx, slices.Collect(maps.Keys(h.Providers)))
	if err != nil {
		return h, err
	}
	for i := range providers {
		h.Providers[providers[i].Key] = &providers[i]
	}
	for k := range h.Studies {
		s, err := t.StudyByKey(ctx, k)
		if err != nil {
			return h, err
		}
		h.Studies[k] = &s
	}
	return h, nil
}
