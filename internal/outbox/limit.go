package outbox

import (
	"context"
	"time"

	"studymail"
)

// Limiter says when hand-overs may begin; internal/limiter has one for all the
// workers of a database.
type Limiter interface {
	// Limited tells whether there is a limit now. Without one nothing is asked.
	Limited() bool
	// Share is how many messages a second this process may hand over, while others
	// want to, too.
	Share() float64
	// Permit waits for leave to begin one hand-over, and comes back `ahead` before
	// its time. waiting is how many messages wait.
	Permit(ctx context.Context, ahead time.Duration, waiting int) (studymail.Permit, error)
	// Soon is Permit for a message that stands in its window already; false when
	// nothing may begin for long.
	Soon(ctx context.Context, waiting int) (studymail.Permit, bool)
	// Begin waits for a permit's time; false when it is over: another is needed.
	Begin(ctx context.Context, p studymail.Permit) bool
	// GiveBack returns a permit that was not used.
	GiveBack(p studymail.Permit)
	// Throttled says that the server finds mail too fast; local is how fast this
	// process handed over lately, a second.
	Throttled(local float64)
	// OnHold says whom to tell that no mail may leave for long, and that it may
	// again (up).
	OnHold(fn func(studymail.Transport))
}

// free is a Limiter without a limit.
type free struct{}

func (free) Limited() bool  { return false }
func (free) Share() float64 { return 0 }
func (free) Permit(context.Context, time.Duration, int) (studymail.Permit, error) {
	return 0, nil
}
func (free) Soon(context.Context, int) (studymail.Permit, bool) { return 0, true }
func (free) Begin(ctx context.Context, _ studymail.Permit) bool { return ctx.Err() == nil }
func (free) GiveBack(studymail.Permit)                          {}
func (free) Throttled(float64)                                  {}
func (free) OnHold(func(studymail.Transport))                   {}
