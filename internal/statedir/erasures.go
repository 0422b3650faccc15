package statedir

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"studymail"

	"golang.org/x/sys/unix"
)

// The erasure log of a database has a line for each person who was erased: the UUID,
// and a sum, since half a line may be all that a loss of power leaves.

func (d *Dir) erasures(database studymail.ID) string {
	return filepath.Join(d.path, database.String()+".erasures")
}

// Erased lists who was erased, the first one first. Lines that say nothing, as a loss
// of power leaves one, are passed over: what was to be noted there was not done yet.
func (d *Dir) Erased(database studymail.ID) ([]studymail.ID, error) {
	b, err := os.ReadFile(d.erasures(database))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the erasure log of database %s: %w; erased people could come back with a restored backup: see to STATE_DIR first", database, err)
	}
	var all []studymail.ID
	for line := range strings.Lines(string(b)) {
		if id, ok := parseErasure(line); ok {
			all = append(all, id)
		}
	}
	return all, nil
}

// NoteErased notes durably who is about to be erased, or was by another machine. Who
// stands there already is not written again.
func (d *Dir) NoteErased(database studymail.ID, people ...studymail.ID) (err error) {
	what := "note an erasure of database " + database.String()
	if len(people) == 0 {
		return nil
	}
	f, err := os.OpenFile(d.erasures(database), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()          // and the lock with it
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil { //nolint:gosec // a file descriptor is small
		return fmt.Errorf("%s: %w", what, err)
	}
	there, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	known := map[studymail.ID]bool{}
	for line := range strings.Lines(string(there)) {
		if id, ok := parseErasure(line); ok {
			known[id] = true
		}
	}
	var text bytes.Buffer
	if len(there) > 0 && there[len(there)-1] != '\n' {
		text.WriteByte('\n') // behind half a line
	}
	for _, id := range people {
		if !known[id] {
			text.WriteString(formatErasure(id))
			known[id] = true
		}
	}
	if _, err := f.Write(text.Bytes()); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	// Also when all stand there: whoever wrote them may not have come this far.
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	dir, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func formatErasure(id studymail.ID) string {
	return fmt.Sprintf("%s %08x\n", id, crc32.ChecksumIEEE(id[:]))
}

func parseErasure(line string) (studymail.ID, bool) {
	word, _, _ := strings.Cut(line, " ")
	id, err := studymail.ParseID(word)
	return id, err == nil && line == formatErasure(id)
}
