//go:build !testclock

package app

import "time"

// Clock is the machine's clock: the only place that asks it. Everything else is
// handed a clock.
func Clock() time.Time { return time.Now() }

// lease of workers: outbox's default.
const lease time.Duration = 0
