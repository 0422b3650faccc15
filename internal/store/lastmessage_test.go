package store

import (
	"slices"
	"testing"
)

// What a campaign of a million notes must not stay in memory key by key.
func TestWhatSendingNotesIsKeptInSpans(t *testing.T) {
	b := &behind{following: true}
	for from := int64(1); from <= 100_000; from += 48 {
		keys := make([]int64, 48)
		for i := range keys {
			keys[i] = from + int64(i)
		}
		b.note(keys...)
	}
	if len(b.spans) != 1 {
		t.Errorf("%d spans of messages that stood side by side", len(b.spans))
	}

	b = &behind{following: true}
	b.note(5, 6, 7, 9)
	b.note(3)
	b.note(4)
	b.note(4)
	taken, room := b.take()
	if want := []int64{5, 6, 7, 9, 3, 4, 4}; !slices.Equal(taken, want) {
		t.Errorf("noted were %v, want %v", taken, want)
	}
	if room != keepBusy-7 || b.spans != nil {
		t.Errorf("room for %d more, %d spans kept", room, len(b.spans))
	}
}

// More than there is time for stays, in its order.
func TestWhatThereIsNoTimeForIsTakenTheNextTime(t *testing.T) {
	b := &behind{following: true}
	for k := range int64(keepBusy + 100) {
		b.note(k + 1)
	}
	first, _ := b.take()
	if len(first) != keepBusy || first[0] != 1 || first[keepBusy-1] != keepBusy {
		t.Fatalf("the first time %d were taken", len(first))
	}
	second, _ := b.take()
	if len(second) != 100 || second[0] != keepBusy+1 {
		t.Errorf("the second time %d were taken, from %d", len(second), second[0])
	}
}

func TestNobodyNotesWhatNobodyWorksOff(t *testing.T) {
	b := &behind{}
	b.note(1, 2, 3)
	if b.spans != nil {
		t.Error("noted, and nobody takes it")
	}
}
