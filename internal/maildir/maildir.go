package maildir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"studymail"
)

const (
	dirMode  fs.FileMode = 0o700 // mails are personal: nobody else reads them
	fileMode fs.FileMode = 0o600

	// What a delivery that died left in tmp may be removed after 36 hours
	// (https://cr.yp.to/proto/maildir.html).
	staleAfter = 36 * time.Hour

	tmpDir, newDir, curDir = "tmp", "new", "cur"

	host      = "studymail" // not the machine's name: that may be somebody's
	flagsMark = ":"         // what mail programs put between name and flags in cur
)

// Folder is one Maildir. It is safe for concurrent use, also by several
// processes.
type Folder struct {
	path string

	mu      sync.Mutex
	cur     map[studymail.ID]string // the last reading of cur/: UUID → file name
	curTime time.Time               // cur's modification time then; zero: read it anew
}

// Open makes the folder with its tmp, new and cur where they are missing,
// checks that it can be written, and removes what deliveries that died more
// than 36 hours ago left in tmp.
func Open(path string, now time.Time) (*Folder, error) {
	if path == "" {
		return nil, studymail.Errorf(studymail.Invalid, "no Maildir folder: set MAILDIR_PATH")
	}
	f := &Folder{path: path}
	if err := makeDir(path); err != nil {
		return nil, f.explain("make", err)
	}
	for _, d := range []string{tmpDir, newDir, curDir} {
		if err := makeDir(filepath.Join(path, d)); err != nil {
			return nil, f.explain("make", err)
		}
	}
	if err := f.sweepTmp(now); err != nil {
		return nil, err
	}
	if err := f.Try(); err != nil {
		return nil, err
	}
	return f, nil
}

// Path is where the folder is.
func (f *Folder) Path() string { return f.path }

// makeDir makes a directory, its missing parents too, and makes each of them
// durable; one that exists keeps its mode.
func makeDir(path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return errNotDir
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	// Another process that starts now may have made it first.
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Try finds out what the next mail would find out: whether the folder can be written.
func (f *Folder) Try() error {
	file, err := os.CreateTemp(filepath.Join(f.path, tmpDir), "check-*")
	if err != nil {
		return f.explain("write to", err)
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
		return f.explain("write to", err)
	}
	for _, d := range []string{newDir, curDir} {
		if _, err := os.ReadDir(filepath.Join(f.path, d)); err != nil {
			return f.explain("read", err)
		}
	}
	return nil
}

func (f *Folder) sweepTmp(now time.Time) error {
	dir := filepath.Join(f.path, tmpDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return f.explain("read", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || now.Sub(info.ModTime()) < staleAfter {
			continue // gone meanwhile, not ours, or perhaps still being written
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.explain("clean up", err)
		}
	}
	return nil
}

// nameOf is a mail's file name. It is a function of the UUID alone: that is
// what makes a second delivery detectable. The seconds are those of UUIDv7's
// first 48 bits (RFC 9562 §5.7).
func nameOf(id studymail.ID) string {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return fmt.Sprintf("%d.%s.%s", ms/1000, id, host)
}

// idOf reads the UUID from a file name; false for a file that is not ours.
func idOf(name string) (studymail.ID, bool) {
	name, _, _ = strings.Cut(name, flagsMark)
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[2] != host {
		return studymail.ID{}, false
	}
	id, err := studymail.ParseID(parts[1])
	if err != nil || nameOf(id) != name {
		return studymail.ID{}, false
	}
	return id, true
}

// Has tells whether the mail is in the folder, read or unread.
func (f *Folder) Has(ctx context.Context, id studymail.ID) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	path, err := f.find(id)
	return path != "", err
}

// find gives the path of a mail's file; "" when there is none.
func (f *Folder) find(id studymail.ID) (string, error) {
	unread := filepath.Join(f.path, newDir, nameOf(id))
	// A mail program may move the file from new to cur between our two looks:
	// look into new first, then into cur.
	if _, err := os.Lstat(unread); err == nil {
		return unread, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", f.explain("read", err)
	}
	read, err := f.readCur()
	if err != nil {
		return "", err
	}
	if name, ok := read[id]; ok {
		return filepath.Join(f.path, curDir, name), nil
	}
	return "", nil
}

// readCur gives what is in cur. Flags make names there unpredictable, so the
// directory is read; but only when it changed.
func (f *Folder) readCur() (map[studymail.ID]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := filepath.Join(f.path, curDir)
	info, err := os.Stat(dir)
	if err != nil {
		return nil, f.explain("read", err)
	}
	if f.cur != nil && !f.curTime.IsZero() && f.curTime.Equal(info.ModTime()) {
		return f.cur, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, f.explain("read", err)
	}
	cur := make(map[studymail.ID]string, len(entries))
	for _, e := range entries {
		if id, ok := idOf(e.Name()); ok {
			cur[id] = e.Name()
		}
	}
	// A change within the same tick of the file system's clock would not show:
	// believe only a time after which the clock has moved on, which a second
	// look tells for sure.
	f.cur, f.curTime = cur, time.Time{}
	if again, err := os.Stat(dir); err == nil && again.ModTime().Equal(info.ModTime()) && f.settled(info.ModTime()) {
		f.curTime = info.ModTime()
	}
	return cur, nil
}

// settled tells whether the file system's own clock has moved on since t by
// more than its coarsest tick: it touches tmp and compares, because our clock
// and a network file system's need not agree.
func (f *Folder) settled(t time.Time) bool {
	file, err := os.CreateTemp(filepath.Join(f.path, tmpDir), "clock-*")
	if err != nil {
		return false
	}
	info, err := file.Stat()
	_ = file.Close()
	_ = os.Remove(file.Name())
	return err == nil && info.ModTime().Sub(t) > 2*time.Second
}
