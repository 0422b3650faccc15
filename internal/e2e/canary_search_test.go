package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"studymail/internal/store"
)

// mayHave are the files in which a canary may stand.
func (a *aviary) mayHave(path string) bool {
	rel, err := filepath.Rel(a.dir, path)
	return err == nil && filepath.Ext(rel) == ".csv"
}

// inMail tells the mails in the Maildir: their names are looked at, not they.
func (a *aviary) inMail(path string) bool {
	return strings.HasPrefix(path, filepath.Join(a.dir, "mail")+string(filepath.Separator))
}

// search looks into all that was written so far.
func (a *aviary) search(when string) {
	a.tb.Helper()
	began, total := time.Now(), 0
	report := func(found []string) {
		for i, f := range found {
			if i == 20 {
				a.tb.Errorf("%s: and %d more", when, len(found)-i)
				return
			}
			a.tb.Errorf("%s: %s", when, f)
		}
	}
	for _, s := range a.said {
		total += len(s.text)
		for _, f := range a.detector.find([]byte(s.text)) {
			report([]string{"the console of " + s.by + ": " + f})
		}
	}
	found, n, err := a.detector.tree(a.dir, func(path string) bool { return a.mayHave(path) || a.inMail(path) })
	if err != nil {
		a.tb.Fatal(err)
	}
	report(found)
	total += n
	names, _ := filepath.Glob(filepath.Join(a.dir, "mail", "*", "*"))
	for _, name := range names {
		for _, f := range a.detector.find([]byte(filepath.Base(name))) {
			report([]string{"the name of a mail: " + f})
		}
	}
	if a.kind == store.Postgres {
		a.exec("CHECKPOINT")
		found, n, err := a.detector.tree(a.cluster, nil)
		if err != nil {
			a.tb.Fatal(err)
		}
		report(found)
		dump := a.dump()
		for _, f := range a.detector.find(dump) {
			report([]string{"pg_dump: " + f})
		}
		total += n + len(dump)
	}
	a.tb.Logf("%s: %d outputs, %d MB searched in %.1f s", when, len(a.said), total>>20, time.Since(began).Seconds())
}

func (a *aviary) dump() []byte {
	a.tb.Helper()
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
		if len(found) == 0 {
			a.tb.Fatal("there is no pg_dump: install Debian's package postgresql-client")
		}
		program = found[len(found)-1]
	}
	cmd := exec.Command(program, "--dbname", a.url)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		a.tb.Fatalf("pg_dump: %v\n%s", err, stderr.String())
	}
	return out
}

// lookElsewhere proves that the search looks where things are written: what may
// stand in clear is found in every place.
func (a *aviary) lookElsewhere(campaign string) {
	a.tb.Helper()
	traces := newDetector(tracer, campaign)
	places := map[string]string{
		"logs/app.log": "", "logs/worker.log": campaign, ".env": "",
	}
	if a.kind == store.SQLite {
		places["studymail.db"], places["studymail.db-wal"], places["studymail.db-shm"] = tracer, "", ""
	}
	for name, trace := range places {
		b, err := os.ReadFile(filepath.Join(a.dir, name))
		if err != nil || len(b) == 0 {
			a.tb.Errorf("%s: %v, %d bytes", name, err, len(b))
			continue
		}
		if trace != "" && len(traces.find(b)) == 0 {
			a.tb.Errorf("%s does not have %s: is it the right file?", name, trace)
		}
	}
	for _, folder := range []string{"state", "mail", "tmp"} {
		if _, err := os.Stat(filepath.Join(a.dir, folder)); err != nil {
			a.tb.Error(err)
		}
	}
	if a.kind == store.Postgres {
		for _, folder := range []string{"data/base", "data/pg_wal", "."} {
			found, _, err := traces.tree(filepath.Join(a.cluster, folder), nil)
			if err != nil || len(found) == 0 {
				a.tb.Errorf("PostgreSQL's %s does not have %s: %v", folder, tracer, err)
			}
		}
		if len(traces.find(a.dump())) == 0 {
			a.tb.Errorf("the dump does not have %s", tracer)
		}
		if b, err := os.ReadFile(filepath.Join(a.cluster, "server.log")); err != nil || !bytes.Contains(b, []byte("INSERT INTO")) {
			a.tb.Errorf("PostgreSQL does not log statements: %v", err)
		}
	}
	heard := ""
	for _, s := range a.said {
		heard += s.text
	}
	for _, w := range []string{tracer, campaign, "message deferred", "q•••@e•••.org", "goroutine ", "job failed", `"place":"studymail/`, "[removed]"} {
		if !strings.Contains(heard, w) {
			a.tb.Errorf("%q is on no console: is everything kept?", w)
		}
	}
}
