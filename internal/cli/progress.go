package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

const (
	quietFor  = time.Second     // what takes less shows nothing
	lineEvery = 5 * time.Second // where standard error is no terminal
	drawEvery = 100 * time.Millisecond
)

// progress shows how far something is: a bar where standard error is a
// terminal, a plain line now and then otherwise. It is safe for concurrent use.
type progress struct {
	e     *env
	what  string
	unit  string // "rows"; "" shows percent only
	mu    sync.Mutex
	start time.Time
	next  time.Time // of the next line or drawing
	bar   *progressbar.ProgressBar
	total int64
}

// progress begins to show something; end it with done.
func (e *env) progress(what, unit string) *progress {
	now := e.Now()
	return &progress{e: e, what: what, unit: unit, start: now, next: now.Add(quietFor)}
}

// set tells how far it is; a total of 0 is one that is not known.
func (p *progress) set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.e.Now()
	if now.Before(p.next) {
		return
	}
	if !p.e.ErrTerminal {
		p.next = now.Add(lineEvery)
		p.e.note("%s: %s", p.what, p.far(done, total))
		return
	}
	p.next = now.Add(drawEvery)
	if p.bar == nil || p.total != total {
		p.finish()
		p.total = total
		length := total
		if length == 0 {
			length = -1 // not known: it spins
		}
		p.bar = progressbar.NewOptions64(length, progressbar.OptionSetWriter(p.e.Err), progressbar.OptionSetDescription(p.what),
			progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
			progressbar.OptionSetSpinnerChangeInterval(0)) // else it draws from a goroutine of its own that nobody can stop
	}
	_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) far(done, total int64) string {
	switch {
	case total > 0 && p.unit != "":
		return fmt.Sprintf("%s of %s %s", thousands(int(done)), thousands(int(total)), p.unit)
	case total > 0:
		return fmt.Sprintf("%d %%", done*100/total)
	case p.unit != "":
		return thousands(int(done)) + " " + p.unit
	}
	return "working"
}

// done takes the bar away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Clear() // as above
		p.bar = nil
	}
}
