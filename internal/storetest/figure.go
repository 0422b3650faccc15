package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// FiguresAddUpInEachSpan counts across the midnight of a zone; the fine ones go.
func FiguresAddUpInEachSpan(t *testing.T, s *store.Store) {
	ctx := t.Context()
	clock := NewClock(t, "2026-07-01T22:59:30Z") // 23:59:30 in London
	s = WithClock(t, s, clock)
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	add := func(sent int64) {
		write(t, s, func(tx *store.Tx) error {
			return tx.AddFigures(ctx, london, map[string]int64{"sent": sent, "failed": 0, studymail.TookFigure(3): sent})
		})
	}
	sums := func(span studymail.FigureSpan) (got []int64) {
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.Figures(ctx, span, time.Time{})
			for _, f := range all {
				if f.What == "sent" {
					got = append(got, f.N)
				}
				if f.What == "failed" {
					t.Error("nothing is a row")
				}
			}
			return err
		})
		return got
	}
	add(1)
	clock.Advance(20 * time.Second)
	add(2)
	clock.Advance(time.Minute) // the next day in London, the same in UTC
	add(4)
	equal := func(span studymail.FigureSpan, want ...int64) {
		t.Helper()
		got := sums(span)
		if len(got) != len(want) {
			t.Fatalf("span %d: %v, want %v", span, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("span %d: %v, want %v", span, got, want)
			}
		}
	}
	equal(studymail.MinuteFigures, 3, 4)
	equal(studymail.QuarterFigures, 3, 4)
	equal(studymail.DayFigures, 3, 4)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Figures(ctx, studymail.DayFigures, time.Time{})
		if err == nil && !all[len(all)-1].At.Equal(time.Date(2026, 7, 2, 0, 0, 0, 0, london)) {
			t.Errorf("the day begins at %s", all[len(all)-1].At)
		}
		return err
	})
	clock.Advance(27 * time.Hour)
	add(8)
	equal(studymail.MinuteFigures, 8)
	equal(studymail.QuarterFigures, 3, 4, 8)
	clock.Advance(40 * 24 * time.Hour)
	add(16)
	equal(studymail.QuarterFigures, 16)
	equal(studymail.DayFigures, 3, 4, 8, 16)
	read(t, s, func(tx *store.Tx) error {
		sums, err := tx.FigureSums(ctx)
		if err == nil && (sums["sent"] != 31 || sums[studymail.TookFigure(3)] != 31) {
			t.Errorf("%v", sums)
		}
		return err
	})
}
