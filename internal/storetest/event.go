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
