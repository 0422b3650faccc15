package storetest

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// hands is a clock that a test puts on.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) on(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// withHands opens another fresh store of s's kind, with a clock to put on.
func withHands(t *testing.T, s *store.Store) (*store.Store, *hands) {
	t.Helper()
	h := &hands{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	url := "sqlite:" + filepath.Join(t.TempDir(), "studymail.db")
	if s.Kind() == store.Postgres {
		url = pgtest.Start(t)
	}
	return OpenURL(t, url, h.now), h
}

// SessionsEndByTheirTimeAndByIdleness promises both, and that storing one again
// puts off neither its end nor keeps it from being found.
func SessionsEndByTheirTimeAndByIdleness(t *testing.T, s *store.Store) {
	s, h := withHands(t, s)
	u := addUser(t, s, 1, studymail.Viewer)
	const idle = 30 * time.Minute
	put := func(token, data string, ends time.Time) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error {
			return tx.PutSession(t.Context(), token, &studymail.Session{User: u.Key, Data: data, Origin: "192.0.2.1", ExpiresAt: ends})
		})
	}
	find := func(token string) (got studymail.Session, found bool) {
		t.Helper()
		read(t, s, func(tx *store.Tx) (err error) {
			got, found, err = tx.SessionByToken(t.Context(), token, idle)
			return err
		})
		return got, found
	}
	end := h.now().Add(time.Hour)
	put("t", "a", end)
	got, found := find("t")
	if !found || got.User != u.Key || got.Data != "a" || got.Origin != "192.0.2.1" || !got.ExpiresAt.Equal(end) || got.ID.IsZero() {
		t.Fatalf("%v %+v", found, got)
	}
	if _, found := find("other"); found {
		t.Fatal("another token finds it")
	}
	h.on(29 * time.Minute)
	write(t, s, func(tx *store.Tx) error { return tx.TouchSession(t.Context(), got.ID, "192.0.2.2") })
	h.on(29 * time.Minute)
	put("t", "b", h.now().Add(time.Hour))
	again, found := find("t")
	if !found || again.ID != got.ID || again.Data != "b" || !again.ExpiresAt.Equal(end) {
		t.Fatalf("stored again: %v %+v", found, again)
	}
	h.on(2 * time.Minute)
	if _, found := find("t"); found {
		t.Fatal("it is found after its end")
	}
	put("u", "", h.now().Add(time.Hour))
	h.on(idle)
	if _, found := find("u"); found {
		t.Fatal("it is found after nobody used it")
	}
	put("v", "", h.now().Add(time.Hour))
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.PurgeSignIns(t.Context(), idle, h.now())
		equal(t, "purged", n, 2)
		return err
	})
	if _, found := find("v"); !found {
		t.Fatal("the purge took one that has not ended")
	}
}

// EndingAUsersSessionsLeavesOthersAlone promises exactly those, and the one that
// is left out.
func EndingAUsersSessionsLeavesOthersAlone(t *testing.T, s *store.Store) {
	anna, ben := addUser(t, s, 1, studymail.Viewer), addUser(t, s, 2, studymail.Viewer)
	for token, user := range map[string]int64{"a1": anna.Key, "a2": anna.Key, "a3": anna.Key, "b1": ben.Key, "nobody": 0} {
		write(t, s, func(tx *store.Tx) error {
			return tx.PutSession(t.Context(), token, &studymail.Session{User: user, ExpiresAt: s.Now().Add(time.Hour)})
		})
	}
	list := func(user int64) (all []studymail.Session) {
		t.Helper()
		read(t, s, func(tx *store.Tx) (err error) {
			all, err = tx.UserSessions(t.Context(), user, time.Hour)
			return err
		})
		return all
	}
	mine := list(anna.Key)
	equal(t, "Anna's", len(mine), 3)
	write(t, s, func(tx *store.Tx) error {
		ended, err := tx.EndUserSession(t.Context(), ben.Key, mine[0].ID)
		equal(t, "Ben ends one of Anna's", ended, false)
		if err != nil {
			return err
		}
		ended, err = tx.EndUserSession(t.Context(), anna.Key, mine[0].ID)
		equal(t, "Anna ends it", ended, true)
		return err
	})
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.EndUserSessions(t.Context(), anna.Key, mine[1].ID)
		equal(t, "ended but for one", n, 1)
		return err
	})
	left := list(anna.Key)
	if len(left) != 1 || left[0].ID != mine[1].ID {
		t.Fatalf("left: %+v", left)
	}
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.EndUserSessions(t.Context(), anna.Key, studymail.ID{})
		equal(t, "ended, all", n, 1)
		return err
	})
	equal(t, "Ben's", len(list(ben.Key)), 1)
	write(t, s, func(tx *store.Tx) error { return tx.EndSession(t.Context(), "b1") })
	equal(t, "Ben's, by its token", len(list(ben.Key)), 0)
}

