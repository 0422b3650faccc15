package studymail

import (
	"strconv"
	"strings"
	"time"
)

// Figure is how many of something there were in a span of time.
type Figure struct {
	At   time.Time // the span's beginning
	What string
	N    int64
}

// FigureSpan is how long the spans of figures are.
type FigureSpan int

// The spans, in seconds.
const (
	MinuteFigures  FigureSpan = 60    // kept a day
	QuarterFigures FigureSpan = 900   // kept a month
	DayFigures     FigureSpan = 86400 // kept for good
)

// What figures count besides messages' states: hand-overs that left the message
// in the queue, what came back later, and how long hand-overs took.
const (
	FigureThrottled  = "throttled"
	FigureLost       = "lost"
	FigureBounced    = "bounced"
	FigureComplained = "complained"
	FigureTookSum    = "took" // milliseconds, of those in the buckets

	figureTookUpTo = "took up to "
	figureTookMore = "took more"
)

// tookBounds are the upper bounds of the buckets of how long hand-overs took.
var tookBounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
	30 * time.Second, time.Minute,
}

// TookBuckets is how many buckets there are: one for each bound, one for more.
const TookBuckets = len(tookBounds) + 1

// TookBucket gives the bucket of a duration.
func TookBucket(d time.Duration) int {
	for i, bound := range tookBounds {
		if d <= bound {
			return i
		}
	}
	return len(tookBounds)
}

// TookBound is the upper bound of a bucket; zero for the one without.
func TookBound(bucket int) time.Duration {
	if bucket < len(tookBounds) {
		return tookBounds[bucket]
	}
	return 0
}

// TookFigure is what a bucket is called among figures.
func TookFigure(bucket int) string {
	if bound := TookBound(bucket); bound != 0 {
		return figureTookUpTo + strconv.FormatInt(bound.Milliseconds(), 10)
	}
	return figureTookMore
}

// BucketOf gives the bucket that a figure is of; false for another figure.
func BucketOf(what string) (int, bool) {
	if what == figureTookMore {
		return len(tookBounds), true
	}
	ms, found := strings.CutPrefix(what, figureTookUpTo)
	if !found {
		return 0, false
	}
	for i, bound := range tookBounds {
		if strconv.FormatInt(bound.Milliseconds(), 10) == ms {
			return i, true
		}
	}
	return 0, false
}
