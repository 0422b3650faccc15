package outbox

import (
	"context"
	"time"

	"studymail/internal/store"
)

// shareEvery is how often a worker looks at its share of the connections.
const shareEvery = time.Second

// sharing keeps the connections in step with the server and the other workers.
func (o *Outbox) sharing(ctx context.Context) {
	tick := time.NewTicker(shareEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			o.conns.grow()
			o.shareConnections(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// shareConnections takes this worker's share of the connections that all may have
// together, and says how many it has.
func (o *Outbox) shareConnections(ctx context.Context) {
	w, name := o.worker.Load(), o.opts.Transport.Name()
	limit, limited := o.opts.Together.Of()
	if !limited && o.conns.stands(w.Key) == o.told {
		return // nothing is new, and nothing to share
	}
	share := o.opts.Connections
	var told store.WorkerConnections
	err := o.opts.Store.Write(ctx, func(tx *store.Tx) error {
		told = o.conns.stands(w.Key)
		if limited {
			others, err := tx.OtherConnections(ctx, name, w.Key)
			if err != nil {
				return err
			}
			share, told = o.conns.divide(w.Key, int(limit), others)
		}
		return tx.SetConnections(ctx, name, told)
	})
	if err == nil {
		o.told = told
		o.conns.setShare(share)
	}
	if err != nil && ctx.Err() == nil {
		o.log.Error("the connections could not be shared with other workers", "error", err)
	}
}
