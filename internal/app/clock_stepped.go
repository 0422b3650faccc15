//go:build testclock

// The clock of the binary that the chaos campaigns run, built with
// -tags testclock. What everybody else runs has none of this (a test of
// internal/e2e looks for the names of these variables in it).

package app

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TESTCLOCK_FILE names a file of eight bytes: by how many seconds this machine's
// clock is wrong, little-endian. All processes of a test share it, and the test
// writes it while they run. TESTCLOCK_LEASE is the lease of workers, so that a
// test need not sleep half a minute to outlast it.
var (
	offset = mapped(os.Getenv("TESTCLOCK_FILE"))
	lease  = duration(os.Getenv("TESTCLOCK_LEASE"))
)

// Clock is the machine's clock, as if someone had set it.
func Clock() time.Time {
	t := time.Now()
	if offset == nil {
		return t
	}
	return set(t, int64(binary.LittleEndian.Uint64(offset)))
}

// set moves what a time says and not its monotonic reading: so it is with a
// machine whose clock is set. time.Time has no method for that (Add moves both),
// so this knows its layout: a bit, 33 of seconds, 30 of nanoseconds.
func set(t time.Time, seconds int64) time.Time {
	wall := (*uint64)(unsafe.Pointer(&t)) //nolint:gosec // see above; init looks whether it is still so
	*wall += uint64(seconds) << 30
	return t
}

func init() {
	for _, seconds := range []int64{3600, -3600} {
		now := time.Now()
		if then := set(now, seconds); then.Unix()-now.Unix() != seconds || then.Sub(now) != 0 {
			wrong("time.Time is not laid out as it was", nil)
		}
	}
}

func mapped(path string) []byte {
	if path == "" {
		return nil
	}
	f, err := os.Open(path) //nolint:gosec // the test names it
	if err != nil {
		wrong("TESTCLOCK_FILE", err)
	}
	defer f.Close()
	b, err := unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		wrong("TESTCLOCK_FILE", err)
	}
	return b
}

func duration(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		wrong("TESTCLOCK_LEASE", err)
	}
	return d
}

func wrong(what string, err error) {
	fmt.Fprintln(os.Stderr, "testclock:", what, err)
	os.Exit(1)
}
