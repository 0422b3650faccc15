package storetest

import (
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// standing clock: it moves when it is told to.
type tellClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *tellClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// set tells the clock the time on the wall in London.
func (c *tellClock) set(t *testing.T, wall string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = london(t, wall)
}

func london(t *testing.T, wall string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", wall, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var office = studymail.SendHours{Hours: "Mon-Fri 09:00-17:00", Zone: "Europe/London", ClosedOn: "england 2026-12-24"}

// timedLetters are letters in a database of the same kind with a clock that is told.
func timedLetters(t *testing.T, s *store.Store, wall string) (*letters, *tellClock) {
	t.Helper()
	clock := &tellClock{}
	clock.set(t, wall)
	return newLetters(t, OpenURL(t, URL(t, s.Kind()), clock.now)), clock
}

func (l *letters) refresh(t *testing.T) (changed int) {
	t.Helper()
	changed, err := l.s.RefreshHours(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func (l *letters) sweep(t *testing.T) (n int) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) (err error) {
		n, err = tx.RetryDue(t.Context())
		return err
	})
	return n
}

func (l *letters) recall(t *testing.T) (n int) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) (err error) {
		n, err = tx.Recall(t.Context())
		return err
	})
	return n
}

func (l *letters) opened(t *testing.T, since time.Time) (yes bool) {
	t.Helper()
	read(t, l.s, func(tx *store.Tx) (err error) {
		yes, err = tx.Opened(t.Context(), since)
		return err
	})
	return yes
}

func (l *letters) waiting(t *testing.T) (n int, first time.Time) {
	t.Helper()
	read(t, l.s, func(tx *store.Tx) (err error) {
		n, first, err = tx.Waiting(t.Context(), l.campaign.Key)
		return err
	})
	return n, first
}

// MailOfAStudyLeavesInItsHoursOnly walks the clock over openings and closings, a
// bank holiday and both changes of the clock, and claims one at each moment.
func MailOfAStudyLeavesInItsHoursOnly(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-03-27 12:00:00")
	l.AddPatients(t, l.s, 0, 30)
	l.editStudy(t, func(st *studymail.Study) { st.SendHours = office })
	rules := l.rules()
	rules.ExpiresAfter = 400 * 24 * time.Hour
	l.plan(t, rules)
	for _, at := range []struct {
		wall string
		open bool
	}{
		{"2026-03-27 16:59:59", true},
		{"2026-03-27 17:00:00", false},
		{"2026-03-28 12:00:00", false}, // Saturday; on Sunday the clock goes forward
		{"2026-03-30 08:59:59", false},
		{"2026-03-30 09:00:00", true},
		{"2026-04-02 16:59:59", true},
		{"2026-04-03 12:00:00", false}, // Good Friday
		{"2026-04-06 12:00:00", false}, // Easter Monday
		{"2026-04-07 09:00:00", true},
		{"2026-10-23 16:59:59", true},
		{"2026-10-23 17:00:00", false}, // on Sunday the clock goes back
		{"2026-10-26 08:59:59", false},
		{"2026-10-26 09:00:00", true},
		{"2026-12-24 12:00:00", false}, // a day of its own
		{"2026-12-28 12:00:00", false}, // instead of Saturday's Boxing Day
		{"2026-12-29 09:00:00", true},
	} {
		clock.set(t, at.wall)
		l.refresh(t)
		equal(t, "refreshed twice at "+at.wall, l.refresh(t), 0)
		w := l.worker(t)
		claimed := l.claim(t, w, 1).Claimed
		equal(t, "claimed at "+at.wall, len(claimed) == 1, at.open)
		if at.open {
			_, members, _ := l.open(t, w, claimed...)
			equal(t, "let into a window at "+at.wall, len(members), 1)
		}
	}
	n := l.counts(t)
	equal(t, "nothing was set aside: all wait in the queue", n.Deferred, 0)
}

