package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/store"
)

func TestBackupCopiesTheEmbeddedDatabaseAndSaysHowForPostgres(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		if kind == store.Postgres {
			r := d.run(t, "", "backup", "x.dump", "--json")
			if f := oneValue[failure](t, r.out); r.code != exitFailed || !strings.Contains(f.Error, "pg_dump --format=custom") || strings.Contains(f.Error, "postgres://") {
				t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
			}
			return
		}
		got := answer[backedUp](t, d, "backup", "copy.db")
		if got.Patients != 2 || got.People != 2 || got.Bytes == 0 || got.File != filepath.Join(d.sys.Dir, "copy.db") {
			t.Errorf("backup --json: %+v", got)
		}
		noCanary(t, "the copy", d.read(t, "copy.db"))
		if r := d.run(t, "", "backup", "copy.db"); r.code != exitFailed || !strings.Contains(r.err, "is there already, and is not overwritten") {
			t.Errorf("over a file that is there: exit code %d\n%s", r.code, r.err)
		}
		if r := d.run(t, "", "backup"); r.code != exitUsage {
			t.Errorf("without a file: exit code %d", r.code)
		}
		if !strings.Contains(d.must(t, "event", "list"), "backup made") {
			t.Error("there is no event")
		}
		// The copy in the database's place sends nothing.
		d.letter(t)
		for _, name := range []string{"studymail.db", "studymail.db-wal", "studymail.db-shm"} {
			if err := os.RemoveAll(filepath.Join(d.sys.Dir, "data", name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(filepath.Join(d.sys.Dir, "copy.db"), filepath.Join(d.sys.Dir, "data", "studymail.db")); err != nil {
			t.Fatal(err)
		}
		s := d.serve(t)
		if !strings.Contains(s.says.String(), "the database was restored from a file of `studymail backup`; the copy is of") {
			t.Errorf("the server says:\n%s", s.says.String())
		}
	})
}

// Seen to fail: without the look at whether sending is armed.
func TestResolveFromAFileSettlesWhatHasLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		d.letter(t)
		d.must(t, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--yes")
		type row struct {
			ID    string `json:"id"`
			State string `json:"state"`
		}
		all := answer[[]row](t, d, "outbox", "list")
		const other = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
		d.write(t, "mail.log", "Nov 26 03:26:14 mx postfix/cleanup[7]: 4A: message-id=<"+strings.ToUpper(all[0].ID)+"@example.org>\n"+
			"Nov 26 03:26:15 mx postfix/cleanup[7]: 4B: message-id=<"+all[0].ID+"@example.org>\n"+
			"Nov 26 03:26:15 mx postfix/cleanup[7]: 4C: message-id=<"+other+"@example.org> and "+all[1].ID+" in passing\n"+
			strings.Repeat("x", 200_000)+"<"+all[1].ID+"@far behind>\n")
		armed := answer[settled](t, d, "outbox", "resolve", "--from", "mail.log", "--as", "sent", "--yes")
		if armed.Found != 2 || armed.total() != 0 || armed.Left["queued"] != 1 || armed.Unknown != 1 {
			t.Errorf("while sending is armed: %+v", armed)
		}
		if out := d.must(t, "outbox", "resolve", "--from", "mail.log", "--as", "sent", "--yes"); !strings.Contains(out, "studymail disarm") {
			t.Errorf("while sending is armed:\n%s", out)
		}
		d.must(t, "disarm")
		if dry := answer[settled](t, d, "outbox", "resolve", "--from", "mail.log", "--as", "sent", "--dry-run"); !dry.DryRun || dry.Settled["queued"] != 1 {
			t.Errorf("tried: %+v", dry)
		}
		if r := d.run(t, "", "outbox", "resolve", "--from", "mail.log", "--as", "sent"); r.code != exitUsage || !strings.Contains(r.err, "1 message will be settled as sent") {
			t.Errorf("where nobody can be asked: exit code %d\n%s", r.code, r.err)
		}
		if n := len(answer[[]row](t, d, "outbox", "list", "--state", "sent")); n != 0 {
			t.Errorf("%d are sent before anybody said so", n)
		}
		if got := answer[settled](t, d, "outbox", "resolve", "--from", "mail.log", "--as", "sent", "--yes"); got.Settled["queued"] != 1 {
			t.Errorf("settled: %+v", got)
		}
		if got := answer[settled](t, d, "outbox", "resolve", "--from", "mail.log", "--as", "sent", "--yes"); got.Sent != 1 || got.total() != 0 {
			t.Errorf("settled twice: %+v", got)
		}
		if r := d.run(t, all[1].ID+"\n", "outbox", "resolve", "--from", "-", "--as", "sent", "--yes", "--json"); oneValue[settled](t, r.out).Settled["queued"] != 1 {
			t.Errorf("from standard input: %s%s", r.out, r.err)
		}
		for _, m := range all {
			if events := d.must(t, "event", "list", "--about", m.ID); !strings.Contains(events, "as sent, was queued") {
				t.Errorf("events of message %s: %s", m.ID, events)
			}
		}
		for _, wrong := range []struct {
			args string
			code int
			want string
		}{
			{"--from mail.log --as resend", exitUsage, "one by one"},
			{"--dry-run --as sent " + other, exitUsage, "--from"},
			{"--from mail.log --as sent " + other, exitUsage, "no arguments"},
			{"--from none.log --as sent", exitFailed, "none.log"},
			{"--from . --as sent", exitFailed, "no Maildir"},
			{"--from patients.csv --as sent", exitFailed, "names no message"},
		} {
			r := d.run(t, "", append([]string{"outbox", "resolve"}, strings.Fields(wrong.args)...)...)
			if r.code != wrong.code || !strings.Contains(r.err, wrong.want) {
				t.Errorf("%s: exit code %d\n%s", wrong.args, r.code, r.err)
			}
		}
	})
}

// The default transport's folder is a list of what has left, too.
func TestResolveFromAMaildir(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	d.letter(t)
	s := d.serve(t)
	d.must(t, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes")
	s.end()
	if got := answer[settled](t, d, "outbox", "resolve", "--from", "mail", "--as", "sent", "--yes"); got.Found != 2 || got.Sent != 2 {
		t.Errorf("from the Maildir: %+v", got)
	}
}
