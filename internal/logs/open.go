package logs

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
	"gopkg.in/natefinch/lumberjack.v2"

	"studymail"
)

// Options say where the lines go.
type Options struct {
	AppPath    string // JSON lines of everything but workers; "" for none
	WorkerPath string // JSON lines of workers; may be the same file; "" for none
	MaxMB      int    // a file is rotated at this size; 0: 10
	MaxFiles   int    // as many rotated files are kept beside it; 0: 10

	// Console gets every line, too: for people when it is a terminal, as JSON lines
	// otherwise; nil for none.
	Console io.Writer
	NoColor bool

	Level slog.Leveler // nil: info
}

// Logs are the open logs.
type Logs struct {
	App    *slog.Logger
	Worker *slog.Logger

	files []*lumberjack.Logger
}

// Open opens the logs. It makes the folders (0750) and the files (0600), and
// tells at once when it cannot.
func Open(o Options) (*Logs, error) {
	if o.MaxMB <= 0 {
		o.MaxMB = 10
	}
	if o.MaxFiles <= 0 {
		o.MaxFiles = 10
	}
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	l := &Logs{}
	var console []slog.Handler
	if o.Console != nil {
		console = append(console, consoleHandler(o))
	}
	app, err := l.file(o, o.AppPath)
	if err != nil {
		return nil, err
	}
	worker := app
	if o.WorkerPath != o.AppPath {
		if worker, err = l.file(o, o.WorkerPath); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.App = New(append(app[:len(app):len(app)], console...)...)
	l.Worker = New(append(worker[:len(worker):len(worker)], console...)...)
	return l, nil
}

// Close closes the files.
func (l *Logs) Close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (l *Logs) file(o Options, path string) ([]slog.Handler, error) {
	if path == "" {
		return nil, nil
	}
	// lumberjack opens the file with the first line, when nobody can be told any more.
	err := os.MkdirAll(filepath.Dir(path), 0o750)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil { //nolint:gosec // the operator names the file
			err = f.Close()
		}
	}
	if err != nil {
		return nil, studymail.Errorf(studymail.Unavailable, "cannot write the log file %s: %w; make it writable or name another", path, cause(err))
	}
	f := &lumberjack.Logger{Filename: path, MaxSize: o.MaxMB, MaxBackups: o.MaxFiles}
	l.files = append(l.files, f)
	return []slog.Handler{jsonHandler(f, o.Level)}, nil
}

func jsonHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
}

func consoleHandler(o Options) slog.Handler {
	if f, ok := o.Console.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return tint.NewTextHandler(o.Console, &tint.Options{Level: o.Level, TimeFormat: time.TimeOnly, NoColor: o.NoColor})
	}
	return jsonHandler(o.Console, o.Level)
}

// cause leaves the path out of a file error: the message has it already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
