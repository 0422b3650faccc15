package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"studymail/internal/store"
)

// fault is a card: something that befalls an installation.
type fault struct {
	name string
	on   string   // what it befalls: one at a time
	calm []string // what must be whole before
	// befall does it, and says how long it lasts and how it ends.
	befall func(w *storm, rng *rand.Rand, h *hand) (time.Duration, func())
}

// aDeal is more cards than one deal has.
const aDeal = 30

// deck shuffles so many times what is to happen.
func (w *storm) deck(deals int) {
	deal := map[*fault]int{
		&kill: 4, &killAtStart: 1, &nap: 2, &sleepPastLease: 1, &term: 1,
		&mailServerKilled: 2, &cut: 1, &closing: 2, &throttling: 2, &deferring: 2, &clockStep: 3,
	}
	if w.kind == store.Postgres {
		deal[&sleepPastLease], deal[&machineLost] = 2, 1
		deal[&databaseRestarted], deal[&databaseCrashed] = 1, 2
	} else {
		deal[&diskFull] = 3
	}
	for _, f := range []*fault{
		&kill, &killAtStart, &nap, &sleepPastLease, &term, &machineLost, &mailServerKilled, &cut, &closing, &throttling, &deferring,
		&clockStep, &databaseRestarted, &databaseCrashed, &diskFull,
	} {
		for range deals * deal[f] {
			w.cards = append(w.cards, *f)
		}
	}
	rng := rand.New(rand.NewPCG(w.seed, 0))
	rng.Shuffle(len(w.cards), func(i, j int) { w.cards[i], w.cards[j] = w.cards[j], w.cards[i] })
}

func between(rng *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rng.Int64N(int64(to-from)))
}

var kill = fault{name: "kill -9", on: "worker", befall: func(w *storm, rng *rand.Rand, h *hand) (time.Duration, func()) {
	w.kill(h)
	if rng.IntN(2) == 0 {
		w.begin(h)
		return 0, nil
	}
	return between(rng, 0, 2*time.Second), func() { w.begin(h) }
}}

var killAtStart = fault{name: "kill -9 while it starts", on: "worker", befall: func(w *storm, rng *rand.Rand, h *hand) (time.Duration, func()) {
	w.kill(h)
	w.begin(h)
	pass(between(rng, 0, 400*time.Millisecond))
	w.kill(h)
	w.begin(h)
	return 0, nil
}}

func (w *storm) kill(h *hand) {
	w.killed[h.pid()], h.down = true, true
	h.died()
	h.p.kill()
}

var nap = fault{name: "a nap", on: "worker", befall: func(_ *storm, rng *rand.Rand, h *hand) (time.Duration, func()) {
	h.p.pause()
	return between(rng, 50*time.Millisecond, 1500*time.Millisecond), h.p.wake
}}

var sleepPastLease = fault{name: "asleep past the lease", on: "worker", befall: func(w *storm, rng *rand.Rand, h *hand) (time.Duration, func()) {
	h.p.pause()
	awakes := rng.IntN(3) > 0
	return between(rng, shortLease+time.Second, shortLease+3*time.Second), func() {
		if awakes {
			h.p.wake()
			return
		}
		w.kill(h)
		w.begin(h)
	}
}}

func (p *server) pause() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) } // it may just have ended: tend looks
func (p *server) wake()  { _ = p.cmd.Process.Signal(syscall.SIGCONT) }

// term stops a worker in order and starts another, as an upgrade does.
var term = fault{name: "an upgrade", on: "worker", calm: []string{"database", "mail server"}, befall: func(w *storm, _ *rand.Rand, h *hand) (time.Duration, func()) {
	select {
	case <-h.p.up:
	case <-h.p.done: // could not start while the database was away
		return 0, nil
	}
	h.p.stop(15 * time.Second)
	w.begin(h)
	return 0, nil
}}

