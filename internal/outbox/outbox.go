package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"studymail"
	"studymail/internal/store"
)

// Options are what an outbox works with.
type Options struct {
	Store     *store.Store
	Transport Transport
	Letterbox *Letterbox
	Log       *slog.Logger
	Now       func() time.Time

	Limiter     Limiter         // nil: no limit
	Connections int             // lanes
	Together    studymail.Limit // connections of all workers
	Regrow      time.Duration   // how long a server must be content before it is given a connection more
	Window      int             // messages a hand-over window; two roll on each lane, so at most store.MaxWindow / 2
	Claim       int             // messages a claim
	Lease       time.Duration   // of this worker; a dead one's messages come back after it at the latest
	Poll        time.Duration   // how long to wait before looking for work nobody told of
	Retries     Retries
	StateDir    string
	Version     string

	// Grace bounds how long Run waits, once its context ended, for the replies
	// to what was handed over.
	Grace time.Duration
}

func (o *Options) complete() error {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Connections, 4)
	def(&o.Window, 16)
	def(&o.Claim, 500)
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{
		{&o.Lease, 30 * time.Second},
		{&o.Poll, time.Second},
		{&o.Grace, 12 * time.Second},
		{&o.Retries.Base, 5 * time.Minute},
		{&o.Retries.Max, 4 * time.Hour},
		{&o.Regrow, regrow},
	} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
	if o.Limiter == nil {
		o.Limiter = free{}
	}
	if o.Window < 1 || o.Window > store.MaxWindow/2 {
		return studymail.Errorf(studymail.Invalid, "a hand-over window of %d; allowed are 1 to %d", o.Window, store.MaxWindow/2)
	}
	return nil
}

// Outbox hands messages over while Run runs.
type Outbox struct {
	opts     Options
	log      *slog.Logger
	recorder *recorder
	gate     *gate
	conns    *conns
	told     store.WorkerConnections // what the others know of conns
	watch    *watch
	journal  *journal // nil: there is none
	worker   atomic.Pointer[worker]
	ready    *ready
	wake     chan struct{}
	doubt    chan struct{} // the lease may be over
	lookout  lookout
	place    int          // in the order of turns, of the next claim; the pump's
	asked    int64        // bootTime, when it last looked for ad hoc mail beside enough other; the pump's
	passed   store.Passed // how far the claims went; the pump's
	since    time.Time    // when the claims last began at the beginning; the pump's
	lost     []int64      // tokens of claims of which it is not known whether they came through; the pump's
	sent     atomic.Int64 // handed over and accepted, since the start
	doubtful atomic.Int64 // uncertain, since the end was asked for
	ending   atomic.Bool
}

// New makes an outbox and registers this process as a worker. Run must follow.
func New(ctx context.Context, opts Options) (*Outbox, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	o := &Outbox{
		opts:  opts,
		ready: newReady(opts.Now, opts.Connections, opts.Connections*opts.Window, 2*opts.Claim), wake: make(chan struct{}, 1), doubt: make(chan struct{}, 1),
		conns: newConns(opts.Now, opts.Connections, firstShare(&opts), opts.Regrow),
	}
	o.recorder = newRecorder(opts.Store, opts.Log, opts.Connections, o.today)
	o.recorder.sent.since = opts.Now()
	var err error
	if o.watch, err = newWatch(ctx, opts.Store, opts.StateDir); err != nil {
		return nil, err
	}
	w, err := o.register(ctx)
	if err != nil {
		return nil, err
	}
	o.worker.Store(w)
	o.log = opts.Log.With("worker", w.ID)
	o.recorder.log = o.log
	o.beginJournal()
	o.gate = newGate(opts.Transport.Name(), opts.Now, o.transportChanged)
	opts.Limiter.OnHold(o.gate.setHold)
	return o, nil
}

// Wake says that there is work.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// WorkerID is this process's worker.
func (o *Outbox) WorkerID() studymail.ID { return o.worker.Load().ID }

