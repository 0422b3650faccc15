package config

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"studymail"
	"studymail/internal/sealed"
)

// Short names for the table.
type timeDuration = time.Duration

const (
	millisecond = time.Millisecond
	second      = time.Second
	minute      = time.Minute
	hour        = time.Hour
	day         = 24 * time.Hour
)

// Makers of set functions. Each leaves the field alone for "", except where
// empty means something.

func secret(field func(*Config) *sealed.Secret, shortest int) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		*field(c) = sealed.NewSecret(v)
		return v == "" || (utf8.RuneCountInString(v) >= shortest && oneLine(v))
	}
}

func line(field func(*Config) *string, longest int) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		*field(c) = v
		return utf8.RuneCountInString(v) <= longest && oneLine(v)
	}
}

func file(field func(*Config) *string) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		*field(c) = c.path(v)
		return oneLine(v)
	}
}

func logFile(field func(*Config) *string) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		if v == "-" {
			*field(c) = ""
			return true
		}
		return file(field)(c, v)
	}
}

func number(field func(*Config) *int, least, most int) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		if v == "" {
			return true
		}
		n, err := strconv.Atoi(v)
		*field(c) = n
		return err == nil && n >= least && n <= most
	}
}

// limit reads a number, of which "" is none.
func limit(field func(*Config) *studymail.Limit, whole bool) func(*Config, string) bool {
	plain, most := decimal, 1e6
	if whole {
		plain, most = digits, 1e9
	}
	return func(c *Config, v string) bool {
		if v == "" {
			return true
		}
		n, err := strconv.ParseFloat(v, 64)
		*field(c) = studymail.LimitOf(n)
		// Less than one in a day is a mistake rather than a pace.
		return err == nil && plain.MatchString(v) && n <= most && (n == 0 || n >= 1.0/86400)
	}
}

var (
	decimal = regexp.MustCompile(`^[0-9]{1,7}(\.[0-9]{1,9})?$`)
	digits  = regexp.MustCompile(`^[0-9]{1,10}$`)
)

func duration(field func(*Config) *time.Duration, least, most time.Duration) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		d, ok := parseDuration(v)
		*field(c) = d
		return ok && d >= least && d <= most
	}
}

func yes(field func(*Config) *bool) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		b, ok := truth(v)
		*field(c) = b
		return ok
	}
}

func choice[T ~string](field func(*Config) *T, allowed ...T) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		if v == "" {
			return true
		}
		*field(c) = T(strings.ToLower(v))
		return slices.Contains(allowed, *field(c))
	}
}

func domain(field func(*Config) *string) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		*field(c) = strings.ToLower(v)
		return v == "" || isDomain(v)
	}
}

// truth reads what people write for yes and no, Django's True and False first.
func truth(v string) (value, ok bool) {
	switch strings.ToLower(v) {
	case "true", "1", "yes", "on", "t", "y":
		return true, true
	case "false", "0", "no", "off", "f", "n":
		return false, true
	}
	return false, false
}

var daysFirst = regexp.MustCompile(`^([0-9]{1,5})d(.*)$`)

// parseDuration reads 30s, 5m, 1h30m, and days: 5d, 1d12h.
func parseDuration(v string) (time.Duration, bool) {
	var d time.Duration
	if m := daysFirst.FindStringSubmatch(v); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, false
		}
		d = time.Duration(n) * day
		if v = m[2]; v == "" {
			return d, true
		}
	}
	rest, err := time.ParseDuration(v)
	if err != nil || rest < 0 || rest > math.MaxInt64-d {
		return 0, false
	}
	return d + rest, true
}

func oneLine(v string) bool {
	return utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl)
}

var domainLabel = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`)

// isDomain checks a domain in its ASCII form (RFC 1035 §2.3.4: labels up to 63, 255 in all).
func isDomain(v string) bool {
	if len(v) > 253 {
		return false
	}
	for _, label := range strings.Split(v, ".") {
		if len(label) > 63 || !domainLabel.MatchString(label) {
			return false
		}
	}
	return true
}

// percentage takes a share in percent.
func percentage(field func(*Config) *float64) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(v, "%")), 64)
		*field(c) = n
		return err == nil && n >= 0 && n <= 100
	}
}
