package outbox

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// parcel is what a window is opened for: claimed messages, rendered.
type parcel struct {
	claims   map[int64]*claim // by message
	standing []store.Standing // the same, as they were claimed
}

// pack renders claimed messages. Those of which nothing can be made fail here.
func (o *Outbox) pack(batch []*claim) *parcel {
	p := &parcel{claims: make(map[int64]*claim, len(batch)), standing: make([]store.Standing, 0, len(batch))}
	for _, c := range batch {
		m, err := o.opts.Letterbox.render(c, o.opts.Now())
		if err != nil {
			o.log.Error("a message cannot be put together", "message", c.ID, "error", err)
			o.settle(c, studymail.Outcome{Kind: studymail.Unsendable}, 0)
			continue
		}
		c.mail, p.claims[c.Key] = m, c
		p.standing = append(p.standing, c.Standing(c.merged))
	}
	return p
}

// putBack puts what stands in no window back among the ready.
func (o *Outbox) putBack(p *parcel) {
	again := make([]*claim, len(p.standing))
	for i := range p.standing {
		c := p.claims[p.standing[i].Key]
		doneWith(c.mail)
		c.mail = nil
		again[i] = c
	}
	o.ready.put(again)
}

// prepareNext renders what the next window is for while this one is made durable:
// the recorder finds it there when it comes round, and waits for nobody.
func (l *lane) prepareNext() {
	if l.o.opts.Limiter.Limited() || !l.o.gate.isUp() {
		return
	}
	batch := l.o.takeReady(l.size())
	if len(batch) == 0 {
		return
	}
	next := make(chan *parcel, 1)
	l.next = next
	go func() { next <- l.o.pack(batch) }()
}

// packed gives what was prepared, or else takes what there is; nil when ctx ends
// first.
func (l *lane) packed(ctx context.Context) *parcel {
	if l.next != nil {
		p := <-l.next
		l.next = nil
		return p
	}
	batch := l.o.take(ctx, l.size())
	if len(batch) == 0 {
		return nil
	}
	return l.o.pack(batch)
}

// unpack gives what was prepared to others.
func (l *lane) unpack() {
	if l.next == nil {
		return
	}
	l.o.putBack(<-l.next)
	l.next = nil
}
