package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"studymail"
)

// ErrMore is what a handler returns when it stopped at a good place with work
// left: it is called again at once, which does not count as a failure.
var ErrMore = errors.New("jobs: there is more to do")

// failure is what leaves this package of an error or a panic. Their texts may
// quote anything: River logs them, and keeps them in its table.
type failure struct {
	code     string // a studymail.Code, "panic", "timeout"
	kind     string // the Go type at the bottom of the chain
	detail   string // the database's own code
	at       string // where it panicked: a function's name and a line, for our log
	canceled bool
}

// Error implements error.
func (f *failure) Error() string {
	text := f.code + ": " + f.kind
	if f.detail != "" {
		text += " " + f.detail
	}
	return text
}

// Is lets River see that a job ended because the program stops: it does not
// count that as a try.
func (f *failure) Is(target error) bool { return f.canceled && target == context.Canceled } //nolint:errorlint // sentinel

// attrs gives what our log says of it.
func (f *failure) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("code", f.code), slog.String("type", f.kind)}
	if f.detail != "" {
		attrs = append(attrs, slog.String("detail", f.detail))
	}
	if f.at != "" {
		attrs = append(attrs, slog.String("place", f.at))
	}
	return attrs
}

// maskError makes a failure of any error.
func maskError(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	f := &failure{code: string(studymail.CodeOf(err)), kind: fmt.Sprintf("%T", bottom(err)), canceled: errors.Is(err, context.Canceled)}
	switch {
	case f.canceled:
		f.code = "stopped"
	case errors.Is(err, context.DeadlineExceeded):
		f.code = "timeout"
	}
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok && len(e.SQLState()) == 5 {
		f.detail = "sqlstate=" + e.SQLState()
	} else if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		f.detail = "sqlite=" + strconv.Itoa(e.Code())
	}
	return f
}

// maskPanic makes a failure of what was recovered, and says where it came from:
// a function's name is ours, a value may quote anything.
func maskPanic(value any) *failure {
	f := &failure{code: "panic", kind: fmt.Sprintf("%T", value)}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicked := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(frame.Function, "runtime."):
			f.at = frame.Function + ":" + strconv.Itoa(frame.Line)
			return f
		}
		if !more {
			return f
		}
	}
}

// bottom follows a chain of errors to its end; of several it takes the first.
func bottom(err error) error {
	for {
		switch e := err.(type) { //nolint:errorlint // one step at a time
		case interface{ Unwrap() error }:
			next := e.Unwrap()
			if next == nil {
				return err
			}
			err = next
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			if len(all) == 0 || all[0] == nil {
				return err
			}
			err = all[0]
		default:
			return err
		}
	}
}

// protect turns a panic into a failure.
func protect(fn func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = maskPanic(value)
		}
	}()
	return fn()
}

// mask is the one middleware: what comes out of a job is a type and a code.
type mask struct {
	river.MiddlewareDefaults
	log *slog.Logger
}

// Work implements rivertype.WorkerMiddleware.
func (m *mask) Work(ctx context.Context, job *rivertype.JobRow, inner func(context.Context) error) error {
	err := protect(func() error { return inner(ctx) })
	if err == nil {
		return nil
	}
	if snooze, ok := errors.AsType[*rivertype.JobSnoozeError](err); ok {
		return snooze
	}
	f := maskError(err)
	if f.canceled && ctx.Err() != nil { // the program stops, or someone cancelled the job
		return f
	}
	attrs := append(attrsOf(job), slog.Int("attempt", job.Attempt), slog.Int("attempts", job.MaxAttempts))
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError
	}
	m.log.LogAttrs(ctx, level, "job failed", append(attrs, f.attrs()...)...)
	return f
}

func aboutJob(job *rivertype.JobRow) about {
	var a about
	if err := json.Unmarshal(job.EncodedArgs, &a); err != nil {
		return about{} // the worker says so
	}
	return a
}

// attrsOf gives what a log line says of a job.
func attrsOf(job *rivertype.JobRow) []slog.Attr {
	attrs := []slog.Attr{slog.Int64("job", job.ID), slog.String("kind", job.Kind)}
	a := aboutJob(job)
	for _, id := range []struct {
		name string
		id   studymail.ID
	}{{"run", a.Run}, {"campaign", a.Campaign}, {"schedule_run", a.ScheduleRun}, {"import", a.Import}, {"resend", a.Resend}} {
		if !id.id.IsZero() {
			attrs = append(attrs, slog.String(id.name, id.id.String()))
		}
	}
	return attrs
}
