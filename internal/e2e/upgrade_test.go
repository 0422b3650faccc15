package e2e

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestAnUpgradeInMidFlightFinishesTheCampaign takes the database of each schema
// version that was released, left by a worker that was killed in the middle of
// everything, and one of today. The newest program brings it up to date, reads
// all of it, and finishes: nothing is sent twice, and what the dead worker had in
// its windows is uncertain.
//
// DUMP=NNNN also writes today's as the dump of that version (docs/testing.md).
//
// Seen to fail: with a StopWorker that queues what stood in windows, it is sent
// again; with a migration that empties the table of what was merged, no mail can
// be shown.
func TestAnUpgradeInMidFlightFinishesTheCampaign(t *testing.T) {
	t.Parallel()
	versions, err := filepath.Glob(filepath.Join(dumpsDir, "[0-9]*"))
	if err != nil || len(versions) == 0 && os.Getenv("DUMP") == "" {
		t.Fatalf("no dumps in %s: %v", dumpsDir, err)
	}
	each(t, func(t *testing.T, kind store.Kind) {
		for _, dir := range versions {
			t.Run(filepath.Base(dir), func(t *testing.T) { upgradeAndFinish(t, restored(t, kind, dir)) })
		}
		t.Run("today", func(t *testing.T) {
			s := midFlight(t, kind)
			dir := t.TempDir()
			s.dump(dir)
			if version := os.Getenv("DUMP"); version != "" {
				s.dump(filepath.Join(dumpsDir, version))
			}
			upgradeAndFinish(t, restored(t, kind, dir))
		})
	})
}

// states of the table.
const (
	queued    = 10
	claimed   = 15
	deferred  = 30
	sent      = 40
	failed    = 50
	skipped   = 60
	uncertain = 70
	cancelled = 80
)

func upgradeAndFinish(t *testing.T, s *site) {
	t.Helper()
	before := s.states()
	for _, state := range []int{queued, claimed, deferred, sent, failed, skipped, uncertain, cancelled} {
		if before[state] == 0 {
			t.Fatalf("the dump has no message in state %d: %v", state, before)
		}
	}
	inWindow := map[string]bool{}
	for k := range s.inWindows() {
		s.look("SELECT uuid FROM messages WHERE id = "+fmt.Sprint(k), func(rows *sql.Rows) error {
			var uuid []byte
			err := rows.Scan(&uuid)
			inWindow[fmt.Sprintf("%x-%x-%x-%x-%x", uuid[:4], uuid[4:6], uuid[6:8], uuid[8:10], uuid[10:])] = true
			return err
		})
	}
	if len(inWindow) == 0 {
		t.Fatal("the dump has no open window")
	}
	// A dump is as old as it is: its letters are not to expire because of that, what
	// was put off is due, and the lease of its worker is over.
	s.exec(fmt.Sprintf("UPDATE messages SET expires_at = %d; UPDATE messages SET next_attempt_at = 0 WHERE state = 30; UPDATE workers SET lease_until = 0",
		time.Now().Add(time.Hour).UnixMilli()))

	s.must("migrate")
	if after := s.states(); !maps.Equal(before, after) {
		t.Errorf("before the upgrade the messages stood as %v, now as %v", before, after)
	}
	was := map[string]string{}
	for _, m := range s.outbox() {
		was[m.ID] = m.State
	}
	campaigns := s.campaigns()
	for _, c := range campaigns {
		s.show(c.ID) // adds up
	}
	s.showAll(was, "sent", "uncertain")
	t.Logf("%v; %d stood in windows", before, len(inWindow))

	sink := startSink(t)
	s.sendTo(sink.addr)
	s.set("SWEEP_EVERY", "1s")
	s.must("arm", "--yes") // it turns up elsewhere
	p := s.serve()
	eventually(t, whileWorking, "nothing moves by itself any more", func() bool {
		for _, c := range s.campaigns() {
			if n := s.show(c.ID); c.Name != "paused" && n.Queued+n.Sending+n.Deferred > 0 {
				return false
			}
		}
		return true
	})
	p.stop(15 * time.Second)
	book := sink.read()
	paused := map[string]bool{}
	for _, c := range campaigns {
		if c.Name == "paused" {
			for _, m := range s.outbox("--campaign", c.ID) {
				paused[m.ID] = true
			}
		}
	}
	for _, m := range s.outbox() {
		want, times := "", 0
		switch state := was[m.ID]; {
		case inWindow[m.ID]:
			want = "uncertain"
		case paused[m.ID] && state != "skipped": // with who was refused in another campaign
			want = "queued"
		case state == "queued", state == "deferred":
			want, times = "sent", 1
		default:
			want = state
		}
		if m.State != want || book[m.ID] != times {
			t.Errorf("message %s was %s: it is %s (%s) and was sent %d times since; expected is %s, %d times",
				m.ID, was[m.ID], m.State, m.Reason, book[m.ID], want, times)
		}
		delete(book, m.ID)
	}
	s.showAll(was, "sending") // uncertain by now
	if len(book) > 0 {
		t.Errorf("the server has %d mails that no message stands for", len(book))
	}
}

// showAll shows the mails that were in these states, as they were sent.
func (s *site) showAll(was map[string]string, states ...string) {
	s.tb.Helper()
	for id, state := range was {
		if !slices.Contains(states, state) {
			continue
		}
		var story struct {
			Mail string `json:"mail"`
		}
		s.read(&story, "outbox", "show", id, "--reveal")
		if !speaksToItsPatient(story.Mail) {
			s.tb.Errorf("message %s, %s, shows as\n%s", id, state, story.Mail)
		}
	}
}

// listed is one of `campaign list --json`.
type listed struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

func (s *site) campaigns() []listed {
	s.tb.Helper()
	var all []listed
	s.read(&all, "campaign", "list")
	return all
}

// speaksToItsPatient tells whether a mail's address and greeting are the same
// invented person's (patients): all that is sealed was opened.
func speaksToItsPatient(mail string) bool {
	_, rest, ok := strings.Cut(mail, "<p")
	number, _, ok2 := strings.Cut(rest, "@example.org>")
	return ok && ok2 && strings.Contains(mail, "Dear First"+number+" Last"+number+",")
}
