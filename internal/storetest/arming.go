package storetest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// sign gives a sign of life of a machine whose file tells seen.
func sign(t *testing.T, s *store.Store, seen int64) studymail.Arming {
	t.Helper()
	home, err := s.Home(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return signAt(t, s, store.Sighting{Counter: seen, Home: home})
}

func signAt(t *testing.T, s *store.Store, sighting store.Sighting) studymail.Arming {
	t.Helper()
	a, err := s.Advance(t.Context(), sighting)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func arming(t *testing.T, s *store.Store) studymail.Arming {
	t.Helper()
	var a studymail.Arming
	read(t, s, func(tx *store.Tx) (err error) {
		a, err = tx.Arming(t.Context())
		return err
	})
	return a
}

func arm(t *testing.T, s *store.Store, seen int64) studymail.Arming {
	t.Helper()
	was := arming(t, s)
	var a studymail.Arming
	write(t, s, func(tx *store.Tx) (err error) {
		a, err = tx.Arm(t.Context(), was, seen, "test", "")
		return err
	})
	return a
}

// ADatabaseThatIsBehindAMachineIsDisarmed follows the counter of the restore
// guard. Without the comparison with the machine's file the third row was armed.
func ADatabaseThatIsBehindAMachineIsDisarmed(t *testing.T, s *store.Store) {
	fresh := arming(t, s)
	equal(t, "a new database is armed", fresh.Armed, true)
	equal(t, "it has an identity", fresh.Database.IsZero(), false)

	one := sign(t, s, 0)
	equal(t, "a machine that has no file joins", one.Armed, true)
	two := sign(t, s, one.Counter)
	equal(t, "the counter goes on", two.Counter, one.Counter+1)
	equal(t, "a machine that is behind does no harm", sign(t, s, one.Counter).Armed, true)

	last := sign(t, s, two.Counter)
	off := sign(t, s, last.Counter+5)
	equal(t, "a machine that has seen it further on disarms it", off.Armed, false)
	equal(t, "the reason", off.Reason, studymail.WasRestored)
	equal(t, "the copy's age", off.CopiedAt, last.LastSign)
	equal(t, "the counter goes on all the same", off.Counter, last.Counter+1)
	again := sign(t, s, 0)
	equal(t, "it stays disarmed", again.Armed, false)
	equal(t, "since when it is", again.Since, off.Since)
	equal(t, "as others read it", arming(t, s), again)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Events(t.Context(), store.EventFilter{About: fresh.Database})
		if len(all) != 1 || all[0].Action != "sending disarmed" || all[0].Detail != "restored" {
			t.Errorf("events: %+v", all)
		}
		return err
	})
}

// WhatAPersonArmedNoMachineDisarmsAgain arms on one machine; another one comes
// later, that had seen more of what was lost. Without the lead of an armed
// counter it disarmed it again.
func WhatAPersonArmedNoMachineDisarmsAgain(t *testing.T, s *store.Store) {
	first := sign(t, s, 0)
	sign(t, s, first.Counter+100)
	armed := arm(t, s, first.Counter+100)
	equal(t, "armed", armed.Armed, true)
	equal(t, "nothing is left of why not", [2]any{armed.Reason, armed.Since.IsZero()}, [2]any{studymail.DisarmReason(""), true})
	equal(t, "the machine that armed it", sign(t, s, armed.Counter).Armed, true)
	equal(t, "one that had seen more", sign(t, s, first.Counter+1_000_000).Armed, true)
	equal(t, "the same backup restored once more", sign(t, s, 2*studymail.Lead+1).Armed, false)
}

