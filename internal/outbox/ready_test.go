package outbox

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

func claims(turn studymail.Turn, run byte, n int) []*claim {
	all := make([]*claim, n)
	for i := range all {
		all[i] = &claim{Claimed: store.Claimed{Turn: turn, Run: studymail.ID{run}, Key: int64(i)}}
	}
	return all
}

// tally counts what was taken, by turn and by run.
func tally(batch []*claim) (turns [studymail.Turns]int, runs map[byte]int) {
	runs = map[byte]int{}
	for _, c := range batch {
		turns[c.Turn]++
		runs[c.Run[0]]++
	}
	return turns, runs
}

func TestReadyGivesTurnsAndSharesThemAmongRuns(t *testing.T) {
	t.Parallel()
	r := newReady(time.Now, 1, 100, 1000)
	r.put(claims(studymail.BulkTurn, 1, 100))
	r.put(claims(studymail.BulkTurn, 2, 100))
	r.put(claims(studymail.RetryTurn, 1, 100))
	r.put(claims(studymail.AdHocTurn, 3, 2))
	batch := r.take(t.Context(), 32)
	if batch[0].Turn != studymail.AdHocTurn || batch[1].Turn != studymail.AdHocTurn || batch[0].Key != 0 {
		t.Fatalf("ad hoc mail does not come first: %v", batch[0])
	}
	turns, runs := tally(batch)
	if want := [studymail.Turns]int{2, 10, 0, 20}; turns != want {
		t.Errorf("turns %v, want %v", turns, want)
	}
	if runs[1] != 30 || runs[3] != 2 {
		t.Errorf("runs %v, want one of bulk alone in a window", runs)
	}
	of := map[byte]int{1: 20}
	for range 5 {
		for _, c := range r.take(t.Context(), 30) {
			if c.Turn == studymail.BulkTurn {
				of[c.Run[0]]++
			}
		}
	}
	if of[1] != 60 || of[2] != 60 {
		t.Errorf("bulk of the runs %v, want the two to share", of)
	}
	rest := r.takeAll()
	if len(rest) != 120 || r.size() != 0 {
		t.Errorf("%d were left, and %d after that; want 120 and none", len(rest), r.size())
	}
}

func TestReadyKeepsTheOrderOfARun(t *testing.T) {
	t.Parallel()
	r := newReady(time.Now, 1, 100, 1000)
	r.put(claims(studymail.BulkTurn, 1, 50))
	last := int64(-1)
	for range 10 {
		for _, c := range r.take(t.Context(), 5) {
			if c.Key != last+1 {
				t.Fatalf("%d after %d", c.Key, last)
			}
			last = c.Key
		}
	}
}

// A clock that moves when it is told to.
type stopped struct{ at time.Time }

func (c *stopped) now() time.Time          { return c.at }
func (c *stopped) forward(d time.Duration) { c.at = c.at.Add(d) }

func TestReadyWantsAsMuchAsIsTakenInTwoSeconds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		every time.Duration // a message is taken
		want  int           // enough is …, rounded as it is reckoned
	}{
		{"ten a second", 100 * time.Millisecond, 20},
		{"one in five seconds: no fewer than the lanes", 5 * time.Second, 4},
		{"a thousand a second: no more than the most", time.Millisecond, 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clock := &stopped{at: time.Unix(1_800_000_000, 0)}
			r := newReady(clock.now, 4, 64, 1000)
			if got := r.room(); got != 64 {
				t.Fatalf("wants %d before anything is known, want 64", got)
			}
			r.put(claims(studymail.BulkTurn, 1, 500))
			for range 400 {
				clock.forward(tc.every)
				r.take(t.Context(), 1)
			}
			r.takeAll()
			// An hour without work does not make it slow.
			clock.forward(time.Hour)
			if got := r.room(); got < tc.want || got > tc.want*6/5 && got > tc.want+1 {
				t.Errorf("wants %d, want %d", got, tc.want)
			}
			r.put(claims(studymail.AdHocTurn, 1, 500))
			if got := r.room(); got < tc.want {
				t.Errorf("ad hoc mail that is ready takes the room of others: %d", got)
			}
			r.put(claims(studymail.BulkTurn, 1, tc.want/2+tc.want/4+1))
			if got := r.room(); got != 0 {
				t.Errorf("wants %d more though there is enough", got)
			}
		})
	}
}

func TestPaceFollowsWhatIsDoneWhileThereIsWork(t *testing.T) {
	t.Parallel()
	clock := &stopped{at: time.Unix(1_800_000_000, 0)}
	p := pace{enough: 32}
	if got := p.in(time.Second, 1, 16, 4); got != 4 {
		t.Fatalf("unknown: %d, want 4", got)
	}
	work := func(n int, each time.Duration) {
		p.begin(clock.now())
		for range n {
			clock.forward(each)
			p.did(1, clock.now())
		}
		p.idle(clock.now())
		clock.forward(time.Minute)
	}
	work(10, 200*time.Millisecond)
	if p.rate < 4.9 || p.rate > 5.1 {
		t.Errorf("rate %.1f, want 5", p.rate)
	}
	work(200, 10*time.Millisecond)
	if p.rate < 90 || p.rate > 101 {
		t.Errorf("rate %.1f after 2 s at 100, want nearly that", p.rate)
	}
	work(100_000, 10*time.Microsecond)
	if p.rate < 10_000 {
		t.Errorf("rate %.1f after 1 s at 100,000", p.rate)
	}
	work(2, time.Second)
	if p.rate > 3 {
		t.Errorf("rate %.1f after 2 s at 1, however fast it was before", p.rate)
	}
	if got := p.in(500*time.Millisecond, 1, 16, 4); got < 1 || got > 2 {
		t.Errorf("%d in half a second", got)
	}
	quick := pace{enough: 32}
	quick.begin(clock.now())
	quick.did(32, clock.now())
	if got := quick.in(time.Second, 1, 16, 4); got != 16 {
		t.Errorf("%d a second, though 32 took no time", got)
	}
	opening := pace{enough: 32, opens: true}
	opening.begin(clock.now())
	clock.forward(time.Second) // a connection is made
	for range 40 {
		opening.did(1, clock.now())
		clock.forward(time.Millisecond)
	}
	if got := opening.in(time.Second, 1, 2000, 4); got < 900 {
		t.Errorf("%d a second at one a millisecond, since its connection took a second to make", got)
	}
}
