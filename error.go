package studymail

import (
	"errors"
	"fmt"
)

// Code says what kind of error it is: commands make an exit code of it, pages a status.
type Code string

// The codes.
const (
	Invalid     Code = "invalid"     // what was given is wrong; say where and what to write
	NotFound    Code = "not found"   // no such thing
	Conflict    Code = "conflict"    // it exists already, or its state does not allow this
	Unavailable Code = "unavailable" // a part that is needed does not answer; try again
	Internal    Code = "internal"    // our own fault
)

// Error is an error that may be shown to a user: Message holds no personal
// detail and says what to do next. Cause is for the log only.
type Error struct {
	Code    Code
	Message string
	Cause   error
}

// Errorf makes an Error; %w keeps its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: errors.Unwrap(err)}
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// CodeOf gives an error's code: Internal for one without, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