// TriesAreAllowedInABurstAndThenStepByStep promises the numbers, also for many at
// once.
func TriesAreAllowedInABurstAndThenStepByStep(t *testing.T, s *store.Store) {
	s, h := withHands(t, s)
	who := []byte("who")
	const step, burst = time.Minute, 5
	try := func(who []byte) (allowed bool) {
		t.Helper()
		write(t, s, func(tx *store.Tx) (err error) {
			allowed, err = tx.TakeTry(t.Context(), who, step, burst)
			return err
		})
		return allowed
	}
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for range 3 * burst {
		wg.Go(func() {
			if try(who) {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	equal(t, "allowed of many at once", allowed.Load(), burst)
	equal(t, "somebody else", try([]byte("else")), true)
	h.on(step)
	equal(t, "a step later", try(who), true)
	equal(t, "and at once again", try(who), false)
	write(t, s, func(tx *store.Tx) error { return tx.GiveTryBack(t.Context(), who, step) })
	equal(t, "given back", try(who), true)
	h.on(time.Hour)
	n := 0
	for try(who) {
		n++
	}
	equal(t, "after an hour", n, burst)
	write(t, s, func(tx *store.Tx) error { return tx.ForgetTries(t.Context(), who) })
	equal(t, "forgotten", try(who), true)
}

// ALinkIsUsedOnceAndReplacesItsElders promises both, and that it ends by itself.
func ALinkIsUsedOnceAndReplacesItsElders(t *testing.T, s *store.Store) {
	s, h := withHands(t, s)
	u := addUser(t, s, 1, studymail.Viewer)
	add := func(token string, user int64) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error { return tx.AddLink(t.Context(), []byte(token), user, h.now().Add(time.Hour)) })
	}
	whose := func(token string, want int64) {
		t.Helper()
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.Link(t.Context(), []byte(token))
			equal(t, "whose link", got, want)
			return err
		})
	}
	gone := func(token string) {
		t.Helper()
		refuse(t, s, studymail.NotFound, func(tx *store.Tx) error { return tx.UseLink(t.Context(), []byte(token)) })
		refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
			_, err := tx.Link(t.Context(), []byte(token))
			return err
		})
	}
	add("first", 0)
	add("old", u.Key)
	add("new", u.Key)
	whose("first", 0)
	whose("new", u.Key)
	gone("old")
	write(t, s, func(tx *store.Tx) error { return tx.UseLink(t.Context(), []byte("new")) })
	gone("new")
	whose("first", 0)
	h.on(time.Hour)
	gone("first")
	add("last", u.Key)
	write(t, s, func(tx *store.Tx) error { return tx.EndLinks(t.Context(), u.Key) })
	gone("last")
}

// AFormIsUsedOnce promises that the second one is told what the first one did.
func AFormIsUsedOnce(t *testing.T, s *store.Store) {
	token := studymail.NewID()
	use := func(result, want string) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error {
			before, err := tx.UseForm(t.Context(), token, result)
			equal(t, "result of before", before, want)
			return err
		})
	}
	refuse(t, s, studymail.Invalid, func(tx *store.Tx) error {
		if _, err := tx.UseForm(t.Context(), token, "/never"); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Invalid, "it did not act")
	})
	use("/campaigns/1", "")
	use("/campaigns/2", "/campaigns/1")
}
