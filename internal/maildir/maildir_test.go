package maildir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studymail"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *Folder {
	t.Helper()
	f, err := Open(path, testTime)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return f
}

func files(t testing.TB, f *Folder, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.Path(), dir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t testing.TB, f *Folder, id studymail.ID) string {
	t.Helper()
	r, err := f.Open(t.Context(), id)
	if err != nil {
		t.Fatalf("Open %s: %v", id, err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDeliverPutsTheExactBytesInNew(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "deep", "mail"))
	id := studymail.NewID()
	const mail = "Subject: x\r\n\r\n.dot\r\nno end"
	already, err := f.Deliver(t.Context(), id, []byte(mail))
	if err != nil || already {
		t.Fatalf("Deliver = %v, %v; want false, nil", already, err)
	}
	if got := read(t, f, id); got != mail {
		t.Errorf("read back %q, want %q", got, mail)
	}
	names := files(t, f, "new")
	if len(names) != 1 || !strings.Contains(names[0], id.String()) || strings.ContainsAny(names[0], "/:") {
		t.Errorf("names in new = %q; want one with the UUID, without / and :", names)
	}
	if left := files(t, f, "tmp"); len(left) != 0 {
		t.Errorf("left in tmp: %q", left)
	}
}

func TestModesKeepOthersOut(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	id := studymail.NewID()
	if _, err := f.Deliver(t.Context(), id, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{"": 0o700, "tmp": 0o700, "new": 0o700, "cur": 0o700, "new/" + nameOf(id): 0o600} {
		info, err := os.Stat(filepath.Join(f.Path(), path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %q = %o, want %o", path, got, want)
		}
	}
}

func TestOpenLeavesAnExistingFolderAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil { //nolint:gosec // the test is about this mode
		t.Fatal(err)
	}
	f := open(t, dir)
	id := studymail.NewID()
	if _, err := f.Deliver(t.Context(), id, []byte("x")); err != nil {
		t.Fatal(err)
	}
	f = open(t, dir)
	if has, err := f.Has(t.Context(), id); err != nil || !has {
		t.Errorf("Has after opening again = %v, %v; want true", has, err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o750 {
		t.Errorf("mode of the folder changed to %o", info.Mode().Perm())
	}
}

// A mail program moves what was read to cur, and changes flags there.
func TestSecondDeliveryFindsTheMailWhereverItIs(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"new/%s", "cur/%s", "cur/%s:2,", "cur/%s:2,RS"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			f := open(t, filepath.Join(t.TempDir(), "mail"))
			id := studymail.NewID()
			if has, err := f.Has(t.Context(), id); err != nil || has {
				t.Fatalf("Has before = %v, %v; want false", has, err)
			}
			if _, err := f.Deliver(t.Context(), id, []byte("first")); err != nil {
				t.Fatal(err)
			}
			from, to := filepath.Join(f.Path(), "new", nameOf(id)), filepath.Join(f.Path(), fmt.Sprintf(where, nameOf(id)))
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
			// Another process has nothing in memory; ours has an old reading of cur.
			for name, g := range map[string]*Folder{"same": f, "another": open(t, f.Path())} {
				if has, err := g.Has(t.Context(), id); err != nil || !has {
					t.Errorf("%s process: Has = %v, %v; want true", name, has, err)
				}
				if already, err := g.Deliver(t.Context(), id, []byte("second")); err != nil || !already {
					t.Errorf("%s process: Deliver = %v, %v; want true", name, already, err)
				}
				if got := read(t, g, id); got != "first" {
					t.Errorf("%s process: content = %q; want the first delivery's", name, got)
				}
			}
			if n := len(files(t, f, "new")) + len(files(t, f, "cur")); n != 1 {
				t.Errorf("%d files, want 1", n)
			}
		})
	}
}

func TestCurIsReadAgainOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(f.Path(), "cur"), old, old); err != nil {
		t.Fatal(err)
	}
	first, err := f.readCur()
	if err != nil {
		t.Fatal(err)
	}
	id := studymail.NewID()
	first[id] = "mark" // a later reading that still has it did not read the directory
	again, _ := f.readCur()
	if again[id] != "mark" {
		t.Error("cur was read again though nothing changed")
	}
	if err := os.WriteFile(filepath.Join(f.Path(), "cur", nameOf(id)+":2,S"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again, _ = f.readCur()
	if again[id] != nameOf(id)+":2,S" {
		t.Error("cur was not read again after a change")
	}
}

// A process that dies leaves its half-written file in tmp, and nothing in new.
func TestDiedDeliveryCanBeRepeatedAndIsSweptLater(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	id := studymail.NewID()
	half := filepath.Join(f.Path(), "tmp", nameOf(id)+".123")
	if err := os.WriteFile(half, []byte("hal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if has, err := f.Has(t.Context(), id); err != nil || has {
		t.Fatalf("Has = %v, %v; a half-written mail is not delivered", has, err)
	}
	if already, err := f.Deliver(t.Context(), id, []byte("whole")); err != nil || already {
		t.Fatalf("Deliver = %v, %v; want false, nil", already, err)
	}
	if got := read(t, f, id); got != "whole" {
		t.Errorf("content = %q", got)
	}
	for _, age := range []struct {
		since time.Duration
		kept  bool
	}{{35 * time.Hour, true}, {37 * time.Hour, false}} {
		at := testTime.Add(-age.since)
		if err := os.Chtimes(half, at, at); err != nil {
			t.Fatal(err)
		}
		open(t, f.Path())
		if _, err := os.Stat(half); (err == nil) != age.kept {
			t.Errorf("after %s: stat = %v, kept should be %v", age.since, err, age.kept)
		}
	}
}

func TestDeliverBatch(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	there := studymail.NewID()
	if _, err := f.Deliver(t.Context(), there, []byte("there")); err != nil {
		t.Fatal(err)
	}
	mails := []Mail{{ID: there, Bytes: []byte("again")}, {Bytes: []byte("no UUID")}}
	for i := range 100 {
		mails = append(mails, Mail{ID: studymail.NewID(), Bytes: []byte(strings.Repeat("x", i))})
	}
	out := f.DeliverBatch(t.Context(), mails)
	if len(out) != len(mails) {
		t.Fatalf("%d results for %d mails", len(out), len(mails))
	}
	if !out[0].Already || out[0].Err != nil {
		t.Errorf("the mail that was there: %+v", out[0])
	}
	if out[1].Err == nil {
		t.Error("a mail without a UUID was taken")
	}
	for i, d := range out[2:] {
		if d.Already || d.Err != nil {
			t.Errorf("mail %d: %+v", i, d)
		}
		if got := read(t, f, mails[i+2].ID); got != string(mails[i+2].Bytes) {
			t.Errorf("mail %d: content has %d bytes, want %d", i, len(got), i)
		}
	}
	if out := f.DeliverBatch(t.Context(), nil); len(out) != 0 {
		t.Errorf("empty batch: %v", out)
	}
}

func TestSameMailFromManyAtOnceIsThereOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	var ids [20]studymail.ID
	for i := range ids {
		ids[i] = studymail.NewID()
	}
	var wg sync.WaitGroup
	for range 8 {
		f := open(t, dir) // as eight processes
		wg.Go(func() {
			for _, id := range ids {
				if _, err := f.Deliver(t.Context(), id, []byte(id.String())); err != nil {
					t.Errorf("Deliver: %v", err)
				}
			}
		})
	}
	wg.Wait()
	f := open(t, dir)
	if n := len(files(t, f, "new")); n != len(ids) {
		t.Errorf("%d files, want %d", n, len(ids))
	}
	for _, id := range ids {
		if got := read(t, f, id); got != id.String() {
			t.Errorf("content of %s = %q", id, got)
		}
	}
}

func TestListNewestFirst(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	var ids []studymail.ID
	for i := range 5 {
		id := studymail.NewID()
		ids = append(ids, id)
		if _, err := f.Deliver(t.Context(), id, bytes.Repeat([]byte("x"), i+1)); err != nil {
			t.Fatal(err)
		}
		at := testTime.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(filepath.Join(f.Path(), "new", nameOf(id)), at, at); err != nil {
			t.Fatal(err)
		}
	}
	// One is read, and two files are not ours.
	name := nameOf(ids[1])
	if err := os.Rename(filepath.Join(f.Path(), "new", name), filepath.Join(f.Path(), "cur", name+":2,S")); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"new/1772366400.M1P2.example.org", "cur/1." + ids[0].String() + ".studymail"} {
		if err := os.WriteFile(filepath.Join(f.Path(), other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, total, err := f.List(t.Context(), 0)
	if err != nil || total != 5 || len(all) != 5 {
		t.Fatalf("List = %d of %d, %v; want 5 of 5", len(all), total, err)
	}
	for i, e := range all {
		k := 4 - i
		want := Entry{ID: ids[k], Size: int64(k + 1), At: testTime.Add(time.Duration(k) * time.Minute), Read: k == 1}
		if e != want {
			t.Errorf("entry %d = %+v, want %+v", i, e, want)
		}
	}
	two, total, err := f.List(t.Context(), 2)
	if err != nil || total != 5 || len(two) != 2 || two[0].ID != ids[4] {
		t.Errorf("List(2) = %v of %d, %v", two, total, err)
	}
}

func TestOpenOfAnUnknownMail(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "mail"))
	_, err := f.Open(t.Context(), studymail.NewID())
	if studymail.CodeOf(err) != studymail.NotFound {
		t.Errorf("err = %v, want not found", err)
	}
}

func TestWrongFolders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	half := t.TempDir()
	if err := os.WriteFile(filepath.Join(half, "cur"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		code studymail.Code
		say  string
	}{
		"none":          {"", studymail.Invalid, "set MAILDIR_PATH"},
		"a file":        {file, studymail.Unavailable, "a file stands where"},
		"below a file":  {filepath.Join(file, "mail"), studymail.Unavailable, "a file stands where"},
		"cur is a file": {half, studymail.Unavailable, "a file stands where"},
	} {
		_, err := Open(c.path, testTime)
		if studymail.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v; want %s with %q", name, err, c.code, c.say)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	f := &Folder{path: "/m"}
	for err, say := range map[error]string{
		syscall.ENOSPC: "free some space",
		syscall.EDQUOT: "free some space",
		syscall.EROFS:  "read-only",
		syscall.EACCES: "no permission",
		syscall.ENOENT: "start studymail again",
		syscall.EMFILE: "ulimit",
		syscall.EIO:    "check the disk",
	} {
		got := f.explain("write to", &fs.PathError{Op: "write", Path: "x", Err: err})
		if studymail.CodeOf(got) != studymail.Unavailable || !strings.Contains(got.Error(), say) || !errors.Is(got, err) {
			t.Errorf("%v: %v; want %q", err, got, say)
		}
	}
}

// tiny mounts a file system of 64 KiB where the tests run as root.
func tiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("studymail-test", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs the right to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestFullDiskLosesNothingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	f := open(t, dir)
	mails := make([]Mail, 32)
	for i := range mails {
		mails[i] = Mail{ID: studymail.NewID(), Bytes: bytes.Repeat([]byte("x"), 8<<10)}
	}
	out := f.DeliverBatch(t.Context(), mails)
	var good, full int
	for i, d := range out {
		switch {
		case d.Err == nil:
			good++
		case errors.Is(d.Err, syscall.ENOSPC) && strings.Contains(d.Err.Error(), "disk is full"):
			full++
		default:
			t.Errorf("mail %d: %v", i, d.Err)
		}
	}
	if good == 0 || full == 0 {
		t.Fatalf("%d delivered, %d refused; want some of each", good, full)
	}
	if names := files(t, f, "new"); len(names) != good {
		t.Errorf("%d files in new, %d said to be delivered", len(names), good)
	}
	if left := files(t, f, "tmp"); len(left) != 0 {
		t.Errorf("left in tmp: %q", left)
	}
	for _, name := range files(t, f, "new") { // space is made
		if err := os.Remove(filepath.Join(dir, "new", name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Deliver(t.Context(), mails[0].ID, mails[0].Bytes); err != nil {
		t.Errorf("after making space: %v", err)
	}
}

func TestReadOnlyFolderIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	dir := tiny(t)
	f := open(t, dir)
	if err := syscall.Mount("studymail-test", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, testTime); studymail.CodeOf(err) != studymail.Unavailable || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Open: %v; want read-only", err)
	}
	if _, err := f.Deliver(t.Context(), studymail.NewID(), nil); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Deliver: %v; want read-only", err)
	}
}

func BenchmarkDeliver(b *testing.B) {
	mail := bytes.Repeat([]byte("x"), 2<<10)
	for _, size := range []int{1, 16, 64, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := open(b, filepath.Join(b.TempDir(), "mail"))
			mails := make([]Mail, size)
			for b.Loop() {
				for i := range mails {
					mails[i] = Mail{ID: studymail.NewID(), Bytes: mail}
				}
				for _, d := range f.DeliverBatch(b.Context(), mails) {
					if d.Err != nil {
						b.Fatal(d.Err)
					}
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}
