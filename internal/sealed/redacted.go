package sealed

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every sealed value prints.
const Redacted = "[redacted]"

// errStored is why a sealed value never reaches a database column by itself.
var errStored = errors.New("sealed: a personal detail cannot be stored in clear; seal it first")

// redacted is embedded in whatever must not be printed. It has value receivers
// throughout: a pointer prints redacted, too.
//
// fmt calls no method of a value that stands in an unexported field: it prints
// what it finds there. So what embeds redacted keeps its content behind a
// pointer, of which fmt prints the address.
type redacted struct{}

// String prints [redacted].
func (redacted) String() string { return Redacted }

// GoString prints [redacted].
func (redacted) GoString() string { return Redacted }

// Format prints [redacted] under every verb, flags and width ignored.
func (redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue prints [redacted] in slog.
func (redacted) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON gives "[redacted]".
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText gives [redacted]: XML, YAML.
func (redacted) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// Value refuses: a sealed value that reaches database/sql would be stored in clear.
func (redacted) Value() (driver.Value, error) { return nil, errStored }
