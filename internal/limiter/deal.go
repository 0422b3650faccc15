package limiter

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"studymail/internal/store"
)

const (
	tolerance = 0.01        // of a second, or of the time between two hand-overs where that is longer
	blockOf   = time.Second // a block is at most this long, unless it has one time only
	maxSlots  = 1 << 15
	fastest   = 40000 // a second: faster than any worker; keeps a block's times countable

	leftovers = 50 * time.Millisecond // before a block begins, what others left is anybody's
	longAgo   = 2 * time.Second       // nobody asked for so long: who asked then does not tell who will
	farAhead  = 3 * time.Second       // no block begins that late: the clock was put back
)

// spacingOf is the time between two hand-overs, in nanoseconds.
func spacingOf(perSecond float64) int64 {
	return int64(math.Ceil(1e9 * (1 + tolerance) / min(perSecond, fastest)))
}

// lateOf is how much later than its time a hand-over may begin.
func lateOf(spacing int64) int64 {
	return int64(tolerance * max(1e9, float64(spacing)/(1+tolerance)))
}

// slotsOf is how many times a block has: a power of two, at most a second's worth.
func slotsOf(spacing int64) int64 {
	n := int64(1)
	for 2*n*spacing <= int64(blockOf) && n < maxSlots {
		n *= 2
	}
	return n
}

func end(r *store.Rate, spacing int64) int64 {
	if r.Slots == 1 {
		spacing = min(spacing, r.Spacing) // the rate was raised: nobody waits for hours for the old one
	} else {
		spacing = r.Spacing
	}
	return r.BlockStart + r.Slots*spacing
}

// roll begins the next block if its time has come, lead before the end of this
// one. The first after a pause begins ahead of now.
func roll(r *store.Rate, now, lead, ahead, spacing int64) {
	over := end(r, spacing)
	if r.Slots > 0 && r.BlockStart > now+lead+int64(farAhead) {
		over = now
	} else if r.Slots > 0 && now < over-lead {
		return
	}
	r.AskersBefore, r.Askers = r.Askers, 0
	if now-over > int64(longAgo) {
		r.AskersBefore = 0
	}
	r.Block++
	r.BlockStart = max(over, now+ahead)
	r.Spacing, r.Slots, r.Dealt = spacing, slotsOf(spacing), 0
}

// deal gives up to want times of the block, none before now, in order.
func deal(r *store.Rate, now int64, want int, first bool) []int64 {
	if first {
		r.Askers++
	}
	if now < r.BlockStart-int64(leftovers) {
		if !first {
			return nil // it had its share
		}
		workers := max(r.Askers, r.AskersBefore)
		want = min(want, int((r.Slots+workers-1)/workers))
	}
	var times []int64
	shift := 64 - bits.Len64(uint64(r.Slots-1)) //nolint:gosec // from 1 to maxSlots
	for len(times) < want && r.Dealt < r.Slots {
		place := int64(bits.Reverse64(uint64(r.Dealt)) >> shift) //nolint:gosec // less than Slots
		r.Dealt++
		if at := r.BlockStart + place*r.Spacing; at >= now {
			times = append(times, at)
		}
	}
	slices.Sort(times)
	return times
}
