package cli

import (
	"io"
	"os"
	"os/user"
	"time"

	"studymail/internal/app"

	"github.com/mattn/go-isatty"
)

// System is what commands see of the machine. Tests have their own.
type System struct {
	In          io.Reader
	Out         io.Writer
	Err         io.Writer
	InTerminal  bool     // someone can be asked
	ErrTerminal bool     // progress bars make sense
	Dir         string   // where .env is
	Environ     []string // as os.Environ
	User        string   // name of the system's user
	Now         func() time.Time
}

// ThisMachine is the System of a real process.
func ThisMachine() System {
	return System{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal:  isatty.IsTerminal(os.Stdin.Fd()),
		ErrTerminal: isatty.IsTerminal(os.Stderr.Fd()),
		Dir:         ".",
		Environ:     os.Environ(),
		User:        userName(),
		Now:         app.Clock,
	}
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "unknown"
}
