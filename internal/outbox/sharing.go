package outbox

import (
	"context"
	"time"

	"studymail/internal/store"
)

// How often a worker looks at its share of the connections, and how often it says
// how many it has where there is nothing to share.
const (
	shareEvery = time.Second
	tellEvery  = 5 * time.Second
)

// sharing keeps the connections in step with the server and the other workers.
func (o *Outbox) sharing(ctx context.Context) {
	every := tellEvery
	if _, limited := o.opts.Together.Of(); limited {
		every = shareEvery
	}
	tick := time.NewTicker(every)
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
	share := o.opts.Connections
	err := o.opts.Store.Write(ctx, func(tx *store.Tx) error {
		told := o.conns.stands(w.Key)
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
		o.conns.setShare(share)
	}
	if err != nil && ctx.Err() == nil {
		o.log.Error("the connections could not be shared with other workers", "error", err)
	}
}
