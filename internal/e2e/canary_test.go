package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/logs"
	"studymail/internal/smtptest"
	"studymail/internal/store"
)

// The canaries share words that nobody else has.
func canaryWords() []string {
	return []string{"xq7vanquelle", "Quillwöstra", "Vexandrine", "quillwostra", "wimplotz"}
}

// What becomes of each canary.
const (
	deferredThenRefused = iota + 1
	sentCanary
	unknownMailbox
	throttledOnce
	optedOutCanary
	inMaildir
	inDoubt
	inDump
	canaries = inDump
)

const canaryName = "Quillwöstra Vexandrine"

func canaryUsername(i int) string { return fmt.Sprintf("xq7vanquelle.%d", i) }

func canaryAddress(i int) string { return fmt.Sprintf("quillwostra.vexandrine.%d@example.org", i) }

// TestTheCanaryIsFoundNowhereOutside plants canaries, does everything that can be
// done with the program, well and badly, and then looks for their names,
// usernames and addresses wherever anything was written. I5.
//
// What a canary may stand in: the files to import and the files' names as typed,
// the mails in a Maildir, the SMTP server's own book, and what --reveal shows.
//
// Seen to fail, each time in the places named: with the username logged once as
// "reply" in the outbox (the worker's log, the console); with the person's values
// not handed to the scrubber (outbox show, doctor, /health, the database); with
// the server's words kept in smtpError (the console, the worker's log, transports, PostgreSQL's WAL);
// with the panic's value in a job's failure (River's table, the log); with
// Key.Seal packing without sealing (the database, its WAL, what PostgreSQL logs);
// with ParseID quoting what was typed (standard error).
func TestTheCanaryIsFoundNowhereOutside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		a := newAviary(t, kind)
		a.importCanaries()
		a.typeCanaries()
		a.deliverToMaildir()
		campaign := a.sendAndFail()
		a.comeBack()
		a.search("after sending, and what came back")
		a.killInHandOver()
		a.dumpInHandOver()
		a.failJobs()
		a.showEverything(campaign)
		a.killAtLast()
		a.search("at the end")
		a.lookElsewhere(campaign)
	})
}

// deliverToMaildir: names of files are looked at, the mails themselves are not.
func (a *aviary) deliverToMaildir() {
	a.tb.Helper()
	a.say("send", "--template", "invitation", "--patient", a.patient(inMaildir))
	p := a.serve()
	mail, err := os.ReadFile(a.firstMail())
	if err != nil || !strings.Contains(string(mail), canaryAddress(inMaildir)) {
		a.tb.Fatalf("the mail is not the canary's: %v\n%s", err, mail)
	}
	a.end(p)
	a.relayTo()
}

// quoting are replies' words in which a server gives a canary back.
func quoting(i int) string {
	name, address := canaryName, canaryAddress(i)
	return strings.Join([]string{
		`<` + address + `>`, `"` + name + `" <` + address + `>`, name, strings.ToUpper(name), canaryUsername(i),
		base64.StdEncoding.EncodeToString([]byte(address)), base64.StdEncoding.EncodeToString([]byte("x" + name)),
		url.QueryEscape(address), fmt.Sprintf("%x", address), "Quillw=C3=B6stra", strings.Replace(address, "@", "=", 1) + "@bounce.example.org",
	}, " ")
}

// sendAndFail sends to all by a server that quotes whom it refuses.
func (a *aviary) sendAndFail() string {
	a.tb.Helper()
	to := canaryAddress
	a.relay.SetRules(
		smtptest.Rule{At: smtptest.AtRcpt, Match: to(deferredThenRefused), First: 1, Code: 451, Text: "4.2.0 " + quoting(deferredThenRefused)},
		smtptest.Rule{At: smtptest.AtDot, Match: to(deferredThenRefused), First: 1, Code: 452, Text: "4.2.2 mailbox of " + canaryName + " is full"},
		smtptest.Rule{At: smtptest.AtDot, Match: to(deferredThenRefused), Code: 554, Text: "5.7.1 " + quoting(deferredThenRefused)},
		smtptest.Rule{At: smtptest.AtDot, Match: to(sentCanary), Code: 250, Text: "2.0.0 Ok " + quoting(sentCanary)},
		smtptest.Rule{At: smtptest.AtRcpt, Match: to(unknownMailbox), Code: 550, Text: "5.1.1 <" + to(unknownMailbox) + ">: user unknown: " + canaryUsername(unknownMailbox)},
		smtptest.Rule{At: smtptest.AtRcpt, Match: to(throttledOnce), First: 1, Code: 421, Text: "4.7.0 too many for " + canaryName + " alias " + canaryUsername(throttledOnce)},
	)
	var drafted numbers
	a.readSaid(&drafted, "campaign", "create", "--study", tracer, "--template", "invitation", "--name", "Spring", "--yes", "--again")
	for _, args := range [][]string{{"campaign", "preview", drafted.ID}, {"campaign", "preview", drafted.ID, "--json"}} {
		a.say(args...)
	}
	a.say("campaign", "start", drafted.ID, "--yes")
	p := a.serve()
	eventually(a.tb, 30*time.Second, "the transport is held back", func() bool {
		r := a.try("doctor", "--json")
		a.askHTTP()
		return strings.Contains(r.out, "backing off") || a.number("SELECT count(*) FROM messages WHERE state >= 40") >= canaries+8
	})
	a.finished(drafted.ID, 60*time.Second)
	for i, want := range map[int]string{
		deferredThenRefused: "failed", sentCanary: "sent", unknownMailbox: "failed", throttledOnce: "sent",
	} {
		var of []message
		a.readSaid(&of, "outbox", "list", "--campaign", drafted.ID, "--patient", a.patient(i))
		if len(of) != 1 || of[0].State != want {
			a.tb.Errorf("canary %d: %+v, want %s", i, of, want)
			continue
		}
		if said := a.say("outbox", "show", of[0].ID); i == deferredThenRefused && strings.Count(said, "[address]")+strings.Count(said, "[removed]") < 5 {
			a.tb.Errorf("the replies that quoted the canary are not shown scrubbed:\n%s", said)
		}
		a.say("outbox", "show", of[0].ID, "--json")
	}
	a.askHTTP()
	a.walkPages()
	a.end(p)
	return drafted.ID
}

