package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"studymail/internal/smtptest"
	"studymail/internal/store"
)

// slowly is how the servers of these tests answer: what happens in mid-campaign
// then does happen in the middle of one.
const slowly = 4 * time.Millisecond

// slowSink is the recording server, slow enough to be interrupted.
func slowSink(tb testing.TB, more ...string) *sink {
	tb.Helper()
	return startSink(tb, append([]string{"-latency", slowly.String()}, more...)...)
}

// in waits until the server has taken n mails.
func (k *sink) in(n int) {
	k.tb.Helper()
	eventually(k.tb, whileWorking, fmt.Sprintf("%d mails are in", n), func() bool { return k.taken() >= n })
}

// allOnce checks that a campaign ended with every planned mail sent, once.
func (s *site) allOnce(campaign string, book func() map[string]int) {
	s.tb.Helper()
	n := s.finished(campaign, whileWorking)
	if n.Sent != n.Planned || n.Planned == 0 {
		s.tb.Errorf("not all is sent: %+v", n)
	}
	taken := book()
	if compare(s.tb, s.outbox("--campaign", campaign), taken); len(taken) != n.Planned {
		s.tb.Errorf("the server has mail for %d of %d", len(taken), n.Planned)
	}
}

// TestAFullDiskLosesNothing fills the disk of the database in mid-campaign.
// Outcomes wait; the log and commands say what it is; with room again it goes on.
//
// Seen to fail: with a recorder that gives up after the first failure, nothing is
// said and the campaign does not end.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 2000)
	disk := s.ontoDisk(16)
	sink := slowSink(t)
	s.sendTo(sink.addr)
	campaign := s.start()
	p := s.serve()
	sink.in(200)

	ballast := filepath.Join(disk, "ballast")
	fillUp(t, ballast)
	p.says(whileWorking, "outcomes wait for the database")
	s.run("study", "add", "--name", "B").fails(t, "study add", "disk", "full", "nothing was changed")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.allOnce(campaign, sink.read)
	p.stop(15 * time.Second)
}

// ontoDisk moves the database to a disk of its own.
func (s *site) ontoDisk(megabytes int) (disk string) {
	s.tb.Helper()
	disk = mounted(s.tb, megabytes)
	s.onto(disk)
	return disk
}

// onto moves the database into a folder.
func (s *site) onto(dir string) {
	s.tb.Helper()
	file := filepath.Join(dir, "studymail.db")
	b, err := os.ReadFile(filepath.Join(s.dir, "studymail.db"))
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	s.url = "sqlite:" + file
	s.set("DATABASE_URL", s.url)
}

// fillUp writes a file until the disk takes no more.
func fillUp(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for part := make([]byte, 64<<10); ; {
		if _, err := f.Write(part); err == nil {
			continue
		}
		if len(part) == 1 {
			return
		}
		part = part[:len(part)/2]
	}
}

// TestTwoServersOnOneFileShareTheWork starts a second one beside the first.
//
// Seen to fail: with claims that take what is claimed already, each takes from
// the other and the campaign does not end.
func TestTwoServersOnOneFileShareTheWork(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 2000)
	sink := slowSink(t)
	s.sendTo(sink.addr)
	other := s.another()
	other.set("DATABASE_URL", s.url)
	campaign := s.start()
	first, second := s.serve(), other.serve()
	s.allOnce(campaign, sink.read)
	first.stop(15 * time.Second)
	second.stop(15 * time.Second)
	workers := s.number("SELECT count(DISTINCT claim_token >> 24) FROM messages")
	if workers != 2 {
		t.Errorf("%d of the two had a share", workers)
	}
}

// TestASilentServerCostsNoAttempt talks to one that takes connections and never
// says a word: the transport's state says so, and the mail goes when it answers.
//
// Seen to fail: with what was not handed over settled as an attempt, the messages
// have one; without SMTP_TIMEOUT nothing was shown for five minutes.
func TestASilentServerCostsNoAttempt(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 20)
	silent := smtptest.Start(t, smtptest.Config{Silent: true})
	s.sendTo(silent.Addr())
	s.set("SMTP_TIMEOUT", "1s")
	campaign := s.start()
	p := s.serve()
	s.transportStands(whileWorking, "no answer in time")
	for _, m := range s.outbox("--campaign", campaign) {
		if m.Attempts != 0 || m.State == "failed" {
			t.Errorf("message %s is %s after %d attempts", m.ID, m.State, m.Attempts)
		}
	}
	silent.Kill()
	sink := startSink(t, "-addr", silent.Addr())
	s.allOnce(campaign, sink.read)
	p.stop(15 * time.Second)
}