// HoursThatNobodyRefreshedAreClosed lets the interval pass: it is not believed.
// Without open_until in openRuns and isOpen the second check failed.
func HoursThatNobodyRefreshedAreClosed(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 12:00:00")
	l.AddPatients(t, l.s, 0, 10)
	l.editStudy(t, func(st *studymail.Study) { st.SendHours = office })
	l.plan(t, l.rules())
	claim := func() int { return len(l.claim(t, l.worker(t), 1).Claimed) }
	equal(t, "claimed while it is open", claim(), 1)
	clock.set(t, "2026-06-15 17:00:00")
	l.recall(t) // that hours were given is long ago
	equal(t, "claimed when it has closed", claim(), 0)
	clock.set(t, "2026-06-16 10:00:00")
	equal(t, "claimed by an interval that has passed", claim(), 0)
	equal(t, "refreshed", l.refresh(t), 1)
	equal(t, "claimed after that", claim(), 1)
	equal(t, "it opened since the night", l.opened(t, london(t, "2026-06-16 03:00:00")), true)
	equal(t, "it opened since nine", l.opened(t, london(t, "2026-06-16 09:00:00")), false)
}

// NoWindowOpensOutsideTheHours lets them end between claim and window. Without
// isOpen in the statement that opens the window all three were let in.
func NoWindowOpensOutsideTheHours(t *testing.T, s *store.Store) {
	for _, tc := range []struct {
		name   string
		edit   func(*letters)
		adHoc  bool
		state  studymail.State
		reason studymail.Reason
	}{
		{"the study's", func(l *letters) { l.editStudy(t, func(st *studymail.Study) { st.SendHours = office }) }, false, studymail.Queued, ""},
		{
			"the study's, of an ad hoc mail", func(l *letters) { l.editStudy(t, func(st *studymail.Study) { st.SendHours = office }) }, true,
			studymail.Deferred, studymail.ReasonOutsideHours,
		},
		{
			"the care provider's", func(l *letters) { l.editProvider(t, func(p *studymail.Provider) { p.SendHours = office }) }, false,
			studymail.Deferred, studymail.ReasonOutsideHours,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, clock := timedLetters(t, s, "2026-06-15 16:59:59")
			p := l.AddPatients(t, l.s, 0, 3)
			tc.edit(l)
			if tc.adHoc {
				l.again(t, 1, p[0].Key, p[1].Key, p[2].Key)
			} else {
				l.plan(t, l.rules())
			}
			w := l.worker(t)
			claimed := l.claim(t, w, 10).Claimed
			clock.set(t, "2026-06-15 17:00:00")
			// SQLite has a statement for those that stand side by side, and one for any.
			for _, together := range [][]store.Claimed{{claimed[1]}, {claimed[0], claimed[2]}} {
				_, members, refused := l.open(t, w, together...)
				equal(t, "members", len(members), 0)
				equal(t, "refused", len(refused), len(together))
				equal(t, "verdict", refused[0], store.Verdict{Key: together[0].Key, State: tc.state, Reason: tc.reason})
			}
			c := claimed[0]
			m := l.message(t, c.Key)
			equal(t, "state", m.State, tc.state)
			equal(t, "reason", m.Reason, tc.reason)
			l.counts(t)
			l.refresh(t)
			equal(t, "claimed again the same evening", len(l.claim(t, w, 10).Claimed), 0)
			clock.set(t, "2026-06-16 09:00:00")
			l.sweep(t)
			again := l.claim(t, l.worker(t), 10).Claimed
			equal(t, "claimed in the morning", len(again), 3)
			equal(t, "attempts", again[0].Attempts, 0)
			equal(t, "reason when it is back", l.message(t, c.Key).Reason, studymail.Reason(""))
		})
	}
}