// stall makes a server that stands in the middle of a hand-over to a canary.
func (a *aviary) stall(i int) *server {
	a.tb.Helper()
	a.relay.SetRules(smtptest.Rule{At: smtptest.AtDot, Match: canaryAddress(i), Delay: time.Hour})
	p := a.serve()
	a.say("send", "--template", "invitation", "--patient", a.patient(i), "--again")
	eventually(a.tb, 30*time.Second, "the canary is being handed over", func() bool {
		var on []message
		a.read(&on, "outbox", "list", "--state", "sending", "--patient", a.patient(i))
		return len(on) == 1 && a.relay.Waiting() > 0 // it stands in a window, and its dot was written
	})
	return p
}

func (a *aviary) killInHandOver() {
	a.tb.Helper()
	p := a.stall(inDoubt)
	p.kill()
	a.heard("serve, killed", p.log.text())
	a.relay.SetRules()
	p = a.serve()
	var doubtful []message
	eventually(a.tb, 30*time.Second, "the message is uncertain", func() bool {
		a.read(&doubtful, "outbox", "list", "--state", "uncertain", "--patient", a.patient(inDoubt))
		return len(doubtful) == 1
	})
	a.say("outbox", "show", doubtful[0].ID)
	a.say("outbox", "resolve", doubtful[0].ID, "--as", "sent")
	a.end(p)
}

// dumpInHandOver makes the server print the stacks of all its goroutines.
func (a *aviary) dumpInHandOver() {
	a.tb.Helper()
	p := a.stall(inDump)
	p.signal(syscall.SIGQUIT)
	<-p.done
	if !strings.Contains(p.log.text(), "goroutine ") {
		a.tb.Errorf("no stacks:\n%s", p.log.text())
	}
	a.heard("serve, with its stacks", p.log.text())
	a.relay.SetRules()
}