// Run hands messages over until ctx ends; then it begins no new hand-over,
// waits for what is in flight, records everything and gives back the rest.
func (o *Outbox) Run(ctx context.Context) error {
	o.log.Info("worker started", "transport", o.opts.Transport.Name(), "connections", o.opts.Connections, "window", o.opts.Window)
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	o.announceTransport(work)
	o.shareConnections(work)

	stopRecorder := make(chan struct{})
	var recording, sending sync.WaitGroup
	recording.Go(func() { o.recorder.run(work, stopRecorder) })
	sending.Go(func() { o.pump(ctx) })
	sending.Go(func() { o.tryIdle(ctx) })
	beats, stopBeats := context.WithCancel(work)
	recording.Go(func() { o.beats(beats) })
	recording.Go(func() { o.sharing(beats) })
	for range o.opts.Connections {
		l := newLane(o)
		sending.Go(func() { l.feed(ctx) })
		sending.Go(func() { l.keepPace(ctx) })
		sending.Go(func() { l.deliver(ctx) })
	}
	<-ctx.Done()
	o.ending.Store(true)
	// A database that is away, or a server that never answers, must not keep the
	// process: what is not recorded by then is uncertain after the next start.
	timer := time.AfterFunc(o.opts.Grace, giveUp)
	defer timer.Stop()
	sending.Wait()
	o.giveBackReady()
	stopBeats()
	close(stopRecorder)
	recording.Wait()
	return o.stop(work)
}

func (o *Outbox) stop(ctx context.Context) error {
	w := o.worker.Load()
	o.lastSign(ctx)
	o.noteFigures(ctx)
	left, err := o.stopWorker(ctx, &w.Worker, true)
	if err != nil {
		return errors.Join(errors.New("the worker could not sign off; what it held comes back by itself"), err)
	}
	w.release()
	if err := o.journal.remove(); err != nil {
		o.log.Warn("the journal stays; it does no harm", "error", err)
	}
	level, unanswered := slog.LevelInfo, int(o.doubtful.Add(int64(left.Uncertain)))
	if unanswered > 0 {
		level = slog.LevelWarn
	}
	o.log.Log(ctx, level, "worker stopped", "queued", left.Requeued, "settled", left.Settled, "uncertain", unanswered, "sent", o.sent.Load())
	return nil
}

// Doubtful is how many messages are uncertain because the server had not answered
// when this process ended.
func (o *Outbox) Doubtful() int { return int(o.doubtful.Load()) }

// beats renews the lease six times in its length, and when it may be over.
func (o *Outbox) beats(ctx context.Context) {
	tick := time.NewTicker(o.opts.Lease / 6)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-o.doubt:
		case <-ctx.Done():
			return
		}
		if err := o.beat(ctx); err != nil && ctx.Err() == nil {
			o.log.Error("the lease could not be renewed", "error", err)
		}
	}
}

// lookBack is how often a claim begins at the beginning of each queue, for what
// came back to it there.
const lookBack = time.Second

// looks is how often the pump looks for ad hoc mail while it waits for work that
// nobody told of: somebody waits for that mail.
const looks = 4

// pump keeps claimed messages ready for the lanes. Ad hoc mail is claimed however
// much of the rest is ready.
func (o *Outbox) pump(ctx context.Context) {
	tick := time.NewTicker(o.opts.Poll / looks)
	defer tick.Stop()
	due := true
	for n := 1; ; n++ {
		if due || o.adHocWaits(ctx) {
			for o.claim(ctx) {
			}
		}
		select {
		case <-o.wake:
			due = true
		case <-tick.C:
			due = n%looks == 0
		case <-ctx.Done():
			return
		}
	}
}

// adHocWaits tells whether there is ad hoc mail to claim. It writes nothing and
// waits for nobody.
func (o *Outbox) adHocWaits(ctx context.Context) (waits bool) {
	err := o.opts.Store.Read(ctx, func(tx *store.Tx) (err error) {
		waits, err = tx.AdHocWaits(ctx)
		return err
	})
	if err != nil && ctx.Err() == nil {
		o.log.Error("ad hoc mail could not be looked for", "error", err)
	}
	return waits && err == nil
}

