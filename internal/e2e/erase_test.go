package e2e

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestARestoredBackupErasesAgain makes a backup with a campaign that waits, erases a
// person, restores the backup and arms it: the first command that opens the database
// erases the person again, before it does anything else, and no mail goes to them.
//
// Seen to fail: without keepErased in app.Open.
func TestARestoredBackupErasesAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 20)
		sink := slowSink(t)
		s.sendTo(sink.addr)
		campaign := s.start()
		m := s.outbox("--campaign", campaign)[3]
		var p struct {
			Person string `json:"person"`
			Erased bool   `json:"erased"`
		}
		s.read(&p, "patient", "show", m.Patient)
		backup := filepath.Join(t.TempDir(), "backup")
		s.backUp(backup)
		var wrapped string
		if kind == store.Postgres {
			wrapped = s.text("SELECT encode(wrapped_key, 'hex') FROM people WHERE uuid = decode('" + strings.ReplaceAll(p.Person, "-", "") + "', 'hex')")
			if !strings.Contains(string(s.postgres("pg_dump", s.url)), wrapped) {
				t.Error("a dump from before the erasure does not have the key: what is looked for below is wrong")
			}
		}
		s.must("person", "erase", p.Person, "--yes")
		if kind == store.Postgres && strings.Contains(string(s.postgres("pg_dump", s.url)), wrapped) {
			t.Error("a dump from after the erasure has the key")
		}
		s.restore(backup)
		if n := s.count("SELECT count(*) FROM people WHERE wrapped_key IS NULL"); n != 0 {
			t.Fatalf("the backup has %d erased people", n)
		}
		s.must("arm", "--yes")
		if n := s.count("SELECT count(*) FROM people WHERE wrapped_key IS NULL"); n != 1 {
			t.Errorf("%d people are erased after the first command", n)
		}
		if log := s.readLog(); !strings.Contains(log, "erased again") {
			t.Errorf("the log does not tell:\n%s", log)
		}
		server := s.serve()
		eventually(t, whileWorking, "the campaign is over", func() bool { c := s.show(campaign); return c.Queued+c.Sending+c.Deferred == 0 })
		server.stop(15 * time.Second)
		if sink.read()[m.ID] != 0 {
			t.Error("a letter went to the erased person")
		}
		all := s.outbox("--campaign", campaign)
		i := slices.IndexFunc(all, func(o message) bool { return o.ID == m.ID })
		if all[i].State != "skipped" || all[i].Reason != "erased" {
			t.Errorf("the letter is %+v", all[i])
		}
		if c := s.show(campaign); c.Sent != c.Planned-1 {
			t.Errorf("the others: %+v", c)
		}
	})
}

// count asks the database for a number, beside the program.
func (s *site) count(query string) (n int) {
	s.tb.Helper()
	s.ask(query, &n)
	return n
}

func (s *site) text(query string) (v string) {
	s.tb.Helper()
	s.ask(query, &v)
	return v
}

func (s *site) ask(query string, into any) {
	s.tb.Helper()
	driver, dsn := "pgx", s.url+"&default_query_exec_mode=simple_protocol"
	if s.kind == store.SQLite {
		driver, dsn = "sqlite", "file:"+strings.TrimPrefix(s.url, "sqlite:")+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(s.tb.Context(), query).Scan(into); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *site) readLog() string {
	s.tb.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "logs", "app.log"))
	if err != nil {
		s.tb.Fatal(err)
	}
	return string(b)
}
