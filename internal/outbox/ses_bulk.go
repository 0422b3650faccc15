package outbox

import (
	"context"
	"sync"
	"time"

	"studymail/internal/ses"
)

// linger is how long a call of several mails waits for more of them.
const linger = 200 * time.Millisecond

// bulk puts the mails of all lanes together into calls: of one template, sender and
// Reply-To, at most ses.MostTogether in each.
type bulk struct {
	client *ses.Client
	now    func() time.Time

	mu     sync.Mutex
	groups map[group]*gathered
}

type group struct{ template, from, replyTo string }

type gathered struct {
	batch ses.Batch
	mails []handed
}

// handed is a mail and where its outcome is wanted.
type handed struct {
	mail    *Mail
	answers chan<- answer
	began   time.Time
}

// add takes a mail; its outcome comes to answers, which must have room.
func (b *bulk) add(m *Mail, p *pieces, answers chan<- answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := group{p.template.Name, p.from, p.replyTo}
	g := b.groups[k]
	if g == nil {
		g = &gathered{batch: ses.Batch{Template: p.template, From: p.from, ReplyTo: p.replyTo}}
		if b.groups == nil {
			b.groups = map[group]*gathered{}
		}
		b.groups[k] = g
		time.AfterFunc(linger, func() { b.lingered(k, g) })
	}
	g.batch.Entries = append(g.batch.Entries, p.entry)
	g.mails = append(g.mails, handed{m, answers, b.now()})
	if len(g.mails) == ses.MostTogether {
		delete(b.groups, k)
		go b.call(g)
	}
}

func (b *bulk) lingered(k group, g *gathered) {
	b.mu.Lock()
	waits := b.groups[k] == g
	if waits {
		delete(b.groups, k)
	}
	b.mu.Unlock()
	if waits {
		b.call(g)
	}
}

// call makes the call. Nobody's end ends it: it has mails of several lanes, and a time
// of its own.
func (b *bulk) call(g *gathered) {
	for i, o := range b.client.SendBulk(context.Background(), &g.batch) {
		h := &g.mails[i]
		o.Took = b.now().Sub(h.began)
		h.answers <- answer{h.mail, o}
	}
}
