package outbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"studymail"
)

const bootID = "11111111-2222-3333-4444-555555555555"

func newJournal(t testing.TB, lanes int) (j *journal, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "w.journal")
	j, err := createJournal(path, bootID, lanes)
	if err != nil {
		t.Fatal(err)
	}
	return j, path
}

func mustRead(t *testing.T, path string) *reading {
	t.Helper()
	r, err := readJournal(path, bootID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The dead process's file is read while its mapping is still there, as after a
// kill: nothing was synced or closed.
func TestAJournalTellsHowFarEachMessageCame(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 2)
	a, b := j.ring(), j.ring()
	if j.ring() != nil {
		t.Fatal("a third lane was given a ring; there are two")
	}
	at := time.UnixMilli(1790000000123).UTC()
	a.opened(7)
	a.dot(1, 100, 7)
	a.dot(2, 100, 7)
	a.reply(2, 100, 7, &studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Reply: "user1@example.org unknown", Took: 15 * time.Millisecond}, at)
	b.opened(8)
	b.reply(3, 100, 8, &studymail.Outcome{Kind: studymail.NotSent}, at)
	b.opened(9)
	b.dot(3, 100, 9)
	r := mustRead(t, path)
	for _, tc := range []struct {
		what           string
		message, token int64
		windows        []int64
		want           trace
	}{
		{"its dot was about to be written", 1, 100, []int64{7}, traceDot},
		{"it has a reply", 2, 100, []int64{7}, traceReply},
		{"its dot was not written", 4, 100, []int64{7}, traceNoDot},
		{"another claim's dot was not written", 1, 101, []int64{7}, traceNoDot},
		{"given back in one window, its dot about to be written in the next", 3, 100, []int64{8, 9}, traceDot},
		{"a window that was never opened here", 1, 100, []int64{6}, traceUnknown},
		{"one of its windows is unknown", 4, 100, []int64{7, 6}, traceUnknown},
		{"it stands in no window", 4, 100, nil, traceUnknown},
	} {
		if got, _ := r.of(tc.message, tc.token, tc.windows); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
	_, e := r.of(2, 100, []int64{7})
	want := studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Took: 15 * time.Millisecond}
	if e.outcome != want || !e.at.Equal(at) || !e.noMailbox {
		t.Errorf("read %+v, want %+v at %v, no mailbox", e, want, at)
	}
}

func TestAJournalOfAnotherBootOrCutShortTellsNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		spoil func(path string) error
	}{
		{"another boot id", func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt([]byte("9"), int64(len(journalMagic)+1))
			return err
		}},
		{"cut short", func(path string) error { return os.Truncate(path, headerSize+entrySize) }},
		{"empty", func(path string) error { return os.Truncate(path, 0) }},
		{"not there", os.Remove},
		{"something else", func(path string) error { return os.WriteFile(path, make([]byte, headerSize+ringSize), 0o600) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, path := newJournal(t, 1)
			mustRead(t, path)
			if err := tc.spoil(path); err != nil {
				t.Fatal(err)
			}
			r, err := readJournal(path, bootID)
			if err == nil {
				t.Error("it was read")
			}
			if got, _ := r.of(1, 1, []int64{7}); got != traceUnknown {
				t.Errorf("it tells %v", got)
			}
		})
	}
}

// Each window's messages come to their end in order, and the ring goes round
// many times. With the check for the opening taken out of take, windows that
// were overwritten were told as never written.
func TestAnOverwrittenWindowIsUnknownNotUnwritten(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 1)
	l := j.ring()
	const windows, size = 200, 16
	for w := int64(1); w <= windows; w++ {
		l.opened(w)
		for k := range int64(size) {
			l.dot(w*size+k, 5, w)
			l.reply(w*size+k, 5, w, &studymail.Outcome{Kind: studymail.Accepted, Code: 250}, time.UnixMilli(1))
		}
	}
	r := mustRead(t, path)
	known := 0
	for w := int64(1); w <= windows; w++ {
		for k := range int64(size) {
			switch got, _ := r.of(w*size+k, 5, []int64{w}); got {
			case traceReply:
				known++
			case traceUnknown:
			default:
				t.Fatalf("message %d of window %d: %v, and it has a reply", k, w, got)
			}
		}
	}
	if whole := ringEntries / (1 + 2*size); known != whole*size {
		t.Errorf("%d messages known, want those of the last %d windows", known, whole)
	}
}

