package limiter

import (
	"context"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/store"
)

// parts is how many a minute, hour or day is counted in.
const parts = 120

// span is a limit by the minute, hour or day.
type span struct {
	length time.Duration
	limit  studymail.NamedLimit
}

func spansOf(l studymail.Limits) []span {
	all := l.All()
	return []span{{time.Minute, all[1]}, {time.Hour, all[2]}, {24 * time.Hour, all[3]}}
}

func (s *span) width() int64 { return int64(s.length / parts) }

// part is the one in which a hand-over that was given this time counts.
func (s *span) part(at, late int64) int64 {
	at += late
	return at - at%s.width()
}

// question is what a worker asks for.
type question struct {
	want  int
	back  []int64 // times that it was given, and will not use
	block int64   // of which it was given last
	tidy  bool
	rest  bool // it asks for what others leave
	lead  int64
	ahead int64
}

// answer is what it gets.
type answer struct {
	block   int64
	times   []int64
	late    int64
	again   int64 // when the next block is dealt
	more    int64 // when there is more of this one; 0: it has none left
	length  int64 // of the block
	spent   string
	until   int64 // when the limit that is spent (in words) lets something through again
	rate    float64
	limited bool
	workers int  // that ask, as far as is known
	counts  bool // there are limits by the minute, hour or day
	tidied  bool // what does not count any more was forgotten
}

// full is the rate without throttling.
func (l *Limiter) full(q *studymail.Quota) float64 { return fullOf(l.opts.Limits, q) }

// rate is the current one.
func (l *Limiter) rate(r *store.Rate, now int64) (perSecond float64, limited bool) {
	full := l.full(&r.Quota)
	if low, ok := r.Throttle.Rate(time.Unix(0, now), full); ok {
		return low, true
	}
	return full, full > 0
}

// ask asks the database, in one transaction.
func (l *Limiter) ask(ctx context.Context, q question) (answer, error) {
	var a answer
	err := l.opts.Store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.LockRate(ctx, l.opts.Transport)
		if err != nil {
			return err
		}
		r := before
		if a, err = l.answer(ctx, tx, &r, q, l.clock.read()); err != nil {
			return err
		}
		return tx.SaveRate(ctx, &before, &r)
	})
	if err != nil {
		return a, fmt.Errorf("ask for times of hand-overs: %w", err)
	}
	return a, nil
}

func (l *Limiter) answer(ctx context.Context, tx *store.Tx, r *store.Rate, q question, now int64) (answer, error) {
	var a answer
	a.rate, a.limited = l.rate(r, now)
	if !a.limited {
		return a, nil
	}
	spacing := spacingOf(a.rate)
	a.late, a.tidied = lateOf(spacing), q.tidy
	if err := l.takeBack(ctx, tx, r, q.back, a.late); err != nil {
		return a, err
	}
	left, err := l.left(ctx, tx, r, now, &a)
	if err != nil {
		return a, err
	}
	if want := min(q.want, left); want > 0 {
		roll(r, now, q.lead, q.ahead, spacing)
		a.times = deal(r, now, want, r.Block != q.block)
		if err := l.count(ctx, tx, r, a.times, a.late); err != nil {
			return a, err
		}
	}
	a.counts, a.workers = len(l.counted(r)) > 0, int(max(r.Askers, r.AskersBefore, 1))
	a.block, a.length, a.again = r.Block, r.Slots*r.Spacing, end(r, spacing)-q.lead
	if left <= 0 {
		a.again = a.until
	} else if r.Dealt < r.Slots {
		a.more = max(r.BlockStart-int64(leftovers), 1)
	}
	return a, nil
}

// counted lists the limits that are counted.
func (l *Limiter) counted(r *store.Rate) []span {
	var all []span
	for _, s := range l.spans {
		if _, ok := s.limit.Of(); ok || s.length == 24*time.Hour && r.Quota.PerDay > 0 {
			all = append(all, s)
		}
	}
	return all
}

// left is how many hand-overs the limits by the minute, hour and day leave.
func (l *Limiter) left(ctx context.Context, tx *store.Tx, r *store.Rate, now int64, a *answer) (int, error) {
	left := maxSlots
	spent := func(n int, until int64, words string) {
		left = min(left, n)
		if n <= 0 && until > a.until {
			a.until, a.spent = until, words
		}
	}
	for _, s := range l.counted(r) {
		oldest := now - int64(s.length) - s.width() + 1
		future := now + int64(farAhead) + int64(blockOf)
		sum, err := tx.RateCount(ctx, l.opts.Transport, s.length, oldest, future)
		if err != nil {
			return 0, err
		}
		if sum.Future > 0 || a.tidied {
			if err := tx.CutRateCounts(ctx, l.opts.Transport, s.length, oldest, future, s.part(now, a.late), sum.Future); err != nil {
				return 0, err
			}
		}
		until := sum.Oldest + s.width() + int64(s.length)
		if n, ok := s.limit.Of(); ok {
			spent(int(n)-sum.N, until, fmt.Sprintf("%s (%s) is used up", s.limit.Variable, s.limit))
		}
		if s.length == 24*time.Hour && r.Quota.PerDay > 0 {
			// What others used of the account is known from when it was told only.
			used := max(r.Quota.Used+r.QuotaGiven, sum.N)
			spent(r.Quota.PerDay-used, max(until, now+int64(quotaAgain)), fmt.Sprintf("the provider's quota of %d in 24 hours is used up", r.Quota.PerDay))
		}
	}
	return left, nil
}

// quotaAgain: what others use of a quota is told anew every few minutes.
const quotaAgain = time.Minute

// count notes times that are given away.
func (l *Limiter) count(ctx context.Context, tx *store.Tx, r *store.Rate, times []int64, late int64) error {
	r.QuotaGiven += len(times)
	return l.add(ctx, tx, r, times, late, 1)
}

// takeBack notes those that were not used.
func (l *Limiter) takeBack(ctx context.Context, tx *store.Tx, r *store.Rate, times []int64, late int64) error {
	r.QuotaGiven = max(r.QuotaGiven-len(times), 0)
	return l.add(ctx, tx, r, times, late, -1)
}

func (l *Limiter) add(ctx context.Context, tx *store.Tx, r *store.Rate, times []int64, late int64, sign int) error {
	for _, s := range l.counted(r) {
		for i := 0; i < len(times); {
			part, n := s.part(times[i], late), 0
			for ; i < len(times) && s.part(times[i], late) == part; i++ {
				n++
			}
			if err := tx.AddRateCount(ctx, l.opts.Transport, s.length, part, sign*n); err != nil {
				return err
			}
		}
	}
	return nil
}
