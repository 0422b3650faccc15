package studymail_test

import (
	"testing"

	"studymail"
)

func TestTurnsShareAmongThoseWhoWait(t *testing.T) {
	t.Parallel()
	type counts = [studymail.Turns]int
	for _, tc := range []struct {
		name  string
		waits [studymail.Turns]bool
		want  counts // of 90 places
	}{
		{"nobody", [4]bool{}, counts{}},
		{"ad hoc goes before all", [4]bool{true, true, true, true}, counts{90, 0, 0, 0}},
		{"all but ad hoc", [4]bool{false, true, true, true}, counts{0, 30, 40, 20}},
		{"retries get a third beside bulk", [4]bool{false, true, false, true}, counts{0, 30, 0, 60}},
		{"retries get a third beside reminders", [4]bool{false, true, true, false}, counts{0, 30, 60, 0}},
		{"fresh mail takes the retries' place in their order", [4]bool{false, false, true, true}, counts{0, 0, 70, 20}},
		{"retries alone", [4]bool{false, true, false, false}, counts{0, 90, 0, 0}},
		{"bulk alone", [4]bool{false, false, false, true}, counts{0, 0, 0, 90}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got counts
			for n := range 90 {
				if turn, ok := studymail.TurnOf(n, tc.waits); ok {
					got[turn]++
				}
			}
			if got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