// failJobs lets jobs of every kind fail, with errors and panics that quote a
// canary, by the real engine on the same database and logs.
func (a *aviary) failJobs() {
	a.tb.Helper()
	a.say("send", "--template", "invitation", "--patient", a.patients["user0"], "--again")
	var scheduled numbers
	a.readSaid(&scheduled, "campaign", "create", "--study", tracer, "--template", "invitation", "--cron", "0 9 1 1 *", "--start", "--yes", "--again")
	var schedules []struct{ ID, Name, Job string }
	a.readSaid(&schedules, "schedule", "list")
	for _, s := range schedules {
		a.try("schedule", "run", s.ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	st, err := store.Open(ctx, a.url, time.Now)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer st.Close()
	var console bytes.Buffer
	log, err := logs.Open(logs.Options{
		AppPath: filepath.Join(a.dir, "logs", "app.log"), WorkerPath: filepath.Join(a.dir, "logs", "worker.log"),
		Level: slog.LevelDebug, Console: &console,
	})
	if err != nil {
		a.tb.Fatal(err)
	}
	words := canaryName + " <" + canaryAddress(1) + "> " + canaryUsername(1) + " wimplotz-1"
	type quoting struct{ Name, Address string }
	engine, err := jobs.Start(ctx, st, jobs.Handlers{
		SendPass: func(context.Context, studymail.ID) error { panic("cannot render for " + words) },
		PlanCampaign: func(context.Context, studymail.ID, studymail.ID) (string, error) {
			return "", &studymail.Error{Code: studymail.Invalid, Message: words, Cause: errors.New(words)}
		},
		RetrySweep:     func(context.Context) (string, error) { return "", fmt.Errorf("sweep %s: %w", words, errors.New(words)) },
		StuckSweep:     func(context.Context) (string, error) { panic(quoting{canaryName, canaryAddress(1)}) },
		RetentionPurge: func(context.Context) (string, error) { panic(fmt.Errorf("purge %s", words)) },
	}, jobs.Options{Log: log.Worker, Now: time.Now, Tick: 50 * time.Millisecond})
	if err != nil {
		a.tb.Fatal(err)
	}
	failed := ""
	eventually(a.tb, 40*time.Second, "jobs of all kinds failed", func() bool {
		kinds := map[string]bool{}
		a.look("SELECT DISTINCT kind FROM river_job WHERE errors IS NOT NULL", func(rows *sql.Rows) error {
			var k string
			err := rows.Scan(&k)
			kinds[k] = true
			return err
		})
		failed = fmt.Sprint(kinds)
		return len(kinds) == 5
	})
	a.tb.Logf("failed: %s", failed)
	if err := errors.Join(engine.Stop(ctx), log.Close()); err != nil {
		a.tb.Fatal(err)
	}
	if !strings.Contains(console.String(), `"code":"panic"`) {
		a.tb.Errorf("the log does not tell of the panics:\n%s", console.String())
	}
	a.heard("the jobs' console", console.String())
}

// showEverything runs every command that shows something, and every --help.
func (a *aviary) showEverything(campaign string) {
	a.tb.Helper()
	var messages []message
	a.readSaid(&messages, "outbox", "list")
	var schedules []struct{ ID string }
	a.readSaid(&schedules, "schedule", "list")
	shows := [][]string{
		{"provider", "list"},
		{"provider", "show", "ABCD001"},
		{"study", "list"},
		{"study", "show", tracer},
		{"template", "list"},
		{"template", "show", "invitation"},
		{"patient", "list"},
		{"patient", "list", "--study", tracer, "--in-study"},
		{"campaign", "list"},
		{"campaign", "show", campaign},
		{"outbox", "list"},
		{"event", "list"},
		{"schedule", "list"},
		{"doctor"},
		{"version"},
	}
	for i := 1; i <= canaries; i++ {
		shows = append(shows, []string{"patient", "show", a.patient(i)})
	}
	for _, m := range messages {
		for i := 1; i <= canaries; i++ {
			if m.Patient == a.patient(i) {
				shows = append(shows, []string{"outbox", "show", m.ID})
			}
		}
	}
	for _, s := range schedules {
		shows = append(shows, []string{"schedule", "show", s.ID})
	}
	var told struct{ Person string }
	a.readSaid(&told, "patient", "show", a.patient(optedOutCanary))
	shows = append(shows, []string{"person", "erase", told.Person, "--yes"}, []string{"patient", "show", a.patient(optedOutCanary)},
		[]string{"keys", "rotate", "signing", "--add-only"}, []string{"keys", "list"}, []string{"keys", "rewrap"}, []string{"purge"})
	for _, args := range shows {
		a.try(args...)
		a.try(append(args[:len(args):len(args)], "--json")...)
	}
	if out := a.say("patient", "show", a.patient(1)); !strings.Contains(out, "q•••@e•••.org") || !strings.Contains(out, "V•••") {
		a.tb.Errorf("a patient is not shown masked:\n%s", out)
	}
	a.say("patient", "set", a.patient(throttledOnce), "--cancelled", "Opted out")
	if a.kind == store.SQLite { // the same text on both
		a.helps(nil)
	}
	// What is shown in full is shown: so there is something to be found.
	revealed := a.must("patient", "show", a.patient(1), "--reveal")
	for _, m := range messages {
		if m.Patient == a.patient(sentCanary) && m.State == "sent" {
			revealed += a.must("outbox", "show", m.ID, "--reveal")
		}
	}
	for _, w := range []string{"Quillwöstra", "Vexandrine", "xq7vanquelle", "quillwostra", "wimplotz"} {
		if !strings.Contains(revealed, w) {
			a.tb.Errorf("--reveal does not show %s", w)
		}
	}
}

// helps asks every command for its help.
func (a *aviary) helps(path []string) {
	a.tb.Helper()
	out := a.say(append(path[:len(path):len(path)], "--help")...)
	_, list, found := strings.Cut(out, "Available Commands:\n")
	if !found {
		return
	}
	for line := range strings.Lines(list) {
		name := strings.Fields(line)
		if len(name) == 0 {
			return
		}
		if name[0] != "help" {
			a.helps(append(path[:len(path):len(path)], name[0]))
		}
	}
}

// killAtLast leaves the database as a crash does: SQLite's WAL stays.
func (a *aviary) killAtLast() {
	a.tb.Helper()
	p := a.serve()
	a.askHTTP()
	a.walkPages()
	taken := a.relay.Book.Total()
	a.say("send", "--template", "invitation", "--patient", a.patient(sentCanary), "--again")
	eventually(a.tb, 30*time.Second, "the letter is sent", func() bool { return a.relay.Book.Total() > taken })
	p.kill()
	a.heard("serve, killed at last", p.log.text())
}