// MailOfAClosedCareProviderIsSetAsideOnce plans forty messages, thirty of them
// through a care provider that is closed: the ten others do not wait for them.
func MailOfAClosedCareProviderIsSetAsideOnce(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 18:00:00")
	l.editProvider(t, func(p *studymail.Provider) { p.SendHours = office })
	closed := l.AddPatients(t, l.s, 0, 30)
	open := *l.Clinic
	open.Provider = studymail.Provider{Name: "Patel's Surgery", ODSCode: "ERF00003", Active: true}
	write(t, l.s, func(tx *store.Tx) error { return tx.AddProvider(t.Context(), &open.Provider) })
	open.AddPatients(t, l.s, 30, 10)
	l.plan(t, l.rules())

	w := l.worker(t)
	res := l.claim(t, w, 4)
	equal(t, "set aside by a claim of four", res.Aside, 30)
	equal(t, "claimed by it", len(res.Claimed), 4)
	res = l.claim(t, w, 100)
	equal(t, "claimed by the next", len(res.Claimed), 6)
	equal(t, "set aside by it", res.Aside, 0)
	n, first := l.waiting(t)
	equal(t, "waiting", n, 30)
	equal(t, "until", first.Equal(london(t, "2026-06-16 09:00:00")), true)
	counts := l.counts(t)
	equal(t, "counted as deferred", counts.Deferred, 30)
	equal(t, "counted as queued", counts.Queued, 10)
	equal(t, "brought back before they may leave", l.sweep(t), 0)

	clock.set(t, "2026-06-16 09:00:00")
	equal(t, "brought back", l.sweep(t), 30)
	res = l.claim(t, l.worker(t), 100)
	equal(t, "claimed in the morning", len(res.Claimed), 30)
	equal(t, "whose turn it is: they were never tried", res.Claimed[0].Turn, studymail.BulkTurn)
	equal(t, "one of them", l.message(t, res.Claimed[0].Key).PatientID == closed[0].ID, true)
	n, _ = l.waiting(t)
	equal(t, "waiting after that", n, 0)
}

// MailWaitsUntilStudyAndCareProviderAreOpen has hours that overlap on one day.
func MailWaitsUntilStudyAndCareProviderAreOpen(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 08:00:00")
	p := l.AddPatients(t, l.s, 0, 1)[0]
	l.editStudy(t, func(st *studymail.Study) {
		st.SendHours = studymail.SendHours{Hours: "Mon-Wed 07:00-12:00", Zone: "Europe/London"}
	})
	l.editProvider(t, func(p *studymail.Provider) {
		p.SendHours = studymail.SendHours{Hours: "Mon-Tue 13:00-17:00, Wed-Fri 09:00-17:00", Zone: "Europe/London"}
	})
	l.again(t, 1, p.Key)
	equal(t, "set aside", l.claim(t, l.worker(t), 1).Aside, 1)
	_, first := l.waiting(t)
	equal(t, "until both are open", first.Equal(london(t, "2026-06-17 09:00:00")), true)
	clock.set(t, "2026-06-17 09:00:00")
	l.refresh(t)
	l.sweep(t)
	equal(t, "claimed then", len(l.claim(t, l.worker(t), 1).Claimed), 1)
}

// EditedHoursAreInForceAtOnce takes the hours away from those who wait for them,
// and shortens them for those who do not.
func EditedHoursAreInForceAtOnce(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 18:00:00")
	l.AddPatients(t, l.s, 0, 3)
	l.editProvider(t, func(p *studymail.Provider) { p.SendHours = office })
	l.plan(t, l.rules())
	w := l.worker(t)
	clock.set(t, "2026-06-15 18:10:00")
	l.recall(t)
	equal(t, "set aside", l.claim(t, w, 10).Aside, 3)
	equal(t, "something to bring back by hours that nobody edited since", l.opened(t, clock.now()), false)
	l.editProvider(t, func(p *studymail.Provider) { p.SendHours = studymail.SendHours{} })
	equal(t, "there is something to bring back", l.opened(t, clock.now()), true)
	equal(t, "brought back", l.recall(t), 3)
	equal(t, "brought back twice", l.recall(t), 0)
	equal(t, "claimed", len(l.claim(t, w, 2).Claimed), 2)
	clock.set(t, "2026-06-15 18:10:10")
	l.recall(t)
	equal(t, "something to bring back when all is done", l.opened(t, clock.now()), false)

	l.editProvider(t, func(p *studymail.Provider) { p.SendHours = office })
	res := l.claim(t, w, 10)
	equal(t, "claimed by new hours", len(res.Claimed), 0)
	equal(t, "set aside by new hours", res.Aside, 1)
	refuse(t, l.s, studymail.Invalid, func(tx *store.Tx) error {
		p := l.Provider
		p.Hours = "nine to five"
		return tx.UpdateProvider(t.Context(), &p)
	})
}

