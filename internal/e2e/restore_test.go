package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// settlement is what `outbox resolve --from --json` says.
type settlement struct {
	DryRun  bool           `json:"dry_run"`
	Found   int            `json:"found"`
	Settled map[string]int `json:"settled"`
	Sent    int            `json:"already_sent"`
	Left    map[string]int `json:"left"`
	Unknown int            `json:"unknown"`
}

func (s *settlement) total() (n int) {
	for _, k := range s.Settled {
		n += k
	}
	return n
}

// TestARestoredBackupSendsNothingTwice goes through docs/operations.md, Backup and
// Restore, step by step: a backup in mid-campaign, mail goes on, all stops, the backup
// is restored, all starts. Nothing leaves until it is armed; what had left since is
// settled by the mail server's book; then the rest goes, and nobody gets a second mail.
//
// Seen to fail: with a guard that disarms nothing, mail is sent twice as soon as it
// starts; without the settling, when it is armed.
func TestARestoredBackupSendsNothingTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Run("where it was", func(t *testing.T) { restoreAndFinish(t, kind, func(s *site) *site { return s }) })
		t.Run("elsewhere", func(t *testing.T) {
			restoreAndFinish(t, kind, func(s *site) *site {
				o := s.another()
				if kind == store.SQLite {
					o.url = "sqlite:" + filepath.Join(o.dir, "studymail.db")
				} else {
					o.url = emptyDatabase(t)
				}
				o.set("DATABASE_URL", o.url)
				return o
			})
		})
	})
}

func restoreAndFinish(t *testing.T, kind store.Kind, to func(*site) *site) {
	t.Helper()
	s := clinic(t, kind, 2000)
	sink := slowSink(t)
	s.sendTo(sink.addr)
	campaign := s.start()
	p := s.serve()
	sink.in(200)
	backup := filepath.Join(t.TempDir(), "backup")
	s.backUp(backup)
	sink.in(sink.taken() + 400)
	p.stop(15 * time.Second)

	gone := sink.taken()
	s = to(s)
	s.restore(backup)
	s.must("migrate")
	p = s.serve()
	p.says(whileWorking, "Sending is OFF since")
	if c, bad := s.unwell("sending"); !bad || !strings.HasPrefix(c.Value, "OFF since") || !strings.Contains(c.Mend, "studymail arm") {
		t.Errorf("/health says %+v", c)
	}
	eventually(t, whileWorking, "what stood in a window is uncertain", func() bool { return s.show(campaign).Sending == 0 })
	pass(2 * time.Second)
	if n := sink.taken(); n != gone {
		t.Fatalf("%d mails left a database that nobody had armed", n-gone)
	}
	before := s.show(campaign)

	var dry, done settlement
	log := relayLog(t, sink.read())
	s.read(&dry, "outbox", "resolve", "--from", log, "--as", "sent", "--dry-run")
	if again := s.show(campaign); oneLine(t, again) != oneLine(t, before) {
		t.Errorf("a dry run changed\n%+v to\n%+v", before, again)
	}
	s.read(&done, "outbox", "resolve", "--from", log, "--as", "sent", "--yes")
	if dry.DryRun = false; oneLine(t, dry) != oneLine(t, done) || done.Found != gone || done.total() != gone-before.Sent || done.Unknown != 0 {
		t.Errorf("of %d that had left, %d were known; tried: %+v, done: %+v", gone, before.Sent, dry, done)
	}
	for _, m := range s.outbox("--campaign", campaign, "--state", "uncertain") {
		// It stood in a window, and never left.
		s.must("outbox", "resolve", m.ID, "--as", "resend")
	}
	s.must("arm", "--yes")
	s.allOnce(campaign, sink.read)
	p.stop(15 * time.Second)
	t.Logf("%s: %d had left at the backup, %d when it was restored; %v were settled", kind, before.Sent, gone, done.Settled)
}

// relayLog is what a relay's log has of the mails that it took.
func relayLog(t *testing.T, book map[string]int) (file string) {
	t.Helper()
	var b strings.Builder
	for id := range book {
		fmt.Fprintf(&b, "Nov 26 03:26:14 mx postfix/cleanup[4711]: 3F2A1: message-id=<%s@example.org>\n", id)
	}
	file = filepath.Join(t.TempDir(), "mail.log")
	put(t, file, []byte(b.String()))
	return file
}

// backUp makes a backup as docs/operations.md says.
func (s *site) backUp(file string) {
	s.tb.Helper()
	r := s.run("backup", file)
	if s.kind == store.SQLite {
		if r.code != 0 {
			s.tb.Fatalf("backup: exit code %d\n%s%s", r.code, r.out, r.err)
		}
		return
	}
	r.fails(s.tb, "backup of PostgreSQL", "pg_dump --format=custom")
	s.postgres("pg_dump", "--format=custom", "--file="+file, s.url)
}

// restore puts a backup in the database's place.
func (s *site) restore(backup string) {
	s.tb.Helper()
	if s.kind == store.Postgres {
		s.postgres("pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", "--dbname", s.url, backup)
		return
	}
	b, err := os.ReadFile(backup)
	if err != nil {
		s.tb.Fatal(err)
	}
	file := strings.TrimPrefix(s.url, "sqlite:")
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			s.tb.Fatal(err)
		}
	}
	put(s.tb, file, b)
}

// postgres runs one of PostgreSQL's tools.
func (s *site) postgres(tool string, args ...string) []byte {
	s.tb.Helper()
	if all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + tool); len(all) > 0 {
		tool = all[len(all)-1]
	}
	cmd := exec.Command(tool, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.tb.Fatalf("%s: %v\n%s", tool, err, stderr.String())
	}
	return out
}

// TestADatabaseThatGoesBackUnderARunningWorker is disarmed with the worker's next
// sign of life: before it is given a lease on it.
//
// Seen to fail: with a heartbeat that does not look at the counter, mail goes on.
func TestADatabaseThatGoesBackUnderARunningWorker(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 5000)
		sink := slowSink(t)
		s.sendTo(sink.addr)
		campaign := s.start()
		p := s.serve()
		sink.in(50)
		s.exec("UPDATE arming SET counter = 0")
		p.says(whileWorking, "sending is disarmed")
		eventually(t, whileWorking, "what stood in windows has left", func() bool { return s.show(campaign).Sending == 0 })
		at := sink.taken()
		pass(time.Second)
		if n := sink.taken(); n != at || n > 4900 {
			t.Errorf("%d mails had left when it was noticed, %d a second later", at, n)
		}
		s.must("arm", "--yes")
		eventually(t, whileWorking, "mail flows again", func() bool { return sink.taken() > at })
		p.stop(endsWithin)
		compare(t, s.outbox("--campaign", campaign), sink.read())
	})
}