// TestACampaignKeepsItsLetter edits the template while its campaign goes out.
//
// Seen to fail: with letters read as the newest version, mails have the new words.
func TestACampaignKeepsItsLetter(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 300)
	server := smtptest.Start(t, smtptest.Config{Latency: slowly, KeepData: true})
	s.sendTo(server.Addr())
	campaign := s.start()
	p := s.serve()
	eventually(t, whileWorking, "mails flow", func() bool { return server.Book.Total() > 20 })
	s.write("other.md", "Dear {{ patient_full_name }},\n\nquite another letter.\n")
	s.must("template", "edit", "invitation", "--subject", "Another", "--file", "other.md")
	p.stop(15 * time.Second) // a process keeps letters that it has read; the next reads anew
	p = s.serve()
	s.allOnce(campaign, server.Book.Counts)
	p.stop(15 * time.Second)
	for _, r := range server.Book.Records() {
		if strings.Contains(string(r.Data), "another letter") || !strings.Contains(string(r.Data), "Subject: About A") {
			t.Fatalf("a mail of version 1 has other words:\n%s", r.Data)
		}
	}
	next := s.draft("--again")
	if v := s.show(next).Version; v != 2 {
		t.Errorf("a campaign that is made now has version %d of the letter", v)
	}
}

// TestWhatIsDecidedInMidCampaignHolds closes the study, switches a care provider
// off, opts a patient out, pauses and cancels while mail goes out. What had not
// left does not leave, and says why.
//
// Seen to fail: with eligibility and the campaign's state taken out of the guard,
// mail goes on leaving.
func TestWhatIsDecidedInMidCampaignHolds(t *testing.T) {
	t.Parallel()
	const n = 1000
	for _, tc := range []struct {
		name   string
		decide func(s *site, campaign string)
		ends   string // state and reason of what does not leave
		of     string // their care provider, "" for any
	}{
		{"the study is closed", func(s *site, _ string) { s.must("study", "edit", "A", "--active=false") }, "skipped: study not active", ""},
		{"the study's last day was yesterday", func(s *site, _ string) {
			s.must("study", "edit", "A", "--closes", time.Now().AddDate(0, 0, -1).Format(time.DateOnly))
		}, "skipped: study closed", ""},
		{"a care provider is switched off", func(s *site, _ string) { s.must("provider", "edit", "ERF00003", "--active=false") }, "skipped: care provider not active", "ERF00003"},
		{"the campaign is cancelled", func(s *site, c string) { s.must("campaign", "cancel", c, "--yes") }, "cancelled: campaign cancelled", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, kind store.Kind) {
				t.Parallel()
				s := clinic(t, kind, n)
				sink := slowSink(t)
				s.sendTo(sink.addr)
				campaign := s.start()
				p := s.serve()
				sink.in(50)
				tc.decide(s, campaign)
				decided := sink.taken()
				eventually(t, whileWorking, "the campaign ended", func() bool {
					n := s.show(campaign)
					return (n.State == "finished" || n.State == "cancelled") && n.Queued+n.Sending+n.Deferred == 0
				})
				p.stop(15 * time.Second)
				messages, book := s.outbox("--campaign", campaign), sink.read()
				compare(t, messages, book)
				by := reasons(messages)
				skipped := by[tc.ends]
				if skipped == 0 || by["sent"]+skipped != len(messages) {
					t.Errorf("%d messages ended as %v; expected are sent and %s", len(messages), by, tc.ends)
				}
				for _, m := range messages {
					if m.State != "sent" && tc.of != "" && m.Provider != tc.of {
						t.Fatalf("message %s of %s did not leave", m.ID, m.Provider)
					}
				}
				// What stood in windows when it was decided may still leave.
				open := connections * 2 * doubtChunking
				if late := len(book) - decided; tc.of == "" && late > open {
					t.Errorf("%d mails left after it was decided; %d may stand in windows", late, open)
				}
			})
		})
	}
}

// TestAnOptOutInMidCampaignHolds opts patients out whose mail has not left.
//
// Seen to fail: as TestWhatIsDecidedInMidCampaignHolds.
func TestAnOptOutInMidCampaignHolds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 1000)
		sink := slowSink(t)
		s.sendTo(sink.addr)
		campaign := s.start()
		last := s.outbox("--campaign", campaign)
		p := s.serve()
		sink.in(20)
		out := map[string]bool{}
		for _, m := range last[len(last)-3:] {
			s.must("patient", "set", m.Patient, "--cancelled", "Opted out")
			out[m.Patient] = true
		}
		s.finished(campaign, whileWorking)
		p.stop(15 * time.Second)
		messages, book := s.outbox("--campaign", campaign), sink.read()
		compare(t, messages, book)
		for _, m := range messages {
			if skipped := m.State == "skipped" && m.Reason == "opted out"; skipped != out[m.Patient] {
				t.Errorf("message %s is %s (%s)", m.ID, m.State, m.Reason)
			}
			if out[m.Patient] && book[m.ID] != 0 {
				t.Errorf("a patient who opted out has mail %s", m.ID)
			}
		}
	})
}

