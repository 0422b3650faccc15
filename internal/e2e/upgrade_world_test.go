package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// dumpsDir holds a folder for each schema version that was released: keys.env,
// sqlite.db.gz and postgres.sql.
const dumpsDir = "../store/testdata/dumps"

// midFlight makes an installation in the middle of everything: a campaign whose
// worker was killed with its windows open, messages in every state, a campaign
// that waits for its time, one that is paused, people left out.
func midFlight(tb testing.TB, kind store.Kind) *site {
	tb.Helper()
	s := clinic(tb, kind, 0)
	s.write("patients.csv", patients(60)+
		"shared1,Shared,One,shared@example.org,ABCD001,\nshared2,Shared,Two,shared@example.org,ABCD001,\n")
	s.must("import", "patients.csv", "--study", "A", "--yes")
	s.must("template", "add", "--name", "second", "--subject", "Again about {{ study_name }}", "--file", s.letterFile())

	// Three of each campaign's letters go to p2, p4 and p6, and are put off, refused,
	// and taken without an answer. After twelve the server says nothing more.
	sink := startSink(tb,
		"-rule", "at=rcpt,match=p2@example.org,code=451,text=4.2.1 later",
		"-rule", "at=rcpt,match=p4@example.org,code=550,text=5.1.1 no such user",
		"-rule", "at=dot,match=p6@example.org,close,book",
		"-rule", "at=dot,after=12,delay=1h")
	s.sendTo(sink.addr)
	s.set("SMTP_CONNECTIONS", "2", "SMTP_WINDOW", "4", "RETRY_BASE", "1h", "MESSAGE_EXPIRES", "90d")

	cancelled := s.start()
	s.must("campaign", "cancel", cancelled, "--yes")
	s.start("--again", "--name", "the first")
	paused := s.start("--template", "second", "--name", "paused")
	s.must("campaign", "pause", paused)
	s.must("campaign", "create", "--study", "A", "--template", "second", "--cron", "0 9 1 1 *", "--start", "--name", "each year")
	// The template goes on; the campaign keeps its letter.
	s.must("template", "edit", "invitation", "--subject", "Another subject", "--file", s.letterFile())
	for _, m := range s.outbox("--state", "queued")[20:22] {
		s.must("patient", "set", m.Patient, "--cancelled", "Opted out")
	}
	p := s.serve()
	eventually(tb, whileWorking, "the server has gone silent with windows open", func() bool {
		return sink.taken() >= 12 && s.number("SELECT count(*) FROM windows") >= 2
	})
	pass(500 * time.Millisecond) // what can be recorded is
	p.kill()
	one := s.outbox("--state", "queued")[40]
	s.must("send", "--template", "second", "--again", "--patient", one.Patient)
	return s
}

// letterFile writes the letter and gives its name.
func (s *site) letterFile() string {
	s.write("letter.md", letter)
	return "letter.md"
}

// dump writes the site's database and keys into a folder.
func (s *site) dump(dir string) {
	s.tb.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.tb.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(s.dir, ".env"))
	if err != nil {
		s.tb.Fatal(err)
	}
	var keys strings.Builder
	keys.WriteString("# Keys of the databases in this folder. Invented people, nobody's secret.\n")
	for line := range strings.Lines(string(env)) {
		if name, _, _ := strings.Cut(line, "="); strings.HasSuffix(name, "_KEYSET") || name == "SECRET_KEY" {
			keys.WriteString(line)
		}
	}
	put(s.tb, filepath.Join(dir, "keys.env"), []byte(keys.String()))
	if s.kind == store.Postgres {
		put(s.tb, filepath.Join(dir, "postgres.sql"), s.plainDump())
		return
	}
	whole := filepath.Join(s.tb.TempDir(), "whole.db")
	s.exec("VACUUM INTO '" + whole + "'")
	b, err := os.ReadFile(whole)
	if err != nil {
		s.tb.Fatal(err)
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, _ = z.Write(b)
	_ = z.Close() // into memory
	put(s.tb, filepath.Join(dir, "sqlite.db.gz"), packed.Bytes())
}

// plainDump gives a PostgreSQL database as statements. The words to psql in it
// (backslash) are left out: a driver reads it.
func (s *site) plainDump() []byte {
	s.tb.Helper()
	var kept bytes.Buffer
	for line := range bytes.Lines(s.postgres("pg_dump", "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=50", s.url)) {
		if !bytes.HasPrefix(line, []byte(`\`)) {
			kept.Write(line)
		}
	}
	return kept.Bytes()
}

// restored gives an installation with the database of a dump, elsewhere and later.
func restored(tb testing.TB, kind store.Kind, dir string) *site {
	tb.Helper()
	keys, err := os.ReadFile(filepath.Join(dir, "keys.env"))
	if err != nil {
		tb.Fatal(err)
	}
	var s *site
	if kind == store.Postgres {
		text, err := os.ReadFile(filepath.Join(dir, "postgres.sql"))
		if err != nil {
			tb.Fatal(err)
		}
		s = bare(tb, kind, emptyDatabase(tb))
		s.exec(string(text))
	} else {
		f, err := os.Open(filepath.Join(dir, "sqlite.db.gz"))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			tb.Fatal(err)
		}
		s = bare(tb, kind, "")
		put(tb, filepath.Join(s.dir, "studymail.db"), b)
	}
	put(tb, filepath.Join(s.dir, ".env"), keys)
	return s
}

// exec runs SQL beside the program.
func (s *site) exec(query string) {
	s.tb.Helper()
	driver, dsn := "pgx", s.url+"&default_query_exec_mode=simple_protocol"
	if s.kind == store.SQLite {
		driver, dsn = "sqlite", "file:"+strings.TrimPrefix(s.url, "sqlite:")+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := db.ExecContext(ctx, query); err != nil {
		s.tb.Fatalf("%.200s: %v", query, err)
	}
}

// emptyDatabase gives the URL of one on PostgreSQL.
func emptyDatabase(tb testing.TB) string {
	tb.Helper()
	return pgtest.Start(tb)
}

// states counts messages as they stand in the table.
func (s *site) states() map[int]int {
	s.tb.Helper()
	n := map[int]int{}
	// Claimed is a state in old dumps, and a token since.
	s.look("SELECT CASE WHEN state = 10 AND claim_token <> 0 THEN 15 ELSE state END AS stands, count(*) FROM messages GROUP BY stands", func(rows *sql.Rows) error {
		var state, count int
		err := rows.Scan(&state, &count)
		n[state] = count
		return err
	})
	return n
}

func put(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(fmt.Errorf("write a test's file: %w", err))
	}
}
