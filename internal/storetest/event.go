package storetest

import (
	"errors"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// EventsComeNewestFirst promises the order, the filters and the limit.
func EventsComeNewestFirst(t *testing.T, s *store.Store) {
	about := studymail.NewID()
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.AddEvent(t.Context(), "test", "first", about, "1"),
			tx.AddEvent(t.Context(), "test", "second", studymail.ID{}, ""),
			tx.AddEvent(t.Context(), "test", "third", about, ""),
		)
	})
	for _, c := range []struct {
		name   string
		filter store.EventFilter
		want   []string
	}{
		{"all", store.EventFilter{}, []string{"third", "second", "first"}},
		{"about one", store.EventFilter{About: about}, []string{"third", "first"}},
		{"the newest", store.EventFilter{Limit: 1}, []string{"third"}},
		{"since tomorrow", store.EventFilter{Since: s.Now().Add(24 * time.Hour)}, []string{}},
		{"about one, since tomorrow", store.EventFilter{About: about, Since: s.Now().Add(24 * time.Hour)}, []string{}},
	} {
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.Events(t.Context(), c.filter)
			got := []string{}
			for _, e := range all {
				got = append(got, e.Action)
			}
			equal(t, c.name, got, c.want)
			return err
		})
	}
}

// EventsAreFoundByEachFilter promises who, what, when and from where, and pages
// that miss nothing.
func EventsAreFoundByEachFilter(t *testing.T, s *store.Store) {
	s, h := withHands(t, s)
	for _, e := range [][2]string{{"anna", "study added"}, {"ben", "study added"}, {"anna", "study edited"}, {"worker", "campaign ended"}} {
		ctx := t.Context()
		if e[0] == "anna" {
			ctx = studymail.WithOrigin(ctx, "192.0.2.7")
		}
		write(t, s, func(tx *store.Tx) error { return tx.AddEvent(ctx, e[0], e[1], studymail.ID{}, "") })
		h.on(time.Hour)
	}
	began := h.now().Add(-4 * time.Hour)
	list := func(f store.EventFilter) (words []string, all []studymail.Event) {
		t.Helper()
		read(t, s, func(tx *store.Tx) (err error) {
			all, err = tx.Events(t.Context(), f)
			return err
		})
		for _, e := range all {
			words = append(words, e.Actor+" "+e.Action+" "+e.Origin)
		}
		return words, all
	}
	for _, c := range []struct {
		name   string
		filter store.EventFilter
		want   []string
	}{
		{"by whom", store.EventFilter{Actor: "anna"}, []string{"anna study edited 192.0.2.7", "anna study added 192.0.2.7"}},
		{"what", store.EventFilter{Action: "study added"}, []string{"ben study added ", "anna study added 192.0.2.7"}},
		{"both", store.EventFilter{Actor: "ben", Action: "study added"}, []string{"ben study added "}},
		{"between", store.EventFilter{Since: began.Add(time.Hour), Until: began.Add(2 * time.Hour)}, []string{"ben study added "}},
		{"none", store.EventFilter{Actor: "nobody"}, nil},
	} {
		got, _ := list(c.filter)
		equal(t, c.name, got, c.want)
	}
	_, first := list(store.EventFilter{Limit: 3})
	rest, _ := list(store.EventFilter{Limit: 3, Before: first[2].Key})
	equal(t, "the next page", rest, []string{"anna study added 192.0.2.7"})
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.EventActions(t.Context())
		equal(t, "the actions", got, []string{"campaign ended", "study added", "study edited"})
		return err
	})
}

// RollbackLeavesNoEvent promises that an event stands with what it tells of.
func RollbackLeavesNoEvent(t *testing.T, s *store.Store) {
	refuse(t, s, studymail.Invalid, func(tx *store.Tx) error {
		if err := tx.AddEvent(t.Context(), "test", "never", studymail.ID{}, ""); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Invalid, "no")
	})
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Events(t.Context(), store.EventFilter{})
		equal(t, "events", all, []studymail.Event{})
		return err
	})
}