// TestAPauseHoldsUntilItIsResumed and says nothing is sent meanwhile.
//
// Seen to fail: as TestWhatIsDecidedInMidCampaignHolds.
func TestAPauseHoldsUntilItIsResumed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 1000)
		sink := slowSink(t)
		s.sendTo(sink.addr)
		campaign := s.start()
		p := s.serve()
		sink.in(50)
		s.must("campaign", "pause", campaign)
		eventually(t, whileWorking, "what stood in windows has left", func() bool { return s.show(campaign).Sending == 0 })
		at := sink.taken()
		pass(time.Second)
		if n := sink.taken(); n != at || n == 1000-optedOut(1000) {
			t.Errorf("%d mails had left when it was paused, %d a second later", at, n)
		}
		s.must("campaign", "resume", campaign)
		s.allOnce(campaign, sink.read)
		p.stop(15 * time.Second)
	})
}

// TestPostgresMayRestartAndCrash in mid-campaign; the server goes on by itself.
//
// Seen to fail: with a recorder that gives up after the first failure, the
// campaign does not end.
func TestPostgresMayRestartAndCrash(t *testing.T) {
	t.Parallel()
	s, db := ownServer(t, 2000)
	sink := slowSink(t)
	s.sendTo(sink.addr)
	campaign := s.start()
	p := s.serve()
	sink.in(200)
	db.Restart(t)
	sink.in(600)
	said := len(p.log.text())
	db.Kill(t)
	eventually(t, whileWorking, "the log says it", func() bool {
		return strings.Contains(p.log.text()[said:], "the database does not answer")
	})
	db.Resume(t)
	s.allOnce(campaign, sink.read)
	p.stop(15 * time.Second)
}

// TestAMailServerThatRefusesUsStopsTheTransport loudly, and costs no attempt.
// With the right password, or TLS, all goes.
//
// Seen to fail: with no error a matter of security, the transport is never shown
// as stopped.
func TestAMailServerThatRefusesUsStopsTheTransport(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		server smtptest.Config
		wrong  []string
		words  string
		right  []string
	}{
		{
			"a wrong password",
			smtptest.Config{
				Offers: append(smtptest.Usual(), "AUTH PLAIN LOGIN"), Users: map[string]string{"studies": "right"}, RequireLogin: true,
			},
			[]string{"EMAIL_USER", "studies", "EMAIL_PASSWORD", "wrong"},
			"auth",
			[]string{"EMAIL_PASSWORD", "right"},
		},
		{
			"no TLS where it is required",
			smtptest.Config{},
			[]string{"EMAIL_TLS", "starttls-required"},
			"starttls",
			[]string{"EMAIL_TLS", "none"},
		},
		{
			"a certificate of nobody's",
			smtptest.Config{Offers: append(smtptest.Usual(), "STARTTLS")},
			[]string{"EMAIL_TLS", "starttls-required"},
			"certificate",
			[]string{"EMAIL_TLS", "none"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := clinic(t, store.SQLite, 50)
			server := smtptest.Start(t, tc.server)
			s.sendTo(server.Addr())
			s.set(tc.wrong...)
			campaign := s.start()
			p := s.serve()
			s.transportStands(whileWorking, "stopped")
			check, bad := s.unwell("transport smtp")
			if !bad || !strings.Contains(strings.ToLower(check.Value+check.Mend), tc.words) {
				t.Errorf("/health says %+v (unwell: %v), not a word of %q", check, bad, tc.words)
			}
			if c, code := s.doctor("transport smtp"); code != 1 || !c.found {
				t.Errorf("doctor: exit code %d, %+v", code, c)
			}
			for _, m := range s.outbox("--campaign", campaign) {
				if m.Attempts != 0 || m.State == "failed" {
					t.Errorf("message %s is %s after %d attempts", m.ID, m.State, m.Attempts)
				}
			}
			p.stop(15 * time.Second)
			s.set(tc.right...)
			p = s.serve()
			s.allOnce(campaign, server.Book.Counts)
			p.stop(15 * time.Second)
		})
	}
}

// TestAPoisonousMailHoldsNobodyUp has a server that closes the connection at
// one mail, each time, before its text. That one fails; all others arrive.
//
// Seen to fail: with lost connections that never count, the campaign does not end.
func TestAPoisonousMailHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 300)
	sink := startSink(t, "-rule", "at=data,match=p7@example.org,close")
	s.sendTo(sink.addr)
	// Three lost connections are one attempt. When nothing else is left to send,
	// the transport looks down, and is tried at growing intervals.
	s.set("MAX_ATTEMPTS", "1", "SWEEP_EVERY", "1s")
	campaign := s.start()
	p := s.serve()
	n := s.finished(campaign, whileWorking)
	p.stop(15 * time.Second)
	if compare(t, s.outbox("--campaign", campaign), sink.read()); n.Failed != 1 || n.Sent != n.Planned-1 {
		t.Errorf("it ended as %+v", n)
	}
}

