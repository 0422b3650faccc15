package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestALossOfPowerLosesNothing takes the disk of a working installation as it is
// at one instant, without what the kernel had not written to it yet, and goes on
// with that on a machine that was started anew: another boot id. The journal tells
// nothing then; the hand-over windows do, which were durable before their mail
// left (the fault table's row of a loss of power; PostgreSQL's disk is its own
// business, and internal/outbox has the rest of the row on both databases).
//
// Seen to fail: with synchronous=OFF mails are sent twice.
func TestALossOfPowerLosesNothing(t *testing.T) {
	t.Parallel()
	rng := dice(t)
	s := clinic(t, store.SQLite, 2000)
	disk := newDisk(t)
	at := disk.mount(t)
	s.onto(at)
	s.set("STATE_DIR", filepath.Join(at, "state"), "TESTCLOCK_LEASE", "3s")
	s.program = stepped
	sink := slowSink(t)
	s.sendTo(sink.addr)
	campaign := s.start()
	// What is older than this a disk has, one way or another.
	if err := exec.Command("sync", "-f", at).Run(); err != nil {
		t.Fatal(err)
	}
	p := s.serve()
	sink.in(100 + rng.IntN(1000))
	p.kill()
	after := disk.asItIs(t)
	at = after.mount(t)
	s.env["DATABASE_URL"], s.env["STATE_DIR"] = "sqlite:"+filepath.Join(at, "studymail.db"), filepath.Join(at, "state")
	s.url = s.env["DATABASE_URL"]
	s.through = otherBoot(t)
	p = s.serve()
	n := s.finished(campaign, whileWorking)
	p.stop(15 * time.Second)
	taken := compare(t, s.outbox("--campaign", campaign), sink.read())
	if n.Sent+n.Uncertain != n.Planned || n.Uncertain > connections*store.MaxWindow {
		t.Errorf("it ended as %+v", n)
	}
	t.Logf("%d of %d are uncertain, %d of them taken", n.Uncertain, n.Planned, taken)
}

// blockDisk is a file system in a file. What is written to it and not synced is
// in the kernel's memory only.
type blockDisk struct{ image string }

func newDisk(t *testing.T) blockDisk {
	t.Helper()
	d := blockDisk{filepath.Join(t.TempDir(), "disk")}
	f, err := os.Create(d.image)
	if err == nil {
		err = f.Truncate(96 << 20)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	command(t, "mkfs.ext4", "-q", "-F", d.image)
	return d
}

// mount gives the folder that the disk is mounted at. The file system does not
// write by itself for as long as a test takes.
func (d blockDisk) mount(t *testing.T) string {
	t.Helper()
	needsRoot(t)
	dir := t.TempDir()
	command(t, "mount", "-o", "loop,commit=600,noauto_da_alloc", d.image, dir)
	t.Cleanup(func() { command(t, "umount", "--lazy", dir) })
	return dir
}

// asItIs copies the disk behind the back of its file system.
func (d blockDisk) asItIs(t *testing.T) blockDisk {
	t.Helper()
	from, err := os.Open(d.image)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	c := blockDisk{filepath.Join(t.TempDir(), "disk")}
	to, err := os.Create(c.image)
	if err == nil {
		_, err = io.Copy(to, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	to.Close()
	return c
}

// otherBoot starts a command on a machine whose boot id is another.
func otherBoot(t *testing.T) []string {
	t.Helper()
	id := filepath.Join(t.TempDir(), "boot_id")
	put(t, id, []byte("01234567-89ab-4cde-8f01-23456789abcd\n"))
	return []string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"`, id}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