// ADatabaseThatTurnsUpElsewhereIsDisarmed promises so for a machine that knows
// nothing of it, and that a database which nobody worked on may be moved.
func ADatabaseThatTurnsUpElsewhereIsDisarmed(t *testing.T, s *store.Store) {
	home, err := s.Home(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := home
	elsewhere.Server, elsewhere.Inode = home.Server+"0", home.Inode+1
	if s.Kind() == store.SQLite {
		elsewhere.Server = ""
		elsewhere.Path = filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(elsewhere.Path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := signAt(t, s, store.Sighting{Home: home})
	equal(t, "at home, a machine that lost its file", signAt(t, s, store.Sighting{Home: home}).Armed, true)
	read(t, s, func(tx *store.Tx) error {
		why, err := tx.WouldDisarm(t.Context(), store.Sighting{Home: elsewhere, Counter: now.Counter})
		equal(t, "what is seen beforehand", why, studymail.WasCopied)
		return err
	})
	equal(t, "and changes nothing", arming(t, s).Armed, true)
	off := signAt(t, s, store.Sighting{Home: elsewhere, Counter: now.Counter})
	equal(t, "elsewhere", [2]any{off.Armed, off.Reason}, [2]any{false, studymail.WasCopied})
	arm(t, s, 0)
	equal(t, "armed elsewhere, it belongs there", signAt(t, s, store.Sighting{Home: elsewhere}).Armed, true)
	equal(t, "and not where it was", signAt(t, s, store.Sighting{Home: home}).Reason, studymail.WasCopied)
}

// AMovedSQLiteFileIsNoCopy where the machine knows it and nothing stands where it was.
func AMovedSQLiteFileIsNoCopy(t *testing.T, s *store.Store) {
	if s.Kind() != store.SQLite {
		moved := sign(t, s, 0)
		equal(t, "PostgreSQL's server is always the same", sign(t, s, moved.Counter).Armed, true)
		return
	}
	home, err := s.Home(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	was := home
	was.Path, was.Inode = filepath.Join(t.TempDir(), "gone.db"), home.Inode+1
	known := signAt(t, s, store.Sighting{Home: was})
	equal(t, "moved, on its machine", signAt(t, s, store.Sighting{Home: home, Counter: known.Counter}).Armed, true)

	signAt(t, s, store.Sighting{Home: home})
	other := was
	other.Machine = strings.Repeat("0", 16)
	stays := home
	stays.Machine = strings.Repeat("1", 16)
	if err := os.WriteFile(was.Path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := signAt(t, s, store.Sighting{Home: stays, Counter: known.Counter})
	equal(t, "on a machine of another name", a.Armed, home.Machine == "")
}

// ACopyOfWhatWasSwitchedOffIsACopy promises that whoever arms it is told so. Without
// the look at the counter of a disarmed database it was "by hand" still.
func ACopyOfWhatWasSwitchedOffIsACopy(t *testing.T, s *store.Store) {
	first := sign(t, s, 0)
	byHand := func(why studymail.DisarmReason) (a studymail.Arming, done bool) {
		write(t, s, func(tx *store.Tx) (err error) {
			a, done, err = tx.Disarm(t.Context(), why, "", "test")
			return err
		})
		return a, done
	}
	byHand(studymail.ByHand)
	equal(t, "a sign of life", sign(t, s, first.Counter).Reason, studymail.ByHand)
	off := sign(t, s, first.Counter+100)
	equal(t, "restored while it was off", [2]any{off.Armed, off.Reason}, [2]any{false, studymail.WasRestored})
	_, done := byHand(studymail.ByHand)
	equal(t, "switched off again", [2]any{done, arming(t, s).Reason}, [2]any{false, studymail.WasRestored})

	arm(t, s, first.Counter+100)
	byHand(studymail.ByHand)
	backup, done := byHand(studymail.IsBackup)
	equal(t, "a backup of what was off", [3]any{done, backup.Reason, backup.CopiedAt.IsZero()}, [3]any{true, studymail.IsBackup, false})
}

// WhileDisarmedNothingIsTakenAndNoWindowOpens promises so at no message's cost.
// Without mayLeave in the claim messages were claimed; without it in the window's
// statement the one that was claimed before left.
func WhileDisarmedNothingIsTakenAndNoWindowOpens(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	l.plan(t, l.rules())
	w := l.worker(t)
	before := l.claim(t, w, 3).Claimed

	var done bool
	write(t, s, func(tx *store.Tx) (err error) {
		_, done, err = tx.Disarm(t.Context(), studymail.ByHand, "a note", "test")
		return err
	})
	equal(t, "disarmed", done, true)
	write(t, s, func(tx *store.Tx) error {
		a, again, err := tx.Disarm(t.Context(), studymail.ByHand, "another", "test")
		equal(t, "disarmed twice", [2]any{again, a.Note}, [2]any{false, "a note"})
		return err
	})
	equal(t, "claimed", len(l.claim(t, w, 10).Claimed), 0)
	// Side by side and apart: SQLite has a statement for each.
	for _, some := range [][]store.Claimed{{before[0], before[2]}, {before[1]}} {
		_, members, refused := l.open(t, w, some...)
		equal(t, "let into a window", len(members), 0)
		equal(t, "verdicts", len(refused), len(some))
		for _, v := range refused {
			m := l.message(t, v.Key)
			equal(t, "verdict, state and attempts", [3]any{v.State, m.State, m.Attempts}, [3]any{studymail.Queued, studymail.Queued, 0})
		}
	}
	read(t, s, func(tx *store.Tx) error {
		n, err := tx.WaitingToLeave(t.Context())
		equal(t, "what waits", n, store.Waiting{Messages: 3, Campaigns: 1})
		return err
	})

	arm(t, s, 0)
	equal(t, "claimed when armed again", len(l.claim(t, w, 10).Claimed), 3)
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		_, err := tx.Arm(t.Context(), arming(t, s), 0, "test", "")
		return err
	})
}

// WhatWaitsIsSettledAsSentOnlyWhileDisarmed promises so of the statement itself, and
// that an uncertain message may be settled at any time. Without mayLeave in it the
// first row was settled under a worker's hands.
func WhatWaitsIsSettledAsSentOnlyWhileDisarmed(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 4)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 3).Claimed
	l.open(t, w, claimed[0])
	late := sent(claimed[1])
	late.State, late.Outcome.Kind, late.NextAttemptAt = studymail.Deferred, studymail.Later, late.At
	l.record(t, late)
	doubt := sent(claimed[0])
	doubt.State, doubt.Reason, doubt.Outcome.Kind = studymail.Uncertain, studymail.ReasonInDoubt, studymail.InDoubt

	page := func() []store.MessageRow {
		var all []store.MessageRow
		read(t, s, func(tx *store.Tx) (err error) {
			all, _, err = tx.MessagePage(t.Context(), store.MessageFilter{Limit: 10})
			return err
		})
		return all
	}
	for _, m := range page() { // sending, deferred, claimed, queued
		refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.SettleAsSent(t.Context(), &m) })
	}
	l.record(t, doubt)
	m := page()[0]
	write(t, s, func(tx *store.Tx) error { return tx.SettleAsSent(t.Context(), &m) })

	write(t, s, func(tx *store.Tx) error {
		_, _, err := tx.Disarm(t.Context(), studymail.WasRestored, "", "test")
		return err
	})
	for _, m := range page()[1:] {
		old := m
		old.ClaimToken++
		refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.SettleAsSent(t.Context(), &old) })
		write(t, s, func(tx *store.Tx) error { return tx.SettleAsSent(t.Context(), &m) })
	}
	for _, m := range page() {
		equal(t, "message "+m.ID.String(), [2]any{m.State, m.Reason}, [2]any{studymail.Sent, studymail.ReasonResolved})
		equal(t, "it has a time", m.SentAt.IsZero(), false)
	}
	equal(t, "the numbers", l.counts(t).Sent, 4)
}

// ASignOfLifeWaitsForNobodyOnPostgres promises that one whose worker was stopped in
// the middle of a transaction holds no other up, and that all together only go on.
// With a sign of life that locks the row in a transaction the first part hung.
func ASignOfLifeWaitsForNobodyOnPostgres(t *testing.T, s *store.Store) {
	first := sign(t, s, 0)
	home, err := s.Home(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind() == store.Postgres {
		held, let := make(chan struct{}), make(chan struct{})
		var holding sync.WaitGroup
		holding.Go(func() {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Advance(t.Context(), store.Sighting{Counter: first.Counter, Home: home})
				close(held)
				<-let
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-held
		equal(t, "while another holds the row", sign(t, s, first.Counter), first)
		close(let)
		holding.Wait()
	}
	before := arming(t, s).Counter
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for seen := int64(0); seen < 20; seen++ {
				if a := sign(t, s, before); !a.Armed || a.Counter < before {
					t.Errorf("%+v after %d", a, before)
				}
			}
		})
	}
	all.Wait()
	if after := arming(t, s).Counter; after <= before || after > before+160 {
		t.Errorf("160 signs of life moved the counter from %d to %d", before, after)
	}
}
