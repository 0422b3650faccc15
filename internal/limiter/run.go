package limiter

import (
	"context"
	"math"
	"slices"
	"time"

	"studymail"
	"studymail/internal/store"
)

const (
	lead      = 150 * time.Millisecond // before a block begins, its times are dealt
	mostLead  = 2 * time.Second
	betweenBy = 100 * time.Millisecond // two questions, at least
	lookEvery = 2 * time.Second        // at the rate, which another worker may have lowered
	longHold  = 10 * time.Second       // a wait that is worth to be told
	mostWant  = 8192
	idleAfter = 2 * time.Second
)

// Run asks for times while somebody wants them, until ctx ends.
func (l *Limiter) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-timer.C:
		case <-l.poke:
		case local := <-l.throttled:
			l.heed(ctx, local)
		case <-ctx.Done():
			return
		}
		timer.Reset(max(l.step(ctx), time.Millisecond))
	}
}

// step does what is due, and gives how long to wait.
func (l *Limiter) step(ctx context.Context) time.Duration {
	now := l.clock.read()
	if now-l.synced >= int64(syncEvery) || now < l.synced {
		if l.tell(ctx, l.clock.sync(ctx, l.opts.Store)) {
			now = l.clock.read()
			l.synced = now
		}
	}
	l.endHold(now)
	if l.zero {
		return syncEvery
	}
	if q, due := l.question(now); due {
		l.put(ctx, q)
	} else if now-l.seen >= int64(lookEvery) || now < l.seen {
		l.look(ctx)
	}
	now = l.clock.read()
	next := l.seen + int64(lookEvery)
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(min(next, l.due()) - now)
}

// due is when to ask next.
func (l *Limiter) due() int64 {
	at := int64(math.MaxInt64)
	if l.wanting > 0 || l.used > 0 {
		at = l.again
	}
	if l.more > 0 && (l.wanting > 0 || l.short > 0 && l.used > 0 && l.skip == 0) {
		at = min(at, l.more)
	}
	return max(at, l.asked+int64(betweenBy))
}

// question says what to ask for now, if anything.
func (l *Limiter) question(now int64) (question, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	since := now - l.asked
	if since < 0 {
		l.asked, l.again, l.more, since = 0, 0, 0, now // the clock was put back
	}
	idle := since > int64(idleAfter)
	q := question{block: l.block, ahead: l.ahead, lead: min(max(int64(lead), 2*l.ahead), int64(mostLead)), tidy: now-l.tidied > int64(syncEvery) || now < l.tidied}
	switch {
	case !l.limited.Load():
		return q, false
	case now >= l.due():
		q.want = l.wants(idle, since)
		if q.rest = now < l.again; q.rest {
			q.want = max(l.short, l.wanting)
		}
	case idle && l.counts && len(l.back)+len(l.times) > 0:
		// Nobody will use what is on hand; the limits by the hour and day need not count it.
		l.back = append(l.back, l.times...)
		l.times = nil
	default:
		return q, false
	}
	q.back, l.back = l.back, nil
	slices.Sort(q.back)
	l.hint, l.hungry, l.used, l.missed = 0, false, 0, 0
	return q, true
}

// wants is how many times this worker can use of a block: as many as it did of
// late, and more when it had to wait for some, or let none pass by.
func (l *Limiter) wants(idle bool, since int64) int {
	n := 1 + int(float64(l.used)*float64(l.length)/float64(since))
	switch {
	case idle:
		n = max(l.hint, l.wanting)
	case l.hungry || 20*l.missed <= l.used:
		n = 2*n + l.wanting
	default:
		n += n / 8
	}
	return min(n, mostWant)
}

// put puts a question and takes the answer in.
func (l *Limiter) put(ctx context.Context, q question) {
	a, err := l.ask(ctx, q)
	well := l.tell(ctx, err)
	now := l.clock.read()
	changed := well && l.setRate(a.rate, a.limited)
	l.mu.Lock()
	l.asked, l.seen = now, now
	if !well {
		l.again, l.more = now+int64(time.Second), 0
		l.mu.Unlock()
		return
	}
	if a.tidied {
		l.tidied = now
	}
	l.block, l.again, l.more, l.length, l.counts, l.late = a.block, a.again, a.more, a.length, a.counts, a.late
	if a.workers > 0 {
		l.workers.Store(int64(a.workers))
	}
	l.short = max(q.want-len(a.times), 0)
	l.ration(q, len(a.times))
	l.times = append(l.times, a.times...)
	slices.Sort(l.times)
	if len(a.times) > 0 || changed {
		l.announce()
	}
	l.mu.Unlock()
	switch {
	case q.want > 0 && len(a.times) == 0 && a.until-now > int64(longHold):
		l.setHold(studymail.Transport{
			State: studymail.TransportBackingOff, Code: studymail.CodeRate,
			Detail: a.spent + "; it goes on by itself", RetryAt: l.clock.here(a.until),
		})
	case a.until == 0:
		l.liftHold() // what was not used was given back
	}
}

func (l *Limiter) liftHold() {
	l.mu.Lock()
	held := l.hold.State == studymail.TransportBackingOff
	l.mu.Unlock()
	if held {
		l.setHold(studymail.Transport{State: studymail.TransportUp})
	}
}

// mostSkipped blocks pass until a worker asks again for what others leave.
const mostSkipped = 8

// ration keeps questions few: who asked in vain for what others leave of a block
// asks for it less often.
func (l *Limiter) ration(q question, got int) {
	switch {
	case !q.rest:
		l.skip = max(l.skip-1, 0)
	case got > 0:
		l.skipped = 0
	default:
		l.skipped = min(2*l.skipped+1, mostSkipped)
		l.skip = l.skipped
	}
}

// endHold ends a hold whose time is over.
func (l *Limiter) endHold(now int64) {
	l.mu.Lock()
	over := l.hold.State == studymail.TransportBackingOff && !l.hold.RetryAt.After(l.clock.here(now))
	l.mu.Unlock()
	if over {
		l.setHold(studymail.Transport{State: studymail.TransportUp})
	}
}

// look reads the rate, for another worker may have lowered it.
func (l *Limiter) look(ctx context.Context) {
	var r store.Rate
	err := l.opts.Store.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.Rate(ctx, l.opts.Transport)
		return err
	})
	l.seen = l.clock.read()
	if l.tell(ctx, err) {
		l.adopt(&r, l.seen)
	}
}

func (l *Limiter) adopt(r *store.Rate, now int64) {
	changed := l.setRate(l.rate(r, now))
	l.mu.Lock()
	fresh := !l.quota.Equal(r.Quota.At)
	if fresh {
		l.quota, l.again = r.Quota.At, 0
	}
	if changed || fresh {
		l.announce()
	}
	l.mu.Unlock()
	if fresh {
		l.liftHold()
	}
}

// tell logs a failure once while it lasts, and tells whether all is well.
func (l *Limiter) tell(ctx context.Context, err error) bool {
	if err != nil && !l.failing && ctx.Err() == nil {
		l.opts.Log.Error("the limiter cannot ask the database; no mail leaves until it can", "transport", l.opts.Transport, "error", err)
	}
	l.failing = err != nil
	return err == nil
}
