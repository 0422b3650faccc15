package config

import (
	"fmt"
	"time"
)

// Words says how long something is kept: "30 days", or "36 hours" where days do not do.
func Words(d time.Duration) string {
	n, one := int(d/day), "day"
	if d%day != 0 {
		n, one = int(d.Round(time.Hour)/time.Hour), "hour"
	}
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
