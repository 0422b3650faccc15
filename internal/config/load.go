package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"studymail"
	"studymail/internal/sealed"
)

// Warning is something that works but should be looked at.
type Warning struct {
	Name string // the variable, or .env
	Text string
}

// String gives both.
func (w Warning) String() string { return w.Name + ": " + w.Text }

const (
	masked     = "(set)"
	notShown   = "(not shown)"
	fileSuffix = "_FILE"

	fromDefault = "default"
	fromEnv     = "environment"
	fromDotenv  = ".env"
	fromFile    = "file "
)

// loader gathers what Load finds.
type loader struct {
	c        *Config
	env      map[string]string // the environment: wins
	dotenv   map[string]string
	warnings []Warning
	problems []string
	sources  map[string]string // of what was given; without the defaults
	settings map[string]*Setting
	wrong    map[string]bool // what has a problem
}

// Load reads the configuration from environ (as os.Environ gives it) and from
// .env in dir, which need not exist; a variable of the environment wins, and an
// empty one stands for the default. Paths are resolved against dir. The error
// names everything that is wrong.
func Load(dir string, environ []string) (*Config, []Warning, error) {
	l := &loader{
		c:   &Config{dir: dir},
		env: map[string]string{}, dotenv: map[string]string{},
		sources: map[string]string{}, settings: map[string]*Setting{}, wrong: map[string]bool{},
	}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			l.env[name] = value
		}
	}
	all := options()
	if err := l.readDotenv(dir, all); err != nil {
		return nil, nil, err
	}
	for _, o := range all {
		l.take(o)
	}
	l.cross()
	if len(l.problems) > 0 {
		return nil, l.warnings, studymail.Errorf(studymail.Invalid, "the configuration is wrong:\n  %s", strings.Join(l.problems, "\n  "))
	}
	for _, o := range all {
		l.c.settings = append(l.c.settings, *l.settings[o.name])
	}
	return l.c, l.warnings, nil
}

func (l *loader) warn(name, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{name, fmt.Sprintf(format, args...)})
}

func (l *loader) problem(name, format string, args ...any) {
	l.wrong[name] = true
	l.problems = append(l.problems, name+": "+fmt.Sprintf(format, args...))
}

func (l *loader) readDotenv(dir string, all []option) error {
	path := filepath.Join(dir, fromDotenv)
	src, err := readLimited(path, maxEnv+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "%s cannot be read: %w", path, cause(err))
	}
	// On systems without these rights every file says 0666 or 0444.
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		l.warn(fromDotenv, "other users of this machine can read it, and it holds the keys: chmod 600 %s", path)
	}
	entries, err := parseEnv(src)
	if err != nil {
		return err
	}
	var known []string
	isKnown := map[string]bool{}
	for _, o := range all {
		for _, n := range o.names() {
			isKnown[n] = true
		}
		known = append(known, o.name)
	}
	for _, e := range entries {
		if _, twice := l.dotenv[e.name]; twice {
			l.warn(fromDotenv, "line %d: %s is there twice; the last one counts", e.line, quotedName(e.name))
		}
		l.dotenv[e.name] = e.value
		if isKnown[e.name] {
			continue
		}
		text := fmt.Sprintf("line %d: %s is not an option and is ignored", e.line, quotedName(e.name))
		if near := nearest(strings.ToUpper(e.name), known); near != "" {
			text += "; did you mean " + near + "?"
		}
		l.warn(fromDotenv, "%s", text)
	}
	return nil
}

func quotedName(n string) string {
	if nameLike.MatchString(n) {
		return n
	}
	return "a name " + notShown
}

// names gives the names under which the option may be set.
func (o option) names() []string {
	all := []string{o.name}
	if o.old != "" {
		all = append(all, o.old)
	}
	if o.secret {
		all = append(all, o.name+fileSuffix)
	}
	return all
}

