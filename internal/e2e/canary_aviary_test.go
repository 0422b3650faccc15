package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// aviary is an installation with canaries in it.
type aviary struct {
	*site
	detector *detector
	relay    *smtptest.Server
	cluster  string            // the folder of PostgreSQL's server
	said     []namedOutput     // everything on any console, and HTTP's answers
	patients map[string]string // UUIDs by username
}

type namedOutput struct{ by, text string }

func newAviary(t *testing.T, kind store.Kind) *aviary {
	t.Helper()
	a := &aviary{detector: newDetector(canaryWords()...)}
	if kind == store.Postgres {
		// A server of its own, which logs every statement with its parameters: what
		// the program says to it is to be free of canaries, too.
		cluster := pgtest.New(t, pgtest.Options{})
		a.site = bare(t, kind, cluster.Database(t))
		a.alter("log_parameter_max_length = -1", "log_statement = 'all'")
		a.cluster = filepath.Dir(a.ask("SHOW data_directory"))
	} else {
		a.site = bare(t, kind, "")
	}
	a.relay = smtptest.Start(t, smtptest.Config{})
	if err := os.Mkdir(filepath.Join(a.dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	a.set("TMPDIR", filepath.Join(a.dir, "tmp"), "PUBLIC_URL", "https://studies.example.org", "BOUNCE_DOMAIN", "bounce.example.org",
		"LOG_LEVEL", "DEBUG", "RETRY_BASE", "100ms", "SWEEP_EVERY", "1s", "MAX_ATTEMPTS", "5")
	a.say("init")
	a.say("provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--contact", "Dr Smith")
	a.say("study", "add", "--name", tracer)
	a.write("letter.md", "Dear {{ patient_full_name }} ({{ patient_username }}),\n\n"+letter+"\nNo thanks: {{ unsubscribe_url }}\n")
	a.say("template", "add", "--name", "invitation", "--subject", "{{ patient_first_name }}: about {{ study_name }}", "--file", "letter.md")
	return a
}

// tracer is the study's name, which stands in clear: what finds it looks in the
// right places.
const tracer = "Marderbiss"

func (a *aviary) alter(settings ...string) {
	a.tb.Helper()
	for _, s := range settings {
		a.exec("ALTER SYSTEM SET " + s)
	}
	a.exec("SELECT pg_reload_conf()")
	name, want, _ := strings.Cut(settings[len(settings)-1], " = ")
	eventually(a.tb, 10*time.Second, "the settings are in force", func() bool { return a.ask("SHOW "+name) == strings.Trim(want, "'") })
}

func (a *aviary) ask(query string) string {
	a.tb.Helper()
	answer := ""
	a.look(query, func(rows *sql.Rows) error { return rows.Scan(&answer) })
	return answer
}

// heard keeps what was written to some console.
func (a *aviary) heard(by, text string) { a.said = append(a.said, namedOutput{by, text}) }

// try runs a command and keeps what it says.
func (a *aviary) try(args ...string) result {
	a.tb.Helper()
	r := a.run(args...)
	a.heard("studymail "+strings.Join(args, " "), r.out+r.err)
	return r
}

// say runs a command that has to work, likewise.
func (a *aviary) say(args ...string) string {
	a.tb.Helper()
	r := a.try(args...)
	if r.code != 0 {
		a.tb.Fatalf("studymail %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// identify reads who is who, which needs --reveal: its output may have canaries.
func (a *aviary) identify() {
	a.tb.Helper()
	var all []struct{ ID, Username, Email string }
	a.read(&all, "patient", "list", "--reveal")
	a.patients = map[string]string{}
	for _, p := range all {
		a.patients[p.Username] = p.ID
	}
	if a.patients[canaryUsername(1)] == "" {
		a.tb.Fatal("--reveal does not show the canary's username")
	}
}

func (a *aviary) patient(i int) string { return a.patients[canaryUsername(i)] }

func (a *aviary) firstMail() string {
	a.tb.Helper()
	name := ""
	eventually(a.tb, 20*time.Second, "the mail is in the folder", func() bool {
		names, _ := filepath.Glob(filepath.Join(a.dir, "mail", "new", "*"))
		if len(names) > 0 {
			name = names[0]
		}
		return name != ""
	})
	return name
}

func (a *aviary) relayTo() { a.sendTo(a.relay.Addr()) }

// end stops a server in order and keeps what it said.
func (a *aviary) end(p *server) {
	a.tb.Helper()
	p.stop(20 * time.Second)
	a.heard("serve", p.log.text())
}

// readSaid is read, of output that is kept.
func (a *aviary) readSaid(v any, args ...string) {
	a.tb.Helper()
	out := a.say(append(args[:len(args):len(args)], "--json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		a.tb.Fatalf("studymail %s --json: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// askHTTP asks for what is there, and for canaries.
func (a *aviary) askHTTP() {
	a.tb.Helper()
	for _, path := range []string{"/", "/healthz", "/readyz", "/health", "/nothing", "/u/" + strings.Repeat("a", 60)} {
		a.get(path, "")
	}
	a.get("/patients/"+url.PathEscape(canaryAddress(1))+"?q="+url.QueryEscape("Quillwöstra"), "")
	a.get("/health?patient="+url.QueryEscape(canaryUsername(1)), "")
	a.get("/", "vexandrine.example.org")
	conn, err := net.Dial("tcp", a.addr)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "QUILLWOSTRA vexandrine xq7vanquelle\r\nHost: \x01wimplotz\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	a.heard("HTTP, not understood", string(answer))
}

func (a *aviary) get(path, host string) {
	a.tb.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+a.addr+path, nil)
	if err != nil {
		a.tb.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_ = res.Header.Write(&b)
	if _, err := b.ReadFrom(res.Body); err != nil {
		a.tb.Fatal(err)
	}
	a.heard("HTTP "+path, b.String())
}

func (a *aviary) exec(query string) {
	a.tb.Helper()
	db, err := sql.Open("pgx", a.url)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		a.tb.Fatal(err)
	}
}
