// Package statedir keeps what this machine knows by itself, in STATE_DIR: apart
// from the database and from every backup of it. It tells how far on the machine
// has seen each database; one that is behind was restored from a copy.
//
// Here, too, is the erasure log: UUIDs only, for each database, applied again to one
// that was restored before anything else is done with it.
//
// It imports the root package; it must not know the database or the outbox.
package statedir

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"studymail"

	"golang.org/x/sys/unix"
)

// Dir is a machine's state directory. Several processes may use it at once.
type Dir struct{ path string }

// ErrDamaged says that a file is there and says nothing. Files get their place when
// they are whole, so someone else has changed it, or the disk.
var ErrDamaged = errors.New("damaged")

// Open makes the folder where it is missing.
func Open(path string) (*Dir, error) {
	d := &Dir{filepath.Join(path, "databases")}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, studymail.Errorf(studymail.Unavailable, "make the folder for what this machine knows of its databases: %w; give STATE_DIR a folder that can be written", err)
	}
	return d, nil
}

// At is the folder, which need not be there: for looking only.
func At(path string) *Dir { return &Dir{filepath.Join(path, "databases")} }

func (d *Dir) file(database studymail.ID) string {
	return filepath.Join(d.path, database.String()+".counter")
}

// Seen gives the highest counter at which this machine has seen a database; 0: it
// never has. It fails with ErrDamaged when the file says nothing.
func (d *Dir) Seen(database studymail.ID) (int64, error) {
	b, err := os.ReadFile(d.file(database))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how far on database %s was: %w", database, err)
	}
	n, ok := parse(string(b))
	if !ok {
		return 0, fmt.Errorf("read how far on database %s was: the file is %w", database, ErrDamaged)
	}
	return n, nil
}

// Note notes how far on a database is, durably. It never goes back. Call it when
// the database has its own counter durably, not before.
func (d *Dir) Note(database studymail.ID, counter int64) (err error) {
	what := "note how far on database " + database.String() + " is"
	lock, err := os.OpenFile(filepath.Join(d.path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = lock.Close() }()                              // and the lock with it
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil { //nolint:gosec // a file descriptor is small
		return fmt.Errorf("%s: %w", what, err)
	}
	if seen, err := d.Seen(database); err == nil && seen >= counter {
		return nil // another process of this machine was quicker
	}
	path := d.file(database)
	if err := writeWhole(path, format(counter)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// writeWhole replaces a file: after a loss of power it is the old or the new one.
// The caller has the lock, so there is only one file beside it.
func writeWhole(path, text string) error {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

const head = "studymail counter "

// format has a sum behind the number: half of a number is a number, too.
func format(counter int64) string {
	text := head + strconv.FormatInt(counter, 10)
	return fmt.Sprintf("%s %08x\n", text, crc32.ChecksumIEEE([]byte(text)))
}

func parse(text string) (int64, bool) {
	rest, ours := strings.CutPrefix(text, head)
	number, _, ok := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, ours && ok && err == nil && n > 0 && text == format(n)
}
