package limiter

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
)

// fullOf is the rate without throttling; 0 when there is no limit of any kind.
// That of a minute, hour or day may be used up within a second.
func fullOf(limits studymail.Limits, q *studymail.Quota) float64 {
	full := 0.0
	least := func(n float64) {
		if n > 0 && (full == 0 || n < full) {
			full = n
		}
	}
	for _, n := range limits.All()[:4] {
		if n, ok := n.Of(); ok {
			least(n)
		}
	}
	least(q.PerSecond)
	least(float64(q.PerDay))
	return min(full, fastest)
}

// lasting is the rate that the limits allow for ever; 0 without one.
func lasting(limits studymail.Limits, q *studymail.Quota) float64 {
	least := 0.0
	all := limits.All()
	for i, seconds := range []float64{1, 60, 3600, 86400} {
		if n, ok := all[i].Of(); ok && (least == 0 || n/seconds < least) {
			least = n / seconds
		}
	}
	for _, n := range []float64{q.PerSecond, float64(q.PerDay) / 86400} {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// Words say which limits there are, and whether the rate is lowered.
func Words(limits studymail.Limits, r *store.Rate, now time.Time) string {
	var words []string
	for _, l := range limits.All() {
		if _, ok := l.Of(); ok {
			words = append(words, l.String()+" "+l.Unit)
		}
	}
	if q := r.Quota; !q.At.IsZero() {
		words = append(words, fmt.Sprintf("the provider's quota: %s a second, %d in 24 hours", short(q.PerSecond), q.PerDay))
	}
	if len(words) == 0 {
		words = append(words, "none")
	}
	if low, ok := r.Throttle.Rate(now, fullOf(limits, &r.Quota)); ok {
		words = append(words, fmt.Sprintf("lowered to %s a second since the server found mail too fast", short(low)))
	}
	return strings.Join(words, ", ")
}

func short(n float64) string { return strconv.FormatFloat(n, 'g', 3, 64) }

// nearly: who goes that fast is held by the limit.
const nearly = 0.9

// LimitedBy says in a word what keeps mail from going faster; "" when nothing
// does or nobody can tell. t is the transport's state, nil when no worker has
// used it yet.
func LimitedBy(limits studymail.Limits, r *store.Rate, t *studymail.Transport, perSecond float64, now time.Time) string {
	if t == nil {
		return ""
	}
	if t.State != studymail.TransportUp {
		switch t.Code {
		case studymail.CodeRate:
			return "rate limit"
		case "throttled":
			return "throttled"
		}
		return "transport"
	}
	if _, ok := r.Throttle.Rate(now, fullOf(limits, &r.Quota)); ok {
		return "throttled"
	}
	if most := lasting(limits, &r.Quota); most > 0 && perSecond >= nearly*most {
		return "rate limit"
	}
	if perSecond > 0 {
		return "connections"
	}
	return ""
}