// take finds the option's value and sets it.
func (l *loader) take(o option) {
	value, source, ok := l.find(o)
	if !ok {
		l.settings[o.name] = &Setting{o.name, "", ""}
		return // find told why
	}
	if value == "" {
		value, source = o.def, fromDefault
	} else {
		l.sources[o.name] = source
	}
	l.settings[o.name] = &Setting{o.name, o.show(value), source}
	if !o.set(l.c, value) {
		found := fmt.Sprintf("%.80q", value)
		if o.secret && !strings.HasPrefix(value, "sqlite:") {
			found = "a value " + notShown
		}
		if source != fromEnv && source != fromDefault {
			found += " from " + source
		}
		l.problem(o.name, "found %s; allowed: %s", found, o.allowed)
	}
}

// find looks in the environment, then in .env.
func (l *loader) find(o option) (value, source string, ok bool) {
	for _, layer := range []struct {
		values map[string]string
		name   string
	}{{l.env, fromEnv}, {l.dotenv, fromDotenv}} {
		value, set := layer.values[o.name]
		if old, oldSet := layer.values[o.old]; oldSet && o.old != "" {
			if set {
				l.warn(o.old, "is the old name of %s, which is set, too, and counts", o.name)
			} else {
				l.warn(o.old, "is the old name of %s and still works; please rename it", o.name)
				value, set = old, true
			}
		}
		if path := layer.values[o.name+fileSuffix]; o.secret && path != "" {
			if value != "" {
				l.problem(o.name, "both %s and %s%s are set (%s); allowed: one of them", o.name, o.name, fileSuffix, layer.name)
				return "", "", false
			}
			return l.fromFile(o, path)
		}
		if set {
			return o.trim(value), layer.name, true
		}
	}
	return "", fromDefault, true
}

// maxSecret bounds a secret's file: a keyset with many rotated keys is a few kB.
const maxSecret = 64 << 10

func (l *loader) fromFile(o option, path string) (value, source string, ok bool) {
	b, err := readLimited(l.c.path(path), maxSecret)
	if err != nil {
		l.problem(o.name+fileSuffix, "the file %q cannot be read: %v; allowed: a file with the value and nothing else", path, cause(err))
		return "", "", false
	}
	value = o.trim(strings.TrimRight(string(b), "\r\n"))
	if value == "" {
		l.problem(o.name+fileSuffix, "the file %q is empty; allowed: a file with the value and nothing else", path)
		return "", "", false
	}
	return value, fromFile + path, true
}

// trim takes the space around a value away, where it cannot be meant.
func (o option) trim(v string) string {
	if o.exact {
		return v
	}
	return strings.TrimSpace(v)
}

func (o option) show(v string) string {
	switch {
	case v == "" || !o.secret:
		return v
	case o.name == "DATABASE_URL":
		return maskDatabaseURL(v)
	case strings.HasSuffix(o.name, "_KEYSET"):
		// Only for keys: a short password could be guessed from it.
		return masked + " " + sealed.Fingerprint(sealed.NewSecret(v))
	}
	return masked
}

// Token gives the token for the next connection, from its file if it has one.
func (c *Config) Token() (string, error) {
	return nextToken("EMAIL_TOKEN_FILE", c.EmailTokenFile, c.EmailToken)
}

// NextToken gives the token for the next connection to the mailbox, from its file if it
// has one; "" when the login is by a password.
func (m *IMAP) NextToken() (string, error) {
	return nextToken("FEEDBACK_IMAP_TOKEN_FILE", m.TokenFile, m.Token)
}

func nextToken(name, file string, fixed sealed.Secret) (string, error) {
	if file == "" {
		return fixed.Reveal(), nil
	}
	b, err := readLimited(file, maxSecret)
	if err != nil {
		return "", studymail.Errorf(studymail.Unavailable, "%s cannot be read: %w", name, cause(err))
	}
	token := strings.TrimSpace(string(b))
	if token == "" || !oneLine(token) {
		return "", studymail.Errorf(studymail.Invalid, "%s must have the token in it and nothing else", name)
	}
	return token, nil
}

func readLimited(path string, most int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, most))
}

// cause leaves out the path, which the message has already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