// wants says what to claim now; false when nothing.
func (o *Outbox) wants(ctx context.Context) (store.Want, bool) {
	if now := o.opts.Now(); now.Sub(o.since) > lookBack || now.Before(o.since) {
		o.passed, o.since = nil, now
	}
	want := store.Want{Total: o.opts.Claim, Others: o.ready.room(), Place: o.place, Passed: o.passed}
	if o.gate.held(longHold) {
		o.giveBackReady() // others may be let through sooner
		return want, false
	}
	if !o.gate.isUp() {
		// A few, for the lane that tries.
		want.Total = o.opts.Window
		return want, o.ready.size() == 0
	}
	return want, want.Others > 0 || o.adHocIsUrgent(ctx)
}

// oftenEnough is how often to look for ad hoc mail while there is other to send:
// somebody waits for it, and each look costs as much as a mail.
const oftenEnough = 20 * time.Millisecond

func (o *Outbox) adHocIsUrgent(ctx context.Context) bool {
	now := bootTime()
	if now-o.asked < int64(oftenEnough) {
		return false
	}
	o.asked = now
	return o.adHocWaits(ctx)
}

// claim takes the next messages; it tells whether there may be more to take.
func (o *Outbox) claim(ctx context.Context) bool {
	want, some := o.wants(ctx)
	if !some || ctx.Err() != nil || !o.unclaimLost(ctx) {
		return false
	}
	w := o.worker.Load()
	token := store.ClaimToken(w.Key, w.claims.Add(1))
	var (
		res    store.ClaimResult
		claims []*claim
	)
	err := o.recorder.doApart(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if res, err = tx.Claim(ctx, token, want, o.today()); err != nil {
			return err
		}
		claims, err = o.equip(ctx, tx, res.Claimed)
		return err
	})
	if err != nil {
		// The commit may have come through all the same: the next claim gives
		// back what this token holds.
		o.lost = append(o.lost, token)
		if ctx.Err() == nil {
			o.log.Error("no messages could be claimed", "error", err)
		}
		return false
	}
	for why, n := range res.Skipped {
		o.log.Info("messages skipped", "reason", string(why), "count", n)
	}
	if res.Expired > 0 {
		o.log.Info("messages expired", "count", res.Expired)
	}
	if res.Aside > 0 {
		o.log.Info("messages wait for their send hours", "count", res.Aside)
	}
	o.ready.put(claims)
	o.place, o.passed = o.place+len(claims), res.Passed
	return len(claims)+len(res.Skipped)+res.Expired+res.Aside > 0
}

