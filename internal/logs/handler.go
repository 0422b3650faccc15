package logs

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// droppedKey counts the attributes of a line that were left out.
const droppedKey = "dropped"

// door is the handler that everything passes. Groups are opened: their
// attributes are judged one by one, and a group's name, which could be anything,
// is not written.
type door struct {
	sinks   []slog.Handler
	dropped int
}

// New gives a logger that writes to the handlers through the door.
func New(sinks ...slog.Handler) *slog.Logger { return slog.New(&door{sinks: sinks}) }

// Enabled tells whether any of the handlers wants the level.
func (d *door) Enabled(ctx context.Context, level slog.Level) bool {
	for _, s := range d.sinks {
		if s.Enabled(ctx, level) {
			return true
		}
	}
	return false
}

// Handle writes the line without what does not belong into a log.
func (d *door) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, Scrub(r.Message), 0)
	dropped := d.dropped
	r.Attrs(func(a slog.Attr) bool {
		kept, n := admit(nil, a)
		line.AddAttrs(kept...)
		dropped += n
		return true
	})
	if dropped > 0 {
		line.AddAttrs(slog.Int(droppedKey, dropped))
	}
	var errs []error
	for _, s := range d.sinks {
		if s.Enabled(ctx, r.Level) {
			errs = append(errs, s.Handle(ctx, line.Clone()))
		}
	}
	return errors.Join(errs...)
}

// WithAttrs judges the attributes once.
func (d *door) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := &door{dropped: d.dropped}
	var kept []slog.Attr
	for _, a := range attrs {
		var n int
		kept, n = admit(kept, a)
		next.dropped += n
	}
	for _, s := range d.sinks {
		if len(kept) > 0 {
			s = s.WithAttrs(kept)
		}
		next.sinks = append(next.sinks, s)
	}
	return next
}

// WithGroup changes nothing: groups are opened.
func (d *door) WithGroup(string) slog.Handler { return d }

// admit appends what of an attribute may be written, and counts the rest.
func admit(kept []slog.Attr, a slog.Attr) (all []slog.Attr, dropped int) {
	v := a.Value.Resolve() // recovers from a LogValue that panics
	if v.Kind() == slog.KindGroup {
		for _, member := range v.Group() {
			var n int
			kept, n = admit(kept, member)
			dropped += n
		}
		return kept, dropped
	}
	c := classOf(a.Key)
	if c == unknown {
		if a.Equal(slog.Attr{}) {
			return kept, 0 // slog: an empty Attr is to be ignored
		}
		return kept, 1
	}
	v, ok := fit(c, v)
	if !ok {
		return kept, 1
	}
	return append(kept, slog.Attr{Key: a.Key, Value: v}), 0
}

func fit(c class, v slog.Value) (slog.Value, bool) {
	switch v.Kind() {
	case slog.KindInt64, slog.KindUint64:
		return v, true
	case slog.KindBool, slog.KindFloat64, slog.KindTime:
		return v, c != id
	case slog.KindDuration:
		return slog.StringValue(v.Duration().String()), c != id
	case slog.KindString:
		return fitText(c, v.String())
	case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
	}
	switch x := v.Any().(type) {
	case nil:
		return v, true
	case []string:
		for _, s := range x {
			if _, ok := words.fit(s); !ok || c != words {
				return v, false
			}
		}
		return slog.StringValue(strings.Join(x, " ")), true
	case *time.Time:
		if x == nil {
			return slog.AnyValue(nil), true
		}
		return slog.TimeValue(*x), c != id
	default:
		s, ok := said(x)
		if !ok {
			return v, false
		}
		return fitText(c, s)
	}
}

func fitText(c class, s string) (slog.Value, bool) {
	if s == "" {
		return slog.StringValue(""), true
	}
	s, ok := c.fit(s)
	return slog.StringValue(s), ok
}

// said asks a value for its text. Structs, maps and the like have none: printing
// them would print whatever they hold.
func said(x any) (s string, ok bool) {
	defer func() {
		if recover() != nil { // a method on a nil pointer
			s, ok = "", false
		}
	}()
	switch x := x.(type) {
	case error:
		return x.Error(), true
	case fmt.Stringer:
		return x.String(), true
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		return string(b), err == nil
	}
	switch v := reflect.ValueOf(x); v.Kind() { //nolint:exhaustive // all others have no text of their own
	case reflect.String: // our codes: studymail.Reason and the like
		return v.String(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	default:
		return "", false
	}
}
