package outbox

import (
	"context"
	"errors"
	"os"

	"studymail"
	"studymail/internal/store"
)

// beginJournal makes this process's journal. Without one mail goes out all the
// same: then a kill leaves as much in doubt as a loss of power.
func (o *Outbox) beginJournal() {
	w := o.worker.Load()
	j, err := createJournal(w.journalPath(w.ID), w.BootID, o.opts.Connections)
	if err != nil {
		o.log.Warn("no journal: should this process be killed, more messages will be uncertain", "error", err)
		return
	}
	o.journal = j
}

// consult settles what the journal of a worker that is gone knows, in the
// transaction that stops that worker or proves it dead. What the journal does
// not know of is left to StopWorker, or uncertain as before.
func (o *Outbox) consult(ctx context.Context, tx *store.Tx, w *studymail.Worker) (store.Recovered, error) {
	var res store.Recovered
	me := o.worker.Load()
	doubt, err := tx.InDoubtOf(ctx, w)
	if err != nil || len(doubt) == 0 {
		return res, err
	}
	told, err := readJournal(me.journalPath(w.ID), me.BootID)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			o.log.Warn("a dead worker's journal tells nothing", "dead_worker", w.ID, "error", err)
		}
		return res, nil
	}
	var (
		unsent  []store.InDoubt
		settled []store.Recorded
		marked  []studymail.ID
	)
	for i := range doubt {
		d := &doubt[i]
		switch how, e := told.of(d.Key, d.Token, d.Windows); how {
		case traceNoDot:
			unsent = append(unsent, *d)
		case traceReply:
			rec := o.settled(d, &e)
			settled = append(settled, rec)
			if rec.Reason == studymail.ReasonNoMailbox {
				marked = append(marked, d.Patient)
			}
		case traceDot, traceUnknown:
		}
	}
	if res.Requeued, err = tx.GiveBackUnsent(ctx, unsent); err != nil {
		return res, err
	}
	late, err := tx.Record(ctx, settled)
	if err != nil {
		return res, err
	}
	res.Settled = len(settled) - late
	for _, p := range marked {
		if err := tx.MarkAddressDead(ctx, p, 0, "worker"); err != nil {
			return res, err
		}
	}
	return res, nil
}

// settled is the outcome that a dead worker had read and did not live to record.
func (o *Outbox) settled(d *store.InDoubt, e *entry) store.Recorded {
	c := store.Claimed{Key: d.Key, Token: d.Token, Tries: d.Tries, Attempts: d.Attempts, Limit: d.Limit, Losses: d.Losses}
	rec := settle(&c, e.outcome, e.at, o.opts.Retries)
	rec.Transport = o.opts.Transport.Name()
	if rec.Reason == studymail.ReasonNoMailbox || rec.Reason == studymail.ReasonRefused {
		// Without the server's words the codes alone may mislead.
		rec.Reason = studymail.ReasonRefused
		if e.noMailbox {
			rec.Reason = studymail.ReasonNoMailbox
		}
	}
	if rec.State == studymail.Sent || rec.State == studymail.Uncertain {
		rec.Window = d.Windows[len(d.Windows)-1]
	}
	return rec
}

// stopWorker takes back what a worker held, by its journal where that can be
// read: gone says that its process is.
func (o *Outbox) stopWorker(ctx context.Context, w *studymail.Worker, gone bool) (store.Recovered, error) {
	var sum store.Recovered
	err := o.opts.Store.Write(ctx, func(tx *store.Tx) error {
		told := store.Recovered{}
		if gone {
			var err error
			if told, err = o.consult(ctx, tx, w); err != nil {
				return err
			}
		}
		rest, err := tx.StopWorker(ctx, w, gone)
		sum = store.Recovered{Requeued: told.Requeued + rest.Requeued, Settled: told.Settled, Uncertain: rest.Uncertain}
		return err
	})
	return sum, err
}

// prove notes that the process of a stopped worker is gone for certain. What was
// called uncertain when only its lease was over is looked at once more: now its
// journal can be read.
func (o *Outbox) prove(ctx context.Context, w *studymail.Worker) (store.Recovered, error) {
	var told store.Recovered
	err := o.opts.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if told, err = o.consult(ctx, tx, w); err != nil {
			return err
		}
		return tx.ProveDead(ctx, []studymail.ID{w.ID})
	})
	return told, err
}
