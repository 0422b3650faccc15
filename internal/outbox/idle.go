package outbox

import (
	"context"
	"time"
)

// tryLimit bounds one try without mail. Mail that comes meanwhile waits for its end.
const tryLimit = 30 * time.Second

// tryIdle tries a transport that is down while there is no mail to try it with, until ctx
// ends: else one that failed at the last letter would be called down until the next.
func (o *Outbox) tryIdle(ctx context.Context) {
	t, ok := o.opts.Transport.(Trier)
	if !ok {
		return
	}
	for o.gate.enterIdle(ctx, 2*o.opts.Poll) == nil { // what waits is claimed by then
		err := o.tryOnce(ctx, t)
		switch {
		case ctx.Err() != nil:
			o.gate.left()
		case err != nil:
			o.gate.down(err)
		default:
			o.gate.up()
			o.gate.left() // the clock may have been put back
		}
	}
}

func (o *Outbox) tryOnce(ctx context.Context, t Trier) error {
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	err := t.Try(ctx)
	if err == nil {
		o.noteTransport()
	}
	return err
}

// noteTransport shows what the transport has to say all the same.
func (o *Outbox) noteTransport() {
	if n, ok := o.opts.Transport.(noter); ok {
		o.gate.note(n.Note())
	}
}