// unclaimLost gives back what claims hold of which nobody knows whether they were
// committed. It is a transaction of its own: a claim's may be taken back.
func (o *Outbox) unclaimLost(ctx context.Context) bool {
	if len(o.lost) == 0 {
		return true
	}
	lost := slices.Clone(o.lost)
	err := o.recorder.doApart(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, t := range lost {
			if err := tx.UnclaimToken(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		if ctx.Err() == nil {
			o.log.Error("claims that may have been lost could not be given back", "error", err)
		}
		return false
	}
	o.lost = nil
	return true
}

// equip adds to claimed messages what they are rendered from. A letter that
// does not compile fails its messages when they are rendered.
func (o *Outbox) equip(ctx context.Context, tx *store.Tx, claimed []store.Claimed) ([]*claim, error) {
	head, err := tx.LetterheadOf(ctx, claimed)
	if err != nil {
		return nil, err
	}
	all := make([]*claim, len(claimed))
	for i := range claimed {
		letter, err := o.opts.Letterbox.letter(ctx, tx, claimed[i].Version)
		if err != nil {
			return nil, err
		}
		all[i] = &claim{
			Claimed: claimed[i], letter: letter,
			provider: head.Providers[claimed[i].Provider], study: head.Studies[claimed[i].Study],
		}
	}
	return all, nil
}

// take gives up to n claimed messages, at least one unless ctx ends.
func (o *Outbox) take(ctx context.Context, n int) []*claim {
	batch := o.ready.take(ctx, n)
	o.refill()
	return batch
}

// takeReady gives up to n claimed messages that are there.
func (o *Outbox) takeReady(n int) []*claim {
	batch := o.ready.takeNow(n)
	o.refill()
	return batch
}

func (o *Outbox) refill() {
	if o.ready.room() > 0 {
		o.Wake()
	}
}

// openWindow opens a window for those who may go; nil when nobody may.
func (o *Outbox) openWindow(ctx context.Context, standing []store.Standing, journal *ring, spare time.Duration) (*window, []int64, error) {
	w := o.worker.Load()
	asked := store.Opening{Window: store.WindowKey(w.Key, w.windows.Add(1)), Worker: w.Key, All: standing}
	journal.opened(asked.Window) // first: it may be committed though we are told that it was not
	if err := o.recorder.open(context.WithoutCancel(ctx), &asked, spare); err != nil {
		return nil, nil, err
	}
	for _, v := range asked.Refused {
		o.log.Info("message withheld", "state", v.State.String(), "reason", string(v.Reason))
		if v.State == studymail.Queued {
			// For want of a lease, perhaps: the clock was set forth, or we slept.
			select {
			case o.doubt <- struct{}{}:
			default:
			}
		}
	}
	if len(asked.Members) == 0 {
		return nil, nil, nil
	}
	return &window{key: asked.Window, open: len(asked.Members), worker: w}, asked.Members, nil
}

// later puts claims that could not be given a window back among the ready, after
// a pause.
func (o *Outbox) later(ctx context.Context, p *parcel) {
	select {
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
	}
	o.putBack(p)
}

// giveBack returns claims that stand in no window to the queue.
func (o *Outbox) giveBack(batch []*claim) {
	claimed := make([]store.Claimed, len(batch))
	for i, c := range batch {
		claimed[i] = c.Claimed
	}
	err := o.opts.Store.Write(context.Background(), func(tx *store.Tx) error { return tx.Unclaim(context.Background(), claimed) })
	if err != nil {
		o.log.Error("claims could not be given back; they come back when this worker ends", "count", len(batch), "error", err)
	}
}

func (o *Outbox) giveBackReady() {
	if batch := o.ready.takeAll(); len(batch) > 0 {
		o.giveBack(batch)
	}
}

func (o *Outbox) today() studymail.Date {
	return studymail.DateOf(o.opts.Now(), o.opts.Letterbox.Zone)
}

// transportChanged makes a change of the transport's state loud and visible.
func (o *Outbox) transportChanged(t studymail.Transport) {
	level := slog.LevelInfo
	switch t.State {
	case studymail.TransportUp:
		o.Wake() // what was not claimed meanwhile
		if t.Code != "" {
			level = slog.LevelWarn
		}
	case studymail.TransportBackingOff:
		level = slog.LevelWarn
	case studymail.TransportStopped:
		level = slog.LevelError
	}
	o.log.Log(context.Background(), level, "transport "+string(t.State), "transport", t.Name, "state", string(t.State), "code", t.Code, "error", t.Detail)
	// Not on this goroutine: it is a lane's, and may hold the recorder's next window.
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := o.recorder.do(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SetTransport(ctx, t) }); err != nil {
			o.log.Error("the transport's state could not be stored", "transport", t.Name, "error", err)
		}
	}()
}

// announceTransport stores the state with which a start begins.
func (o *Outbox) announceTransport(ctx context.Context) {
	name := o.opts.Transport.Name()
	if err := o.opts.Store.Write(ctx, func(tx *store.Tx) error { return tx.BeginTransport(ctx, name) }); err != nil {
		o.log.Error("the transport's state could not be stored", "error", err)
	}
}

// firstShare is how many connections a worker may open before it has asked.
func firstShare(o *Options) int {
	if _, limited := o.Together.Of(); limited {
		return 0
	}
	return o.Connections
}

// longHold: what is claimed already may wait that long for the limiter.
const longHold = time.Minute

// Abandon signs off a worker whose Run was never called.
func (o *Outbox) Abandon(ctx context.Context) error { return o.stop(ctx) }