// TestRetriesEndAtTheLimit and can be asked for again, with attempts of their own.
//
// Seen to fail: with a limit that is not looked at, the campaign does not end.
func TestRetriesEndAtTheLimit(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 10)
	server := smtptest.Start(t, smtptest.Config{Rules: []smtptest.Rule{
		{At: smtptest.AtRcpt, Match: "p3@example.org", Code: 451, Text: "4.2.1 later"},
	}})
	s.sendTo(server.Addr())
	s.set("MAX_ATTEMPTS", "3", "RETRY_BASE", "100ms", "SWEEP_EVERY", "1s")
	campaign := s.start()
	p := s.serve()
	if n := s.finished(campaign, whileWorking); n.Failed != 1 || n.Sent != n.Planned-1 {
		t.Fatalf("it ended as %+v", n)
	}
	failed := s.outbox("--campaign", campaign, "--state", "failed")
	story := s.story(failed[0].ID)
	if len(story.Tried) != 3 || story.Attempts != 3 || story.Reason != "attempts used up" {
		t.Errorf("its story: %+v", story)
	}
	for _, a := range story.Tried {
		if a.Code != 451 || a.Stage != "rcpt" || !a.Counts || a.At.IsZero() {
			t.Errorf("an attempt: %+v", a)
		}
	}
	server.SetRules()
	s.must("outbox", "retry", failed[0].ID, "--yes")
	s.allOnce(campaign, server.Book.Counts)
	p.stop(15 * time.Second)
	if story := s.story(failed[0].ID); len(story.Tried) != 4 {
		t.Errorf("after another try its story is %+v", story)
	}
}

// TestASleeperSendsNothingTwice stops one of two workers in mid-campaign, past
// its lease, and wakes it when the other has taken over and finished.
//
// Seen to fail: with a guard that looks at neither the claim's token nor the
// message's state, mails are delivered twice.
func TestASleeperSendsNothingTwice(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.Postgres, 3000)
	sink := slowSink(t)
	s.sendTo(sink.addr)
	other := s.another()
	campaign := s.start()
	sleeper := s.serve()
	sink.in(100)
	sleeper.signal(syscall.SIGSTOP)
	awake := other.begin("worker")
	awake.waitUp()
	eventually(t, 3*whileWorking, "the other worker finished", func() bool {
		n := other.show(campaign)
		return n.Queued+n.Sending+n.Deferred == 0
	})
	before := sink.taken()
	sleeper.signal(syscall.SIGCONT)
	// Not its health: a transport that went down as it woke stays so while no mail waits.
	eventually(t, whileWorking, "the sleeper is up again", func() bool {
		return listening(s.addr) && strings.Contains(sleeper.log.text(), "it starts anew")
	})
	// What it had not written it gives back; what it had written, the mail server
	// may have taken: nobody sends that again without an operator's word.
	n := s.finished(campaign, whileWorking)
	compare(t, s.outbox("--campaign", campaign), sink.read())
	if n.Sent+n.Uncertain != n.Planned || n.Uncertain > connections*2*doubtChunking {
		t.Errorf("it ended as %+v; %d mails were in before it woke, %d after", n, before, sink.taken())
	}
	awake.stop(15 * time.Second)
	sleeper.stop(15 * time.Second)
}

// TestAServerThatIsGoneIsWaitedFor kills the mail server in mid-campaign.
//
// Seen to fail: with what was not handed over settled as an attempt, the campaign
// does not end: its messages wait five minutes.
func TestAServerThatIsGoneIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := clinic(t, store.SQLite, 1000)
	server := smtptest.Start(t, smtptest.Config{Latency: slowly, CountOnly: true})
	s.sendTo(server.Addr())
	campaign := s.start()
	p := s.serve()
	eventually(t, whileWorking, "mails flow", func() bool { return server.Book.Total() > 100 })
	server.Kill()
	s.transportStands(whileWorking, "backing off")
	if _, err := net.Dial("tcp", server.Addr()); err == nil {
		t.Fatal("the server still listens")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	n := s.finished(campaign, whileWorking)
	p.stop(15 * time.Second)
	compare(t, s.outbox("--campaign", campaign), server.Book.Counts())
	if n.Sent+n.Uncertain != n.Planned || n.Uncertain > connections*doubtPipelining {
		t.Errorf("it ended as %+v", n)
	}
}