// A process can die in the middle of an entry. What was whole before counts.
// With the sum taken out of whole, the torn reply was believed.
func TestAnEntryThatWasBeingWrittenIsNotBelieved(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 1)
	l := j.ring()
	l.opened(7)
	l.dot(1, 100, 7)
	l.reply(1, 100, 7, &studymail.Outcome{Kind: studymail.Accepted}, time.UnixMilli(1))
	l.mem[3*entrySize+atKind] = byte(studymail.NotSent) // of the reply
	if got, _ := mustRead(t, path).of(1, 100, []int64{7}); got != traceDot {
		t.Errorf("with a torn reply: %v, want the dot", got)
	}
	l.mem[2*entrySize+atMessage]++ // of the dot: a gap behind which nothing is believed
	l.last = 3
	l.dot(2, 100, 7)
	if got, _ := mustRead(t, path).of(1, 100, []int64{7}); got != traceUnknown {
		t.Errorf("behind a gap: %v, want nothing", got)
	}
}

// Somebody cuts the file short under the running process: writing to it is a
// bus error. With put's recover taken out the process died of it.
func TestAJournalThatCannotBeWrittenIsRemovedBeforeTheDotGoesOut(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 1)
	l := j.ring()
	l.opened(7)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if !l.dot(1, 100, 7) {
		t.Error("the mail was held back though the journal is out of the way")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the journal is still there: %v", err)
	}
	if !l.dot(2, 100, 7) {
		t.Error("the next mail was held back")
	}
}

// And if it cannot be removed either, no dot goes out.
func TestWithoutAWayToRemoveASpoiltJournalNoDotGoesOut(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 1)
	l := j.ring()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	stuck := filepath.Join(t.TempDir(), "folder")
	if err := os.MkdirAll(filepath.Join(stuck, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	j.names[0] = stuck // a folder that is not empty cannot be removed
	if l.dot(1, 100, 7) {
		t.Error("the dot was let out, and the journal will say that it was not")
	}
}

func TestAJournalHasANameForEachWorkerThatAProcessWas(t *testing.T) {
	t.Parallel()
	j, path := newJournal(t, 1)
	l := j.ring()
	second := path + "2"
	if err := j.alias(second); err != nil {
		t.Fatal(err)
	}
	l.opened(7)
	l.dot(1, 100, 7)
	for _, p := range []string{path, second} {
		if got, _ := mustRead(t, p).of(1, 100, []int64{7}); got != traceDot {
			t.Errorf("%s tells %v", filepath.Base(p), got)
		}
	}
	if err := j.remove(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, second} {
		if _, err := os.Stat(p); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", filepath.Base(p), err)
		}
	}
}

func TestEnhancedCodesArePackedWhole(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"5.1.1", "4.7.28", "2.0.0", "5.999.999", ""} {
		if got := unpackEnhanced(packEnhanced(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
	for _, s := range []string{"5.1", "5.1.1.1", "x", "5.1.99999"} {
		if got := unpackEnhanced(packEnhanced(s)); got != "" {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
}

// FuzzParseJournal reads files of any content: it must not crash, and must not
// tell of windows that it does not know.
func FuzzParseJournal(f *testing.F) {
	head := make([]byte, headerSize)
	copy(head, journalMagic+"\n"+bootID+"\n1\n")
	f.Add(append(head, make([]byte, ringSize)...))
	f.Add([]byte(journalMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseJournal(b, bootID)
		if err != nil {
			return
		}
		for w := range r.windows {
			if got, _ := r.of(1, 1, []int64{w, w + 1, w - 1}); got == traceNoDot && (r.windows[w+1] == nil || r.windows[w-1] == nil) {
				t.Errorf("window %d: its neighbours are not known, and it tells that nothing was written", w)
			}
		}
	})
}

// BenchmarkJournal is what the journal costs a mail: a dot and a reply, and a
// sixteenth of an opening.
func BenchmarkJournal(b *testing.B) {
	j, _ := newJournal(b, 1)
	l := j.ring()
	o := &studymail.Outcome{Kind: studymail.Accepted, Code: 250, Enhanced: "2.0.0", Stage: "dot", Took: time.Millisecond}
	at := time.UnixMilli(1790000000123)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		if i%16 == 0 {
			l.opened(i / 16)
		}
		l.dot(i, 100, i/16)
		l.reply(i, 100, i/16, o, at)
	}
}

// BenchmarkJournalByWrites is the same by one small write for each entry, for
// comparison.
func BenchmarkJournalByWrites(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "w.journal"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	e := make([]byte, entrySize)
	put := func(i int64) {
		if _, err := f.WriteAt(e, i%ringEntries*entrySize); err != nil {
			b.Fatal(err)
		}
	}
	for i := int64(0); b.Loop(); i += 3 {
		if i%16 == 0 {
			put(i)
		}
		put(i + 1)
		put(i + 2)
	}
}
