package cli

import (
	"errors"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"studymail"

	"github.com/spf13/cobra"
)

const maxLine = 200 // characters of a name, a phone number, …

// line takes one line of text that a user wrote for a flag: trimmed, without
// control characters, and not endless.
func line(flag, value string) (string, error) {
	value = strings.TrimSpace(value)
	switch {
	case !utf8.ValidString(value):
		return "", wrongUse("--%s: not UTF-8 text", flag)
	case utf8.RuneCountInString(value) > maxLine:
		return "", wrongUse("--%s: at most %d characters", flag, maxLine)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return "", wrongUse("--%s: one line of text, without line breaks or control characters", flag)
	}
	return value, nil
}

// address takes the address of a mailbox that staff read; "" for none.
func address(flag, value string) (string, error) {
	value, err := line(flag, value)
	if err != nil || value == "" {
		return "", err
	}
	a, err := mail.ParseAddress(value)
	if err != nil || a.Name != "" || a.Address != value || strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", wrongUse("--%s: write an address alone, like surgery@example.org", flag)
	}
	return value, nil
}

// edits gathers which flags of a command change something.
type edits struct {
	cmd     *cobra.Command
	changed []string // names of flags; for the event
	err     error
}

// edit takes a flag's value into a field, where the flag was given.
func edit[T comparable](s *edits, flag string, field *T, value T) {
	if s.err == nil && s.cmd.Flags().Changed(flag) && *field != value {
		*field = value
		s.changed = append(s.changed, flag)
	}
}

// editText does the same for text, checked.
func editText[T ~string](s *edits, flag string, field *T, value string, check func(flag, value string) (string, error)) {
	if s.err != nil || !s.cmd.Flags().Changed(flag) {
		return
	}
	checked, err := check(flag, value)
	if err != nil {
		s.err = err
		return
	}
	edit(s, flag, field, T(checked))
}

// required refuses an empty value.
func required(check func(flag, value string) (string, error)) func(flag, value string) (string, error) {
	return func(flag, value string) (string, error) {
		value, err := check(flag, value)
		if err == nil && value == "" {
			return "", wrongUse("--%s must not be empty", flag)
		}
		return value, err
	}
}

// date takes a day; "" for none.
func date(flag, value string) (string, error) {
	d, err := studymail.ParseDate(strings.TrimSpace(value))
	if err != nil {
		return "", wrongUse("--%s: %w", flag, err)
	}
	return string(d), nil
}

// anyChanged tells whether one of the flags was given.
func anyChanged(cmd *cobra.Command, flags ...string) bool {
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			return true
		}
	}
	return false
}

const maxFile = 4 << 20 // of a letter: compose has limits of its own, far below

// readFile reads a whole file, or standard input for "-".
func (e *env) readFile(name string) (string, error) {
	from := e.In
	if name != "-" {
		f, err := os.Open(e.path(name)) //nolint:gosec // the user names the file
		if err != nil {
			return "", studymail.Errorf(studymail.NotFound, "read %s: %w", name, cause(err))
		}
		defer func() { _ = f.Close() }() // read only
		from = f
	}
	b, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err != nil {
		return "", studymail.Errorf(studymail.Unavailable, "read %s: %w", name, cause(err))
	}
	if len(b) > maxFile {
		return "", studymail.Errorf(studymail.Invalid, "%s has over %d MB: not a letter", name, maxFile>>20)
	}
	return string(b), nil
}

// path is a file as the user names it: from where the command was started.
func (e *env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// cause takes "open /path:" off an error that says it again.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
