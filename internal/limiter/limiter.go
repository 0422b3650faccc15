package limiter

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"studymail"
	"studymail/internal/store"
)

// Options are what a limiter works with.
type Options struct {
	Store     *store.Store
	Transport string // its name: all limiters of one transport and database are one
	Limits    studymail.Limits
	Now       func() time.Time
	Log       *slog.Logger
}

// Limiter gives this process leave to begin hand-overs. Run must run.
type Limiter struct {
	opts  Options
	clock clock
	spans []span
	zero  bool // nothing may pass

	limited   atomic.Bool
	perSecond atomic.Uint64 // the current rate's bits
	workers   atomic.Int64  // that share it
	throttled chan float64
	poke      chan struct{} // wakes Run

	mu      sync.Mutex
	times   []int64 // on hand, in order
	late    int64   // how much later than its time a hand-over may begin
	back    []int64 // given, and not used: the next question says so
	wanting int     // that wait for times now
	hint    int     // how many messages wait, at most, since the last question
	hungry  bool    // there were none on hand since
	used    int     // since
	missed  int     // since: nobody was there to use them
	ahead   int64   // of its time a permit is needed, to prepare its hand-over
	changed chan struct{}
	hold    studymail.Transport
	onHold  func(studymail.Transport)

	block   int64 // of which times were given last
	again   int64 // when the next block is dealt
	more    int64 // when there is more of this one; 0: it has none left
	length  int64 // of a block
	short   int   // how many times more were wanted of it
	skip    int   // for so many blocks what others leave is not asked for
	skipped int   // the last time
	counts  bool  // there is a limit for which it matters what is not used
	quota   time.Time
	asked   int64

	// Run's alone.
	seen    int64 // when the rate was read
	synced  int64
	tidied  int64
	failing bool
}

// New makes a limiter.
func New(o Options) *Limiter {
	l := &Limiter{
		opts: o, clock: clock{now: o.Now}, spans: spansOf(o.Limits),
		throttled: make(chan float64, 1), poke: make(chan struct{}, 1), changed: make(chan struct{}),
		onHold: func(studymail.Transport) {},
	}
	if variable, zero := o.Limits.Zero(); zero {
		l.zero = true
		l.hold = studymail.Transport{
			State: studymail.TransportStopped, Code: studymail.CodeRate,
			Detail: variable + " is 0, so no mail leaves; give it another number, or none for no limit, and start the workers again",
		}
		l.limited.Store(true)
		return l
	}
	full := l.full(&studymail.Quota{})
	l.setRate(full, full > 0)
	return l
}

func (l *Limiter) setRate(perSecond float64, limited bool) (changed bool) {
	l.perSecond.Store(math.Float64bits(perSecond))
	return l.limited.Swap(limited) != limited
}

// Limited tells whether there is a limit now. Without one nothing needs leave.
func (l *Limiter) Limited() bool { return l.limited.Load() }

// Rate is the current one, messages a second; 0 without a limit.
func (l *Limiter) Rate() float64 { return math.Float64frombits(l.perSecond.Load()) }

// Share is this worker's of it, while all want some.
func (l *Limiter) Share() float64 { return l.Rate() / float64(max(l.workers.Load(), 1)) }

// OnHold says whom to tell that no mail may leave for long (a limit that is used
// up, or 0), and that it may again (up).
func (l *Limiter) OnHold(fn func(studymail.Transport)) {
	l.mu.Lock()
	l.onHold = fn
	hold := l.hold
	l.mu.Unlock()
	if hold.State != "" {
		fn(hold)
	}
}

func (l *Limiter) setHold(hold studymail.Transport) {
	l.mu.Lock()
	same := l.hold == hold
	l.hold = hold
	fn := l.onHold
	l.mu.Unlock()
	if !same {
		fn(hold)
	}
}

// Permit waits for leave to begin one hand-over, and comes back `ahead` before its
// time: that long it takes to prepare it. waiting is how many messages wait.
func (l *Limiter) Permit(ctx context.Context, ahead time.Duration, waiting int) (studymail.Permit, error) {
	for {
		if !l.limited.Load() {
			return 0, nil
		}
		now := l.clock.read()
		at, ok, changed := l.take(now, now+int64(ahead), waiting)
		if ok {
			if err := sleep(ctx, time.Duration(at-now)-ahead); err != nil {
				l.GiveBack(studymail.Permit(at))
				return 0, err
			}
			return studymail.Permit(at), nil
		}
		err := l.await(ctx, changed, nil)
		if err != nil {
			return 0, err
		}
	}
}

// Soon is Permit for a message that stands in its hand-over window already; false
// when nothing may begin for long.
func (l *Limiter) Soon(ctx context.Context, waiting int) (studymail.Permit, bool) {
	timer := time.NewTimer(soon)
	defer timer.Stop()
	for !l.zero {
		if !l.limited.Load() {
			return 0, true
		}
		now := l.clock.read()
		at, ok, changed := l.take(now, now, waiting)
		if ok && at > now+int64(soon) {
			l.GiveBack(studymail.Permit(at))
			return 0, false
		}
		if ok {
			return studymail.Permit(at), true
		}
		if l.await(ctx, changed, timer.C) != nil {
			return 0, false
		}
	}
	return 0, false
}

// soon is how long a message may stand in its window before it begins.
const soon = 2 * time.Second

// Begin waits until a permit's time has come; false when it is over: another one
// is needed.
func (l *Limiter) Begin(ctx context.Context, p studymail.Permit) bool {
	if p == 0 {
		return ctx.Err() == nil
	}
	now := l.clock.read()
	if int64(p) < now+furthest {
		if err := sleep(ctx, time.Duration(int64(p)-now)); err != nil {
			l.GiveBack(p)
			return false
		}
	}
	return l.begin(int64(p), l.clock.read())
}

// furthest is how far ahead a time can be: beyond that the clock was put back.
const furthest = int64(mostLead + blockOf + time.Second)

func (l *Limiter) begin(at, now int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now > at+l.late || at > now+furthest {
		l.miss(at)
		return false
	}
	l.used++
	return true
}

// miss notes a time that is over.
func (l *Limiter) miss(at int64) {
	l.missed++
	l.back = append(l.back, at)
}

// GiveBack returns a permit that was not used.
func (l *Limiter) GiveBack(p studymail.Permit) {
	if p == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearch(l.times, int64(p))
	l.times = slices.Insert(l.times, i, int64(p))
	l.announce()
}

// take takes the first time on hand that is not over at from.
func (l *Limiter) take(now, from int64, waiting int) (at int64, ok bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = slices.DeleteFunc(l.times, func(at int64) bool {
		over := at+l.late < now || at > now+furthest
		if over {
			l.miss(at)
		}
		return over
	})
	for i, at := range l.times {
		if at+l.late >= from {
			l.times = slices.Delete(l.times, i, i+1)
			return at, true, nil
		}
	}
	l.ahead = max(from-now, l.ahead*15/16)
	l.hungry = true
	l.hint = max(l.hint, waiting)
	return 0, false, l.changed
}

func (l *Limiter) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// errLate: it took too long.
var errLate = context.DeadlineExceeded

// await waits for times.
func (l *Limiter) await(ctx context.Context, changed <-chan struct{}, late <-chan time.Time) error {
	l.want(1)
	defer l.want(-1)
	select {
	case l.poke <- struct{}{}:
	default:
	}
	select {
	case <-changed:
		return nil
	case <-late:
		return errLate
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Limiter) want(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanting += n
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
