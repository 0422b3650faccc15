package outbox

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// figures count what became of hand-overs since it was last noted, for charts.
// What a process that is killed had not noted is missing in them; the messages
// themselves say it all.
type figures struct {
	states    map[studymail.State]int64
	throttled int64
	lost      int64
	took      [studymail.TookBuckets]int64
	tookMS    int64
}

func (f *figures) count(r *store.Recorded) {
	switch r.Outcome.Kind {
	case studymail.Throttled:
		f.throttled++
		return
	case studymail.Lost:
		f.lost++
	default:
	}
	if r.State == studymail.Queued {
		return // it will be tried again
	}
	if f.states == nil {
		f.states = map[studymail.State]int64{}
	}
	f.states[r.State]++
	if r.Outcome.Took > 0 {
		f.took[studymail.TookBucket(r.Outcome.Took)]++
		f.tookMS += r.Outcome.Took.Milliseconds()
	}
}

// words are the figures as they are stored.
func (f *figures) words() map[string]int64 {
	all := map[string]int64{studymail.FigureThrottled: f.throttled, studymail.FigureLost: f.lost, studymail.FigureTookSum: f.tookMS}
	for state, n := range f.states {
		all[state.String()] = n
	}
	for bucket, n := range f.took {
		all[studymail.TookFigure(bucket)] = n
	}
	return all
}

// counted gives the figures, and begins anew.
func (r *recorder) counted() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.figures
	r.figures = figures{}
	return f.words()
}

// noteFigures stores what was counted last; the process is about to end.
func (o *Outbox) noteFigures(ctx context.Context) {
	counts := o.recorder.counted()
	err := o.opts.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddFigures(ctx, o.opts.Letterbox.Zone, counts) })
	if err != nil {
		o.log.Warn("the last figures for charts were not stored", "error", err)
	}
}