// machineLost has a worker die whose machine never comes back: another, with a
// STATE_DIR of its own, takes its place. Only the lease tells that it is dead.
var machineLost = fault{name: "a machine is lost", on: "worker", befall: func(w *storm, rng *rand.Rand, h *hand) (time.Duration, func()) {
	h.down = true
	h.died()
	for _, pid := range h.unread { // their journals are lost with it
		w.lost[pid] = true
	}
	h.unread = nil
	h.p.kill()
	h.site = w.hq.another()
	return between(rng, 0, time.Second), func() { w.begin(h) }
}}

var mailServerKilled = fault{name: "the mail server is killed", on: "mail server", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	w.outages++
	w.sink.kill()
	return between(rng, 100*time.Millisecond, 2*time.Second), func() { w.sink.start("-latency", w.pace.String()) }
}}

var cut = fault{name: "all connections are cut", on: "mail server", befall: func(w *storm, _ *rand.Rand, _ *hand) (time.Duration, func()) {
	w.outages++
	w.sink.tell("cut")
	return 0, nil
}}

// closing has the mail server close connections at any place, also when it has
// taken a mail and not said so.
var closing = fault{name: "the mail server closes connections", on: "mail server", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	for _, at := range []string{"connect", "ehlo", "mail", "rcpt", "data", "text", "dot"} {
		if rng.IntN(3) == 0 {
			continue
		}
		more := ""
		if at == "dot" && rng.IntN(2) == 0 {
			more = ",book"
		}
		const times = 3
		w.closings += times
		w.sink.tell("rule at=%s,every=%d,times=%d,close%s", at, 2+rng.IntN(20), times, more)
	}
	return between(rng, 300*time.Millisecond, 2*time.Second), w.clear
}}

func (w *storm) clear() { w.sink.tell("clear") }

var throttling = fault{name: "the mail server throttles", on: "mail server", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	code := []int{421, 451}[rng.IntN(2)]
	w.closings += 20 * (421 / code) // 421 closes; 451 does not
	w.sink.tell("rule at=%s,every=%d,times=20,code=%d,text=4.7.28 too many", []string{"mail", "rcpt", "dot"}[rng.IntN(3)], 1+rng.IntN(10), code)
	return between(rng, 300*time.Millisecond, 2*time.Second), w.clear
}}

var deferring = fault{name: "the mail server defers", on: "mail server", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	w.sink.tell("rule at=%s,first=1,every=%d,code=451,text=4.3.0 later", []string{"rcpt", "data", "dot"}[rng.IntN(3)], 1+rng.IntN(10))
	return between(rng, 300*time.Millisecond, 3*time.Second), w.clear
}}

// clockStep sets the clock of all machines, as someone who mistypes the time
// does, or a time server that was away.
var clockStep = fault{name: "the clock is set", on: "clock", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	steps := []int64{-3600, -61, -7, 7, 61, 130, 3600}
	w.setClock(min(max(w.offset+steps[rng.IntN(len(steps))], -7200), 7200))
	return 0, nil
}}

var databaseRestarted = fault{name: "PostgreSQL is restarted", on: "database", befall: func(w *storm, _ *rand.Rand, _ *hand) (time.Duration, func()) {
	defer w.dbAway()()
	w.pg.Restart(w.t)
	return 0, nil
}}

var databaseCrashed = fault{name: "PostgreSQL crashes", on: "database", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	back := w.dbAway()
	w.pg.Crash(w.t)
	return between(rng, 0, 2*time.Second), func() {
		w.pg.Resume(w.t)
		back()
	}
}}

var diskFull = fault{name: "the disk is full", on: "database", befall: func(w *storm, rng *rand.Rand, _ *hand) (time.Duration, func()) {
	back := w.dbAway()
	ballast := filepath.Join(w.disk, "ballast")
	fillUp(w.t, ballast)
	return between(rng, 500*time.Millisecond, 3*time.Second), func() {
		if err := os.Remove(ballast); err != nil {
			w.t.Fatal(err)
		}
		back()
	}
}}