// TimeOutsideTheHoursDoesNotExpireAMessage waits for a week, in which there was
// an hour in which it could have left.
func TimeOutsideTheHoursDoesNotExpireAMessage(t *testing.T, s *store.Store) {
	for _, tc := range []struct {
		name    string
		hours   string
		expires time.Duration
		claimed int
	}{
		{"without hours", "", 120 * time.Hour, 0},
		{"half an hour of the study's in a week", "Mon 09:00-10:00", 31 * time.Minute, 1},
		{"and that is too much", "Mon 09:00-10:00", 29 * time.Minute, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, clock := timedLetters(t, s, "2026-06-15 09:30:00")
			l.AddPatients(t, l.s, 0, 1)
			l.editStudy(t, func(st *studymail.Study) { st.SendHours = studymail.SendHours{Hours: tc.hours, Zone: "Europe/London"} })
			rules := l.rules()
			rules.ExpiresAfter = tc.expires
			l.plan(t, rules)
			clock.set(t, "2026-06-22 09:00:00")
			l.refresh(t)
			res := l.claim(t, l.worker(t), 10)
			equal(t, "claimed", len(res.Claimed), tc.claimed)
			equal(t, "expired", res.Expired, 1-tc.claimed)
		})
	}
}

// WhatWaitsForItsStudyIsNotLate holds the pulse: a night is no fault.
func WhatWaitsForItsStudyIsNotLate(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 16:00:00")
	l.AddPatients(t, l.s, 0, 1)
	l.editStudy(t, func(st *studymail.Study) { st.SendHours = office })
	l.plan(t, l.rules())
	equal(t, "unsent while it is open", l.pulse(t).OldestUnsent.Equal(clock.now()), true)
	clock.set(t, "2026-06-15 23:00:00")
	l.refresh(t)
	equal(t, "unsent in the night", l.pulse(t).OldestUnsent.IsZero(), true)
	clock.set(t, "2026-06-16 09:01:00")
	equal(t, "unsent since it opened", l.pulse(t).OldestUnsent.Equal(london(t, "2026-06-16 09:00:00")), true)
}

// HoursThatCannotBeReadCloseTheirsOnly has a zone that this machine lacks.
func HoursThatCannotBeReadCloseTheirsOnly(t *testing.T, s *store.Store) {
	l, clock := timedLetters(t, s, "2026-06-15 16:00:00")
	l.editStudy(t, func(st *studymail.Study) { st.SendHours = office })
	l.editProvider(t, func(p *studymail.Provider) { p.SendHours = office })
	write(t, l.s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `UPDATE studies SET send_zone = 'Europe/Atlantis'`)
		return err
	})
	clock.set(t, "2026-06-16 08:00:00")
	changed, err := l.s.RefreshHours(t.Context(), false)
	equal(t, "refreshed", changed, 1)
	equal(t, "what is wrong", studymail.CodeOf(err), studymail.Invalid)
	clock.set(t, "2026-06-15 12:00:00")
	changed, _ = l.s.RefreshHours(t.Context(), true)
	equal(t, "reckoned anew when the clock was set back", changed, 1)
}
