package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Home is where a database lives. A copy lives elsewhere, and so does a backup
// that was restored to another file or server.
type Home struct {
	Server  string `json:"server,omitempty"`  // PostgreSQL: the cluster's identifier and the database's number in it
	Machine string `json:"machine,omitempty"` // SQLite: hash of the machine's id; containers have none
	Path    string `json:"path,omitempty"`
	Inode   uint64 `json:"inode,omitempty"`
	Born    int64  `json:"born,omitempty"` // when the file was made, in nanoseconds; not all file systems tell
}

// Home tells where the database lives now.
func (s *Store) Home(ctx context.Context) (Home, error) {
	if s.kind == Postgres {
		return s.homePostgres(ctx)
	}
	path, err := filepath.Abs(strings.TrimPrefix(s.url, "sqlite:"))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return Home{}, fmt.Errorf("find the database file: %w", err)
	}
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return Home{}, fmt.Errorf("look at the database file: %w", err)
	}
	h := Home{Machine: machine(), Path: path, Inode: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		h.Born = st.Btime.Sec*1e9 + int64(st.Btime.Nsec)
	}
	return h, nil
}

// machine names this machine, to nobody else: machine-id(5) asks for a hash.
func machine() string {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil || len(id) < 32 {
		return ""
	}
	sum := sha256.Sum256(append([]byte("studymail machine "), id...))
	return hex.EncodeToString(sum[:8])
}

func (s *Store) homePostgres(ctx context.Context) (Home, error) {
	var h Home
	err := s.Read(ctx, func(tx *Tx) error {
		const what = "find out which PostgreSQL this is"
		var (
			number  int64
			allowed bool
			cluster string
		)
		if _, err := tx.one(ctx, what, `SELECT oid::bigint, has_function_privilege('pg_control_system()', 'execute')
			FROM pg_database WHERE datname = current_database()`, nil, &number, &allowed); err != nil {
			return err
		}
		if allowed { // as everywhere, unless someone has taken it away
			if _, err := tx.one(ctx, what, `SELECT system_identifier::text FROM pg_control_system()`, nil, &cluster); err != nil {
				return err
			}
		}
		h.Server = fmt.Sprintf("%s/%d", cluster, number)
		return nil
	})
	return h, err
}

func readHome(text string) (Home, error) {
	var h Home
	if text == "" {
		return h, nil
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return h, fmt.Errorf("read where the database was: %w", err)
	}
	return h, nil
}

func (h Home) text() (string, error) {
	b, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("note where the database is: %w", err)
	}
	return string(b), nil
}

// is tells whether a database that was here is the one that is there now.
func (h Home) is(now Home) bool {
	if h.Server != "" || now.Server != "" {
		return h.Server == now.Server
	}
	return h.mayBeMachine(now) && h.Inode == now.Inode && h.Born == now.Born && (h.Born != 0 || h.Path == now.Path)
}

// movedTo tells whether a SQLite file may have been moved, and not copied: it is
// not where it was. On file systems that number their files anew each time they
// are mounted, it is.
func (h Home) movedTo(now Home) bool {
	if h.Server != "" || now.Server != "" || !h.mayBeMachine(now) {
		return false
	}
	was, err := os.Stat(h.Path)
	if err != nil {
		return os.IsNotExist(err)
	}
	is, err := os.Stat(now.Path)
	return err == nil && os.SameFile(was, is)
}

func (h Home) mayBeMachine(now Home) bool {
	return h.Machine == now.Machine || h.Machine == "" || now.Machine == ""
}
