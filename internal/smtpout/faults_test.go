package smtpout_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
)

// tally sends mails to the recipients and gives the kinds in order; connections
// are opened anew until all are taken.
func tally(t *testing.T, cfg *smtpout.Config, to ...string) []smtpout.Kind {
	t.Helper()
	in := make(chan *smtpout.Mail, len(to))
	for i, r := range to {
		in <- &smtpout.Mail{From: "s@example.org", To: r, Data: twoKilobytes(i), Tag: int64(i)}
	}
	close(in)
	kinds := make([]smtpout.Kind, len(to))
	for range len(to) + 1 {
		c, err := smtpout.Dial(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Deliver(t.Context(), in, func(m *smtpout.Mail, o smtpout.Outcome) {
			if kinds[m.Tag] != 0 {
				t.Errorf("mail %d was reported twice", m.Tag)
			}
			kinds[m.Tag] = o.Kind
		})
		if err == nil && c.Ended() == smtpout.InputEnd {
			return kinds
		}
	}
	t.Fatal("the mails were never all taken")
	return nil
}

// TestFaultAtEachStage: one recipient meets a fault, those around it do not
// feel it, whichever way the mails go.
func TestFaultAtEachStage(t *testing.T) {
	t.Parallel()
	const bad = "bad@example.net"
	for name, c := range map[string]struct {
		rule   smtptest.Rule
		want   smtpout.Kind
		booked int // of the bad one
	}{
		"4yz to RCPT":            {smtptest.Rule{At: smtptest.AtRcpt, Code: 450, Text: "4.2.0 later"}, smtpout.Later, 0},
		"5yz to RCPT":            {smtptest.Rule{At: smtptest.AtRcpt, Code: 550, Text: "5.1.1 no"}, smtpout.Refused, 0},
		"rate to RCPT":           {smtptest.Rule{At: smtptest.AtRcpt, Code: 452, Text: "4.3.2 too many messages"}, smtpout.Throttled, 0},
		"4yz to the text":        {smtptest.Rule{At: smtptest.AtDot, Code: 451, Text: "4.3.0 later"}, smtpout.Later, 0},
		"5yz to the text":        {smtptest.Rule{At: smtptest.AtDot, Code: 554, Text: "5.7.1 spam"}, smtpout.Refused, 0},
		"421 to RCPT":            {smtptest.Rule{At: smtptest.AtRcpt, Code: 421, Text: "4.3.2 bye"}, smtpout.Throttled, 0},
		"421 to the text":        {smtptest.Rule{At: smtptest.AtDot, Code: 421, Text: "4.3.2 bye"}, smtpout.Throttled, 0},
		"taken and not told":     {smtptest.Rule{At: smtptest.AtDot, Close: true, Book: true}, smtpout.InDoubt, 1},
		"closed at the text":     {smtptest.Rule{At: smtptest.AtDot, Close: true}, smtpout.InDoubt, 0},
		"slow":                   {smtptest.Rule{At: smtptest.AtDot, Delay: 50 * time.Millisecond}, smtpout.Accepted, 1},
		"taken with other words": {smtptest.Rule{At: smtptest.AtDot, Code: 251, Text: "2.6.0 fine", Book: true}, smtpout.Accepted, 1},
	} {
		for way, set := range map[string]func(*smtptest.Config, *smtpout.Config){
			"lock-step":  func(s *smtptest.Config, _ *smtpout.Config) { s.Offers = []string{} },
			"pipelining": func(*smtptest.Config, *smtpout.Config) {},
			"chunking":   func(s *smtptest.Config, _ *smtpout.Config) { s.Offers = append(smtptest.Usual(), "CHUNKING") },
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				rule := c.rule
				rule.Match = bad
				sc, cc := smtptest.Config{Rules: []smtptest.Rule{rule}}, smtpout.Config{Window: 2}
				set(&sc, &cc)
				s := smtptest.Start(t, sc)
				cc.Addr = s.Addr()
				got := tally(t, &cc, "a@example.net", "b@example.net", bad, "c@example.net", "d@example.net", "e@example.net")
				accepted := 0
				for i, k := range got {
					id := fmt.Sprintf("%08d", i)
					booked := s.Book.Count(id)
					switch {
					case i == 2 && (k != c.want || booked != c.booked):
						t.Errorf("the bad one is %v, booked %d; want %v, %d", k, booked, c.want, c.booked)
					case i == 2:
					case k == smtpout.Accepted:
						accepted++
						if booked != 1 {
							t.Errorf("mail %d is %v, booked %d", i, k, booked)
						}
					case (k == smtpout.NotSent || k == smtpout.InDoubt) && (rule.Close || rule.Code == 421) && booked == 0:
					default:
						t.Errorf("mail %d is %v, booked %d", i, k, booked)
					}
				}
				if accepted < 4 { // the window is 2: one may stand behind the bad one
					t.Errorf("only %d of the others were accepted: %v", accepted, got)
				}
			})
		}
	}
}

func TestLiarsAndForgetters(t *testing.T) {
	t.Parallel()
	to := []string{"a@example.net", "b@example.net", "c@example.net"}
	s := smtptest.Start(t, smtptest.Config{Offers: append(smtptest.Usual(), "CHUNKING"), Unknown: []string{"BDAT"}})
	for _, before := range []bool{false, true} { // another server of the same name knew it
		for i, k := range tally(t, &smtpout.Config{Addr: s.Addr(), KnowsBDAT: before}, to...) {
			if k != smtpout.Accepted {
				t.Errorf("CHUNKING advertised and unknown (known before: %v): mail %d is %v", before, i, k)
			}
		}
	}
	// PIPELINING advertised, and what stands behind a dot is lost: the mail
	// with the lost envelope ends by its time-out, and never as another's reply.
	s = smtptest.Start(t, smtptest.Config{Forgetful: true})
	got := tally(t, &smtpout.Config{Addr: s.Addr(), Timeouts: smtpout.Timeouts{Mail: 100 * time.Millisecond}}, to...)
	for i, k := range got {
		if k == smtpout.Accepted != (s.Book.Count(fmt.Sprintf("%08d", i)) == 1) || k != smtpout.Accepted && k != smtpout.Lost {
			t.Errorf("mail %d is %v, booked %d", i, k, s.Book.Count(fmt.Sprintf("%08d", i)))
		}
	}
}

// TestServerKilledAndBack: a server that is killed again and again gets every
// mail; none twice but those in doubt.
func TestServerKilledAndBack(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"pipelining", "chunking"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			cfg := smtptest.Config{CountOnly: true}
			if way == "chunking" {
				cfg.Offers = append(smtptest.Usual(), "CHUNKING")
			}
			s := smtptest.Start(t, cfg)
			const n, connections = 5000, 3
			in := make(chan *smtpout.Mail, 2*n)
			for i := range n {
				in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: twoKilobytes(i), Tag: int64(i)}
			}
			var mu sync.Mutex
			doubt := map[int64]bool{}
			settled := 0
			done := make(chan struct{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var wg sync.WaitGroup
			for range connections {
				wg.Go(func() {
					for ctx.Err() == nil {
						c, err := smtpout.Dial(ctx, &smtpout.Config{Addr: s.Addr()})
						if err != nil {
							continue // killed at this moment
						}
						_ = c.Deliver(ctx, in, func(m *smtpout.Mail, o smtpout.Outcome) {
							mu.Lock()
							defer mu.Unlock()
							switch o.Kind {
							case smtpout.Accepted, smtpout.InDoubt:
								if o.Kind == smtpout.InDoubt {
									doubt[m.Tag] = true
								}
								if settled++; settled == n {
									close(done)
								}
							case smtpout.NotSent, smtpout.Lost:
								in <- m
							default:
								t.Errorf("mail %d: %+v", m.Tag, o)
							}
						})
					}
				})
			}
			kills := 8
			for i := range kills {
				if err := s.Book.Wait(ctx, (i+1)*n/(kills+2)); err != nil {
					t.Fatal(err)
				}
				s.Kill()
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-done:
			case <-ctx.Done():
				t.Error("not all were settled")
			}
			cancel()
			wg.Wait()
			if twice := s.Book.Duplicates(); len(twice) > 0 {
				t.Errorf("sent twice: %v", twice)
			}
			counts := s.Book.Counts()
			for i := range n {
				id := fmt.Sprintf("%08d", i)
				if counts[id] == 0 && !doubt[int64(i)] {
					t.Errorf("mail %d was lost", i)
				}
				delete(counts, id)
			}
			for id := range maps.Keys(counts) {
				t.Errorf("a mail that never was: %q", id)
			}
			window := 1
			if way == "chunking" {
				window = 16
			}
			if most := kills * connections * window; len(doubt) > most {
				t.Errorf("%d in doubt, at most %d", len(doubt), most)
			}
			t.Logf("%d kills left %d in doubt", kills, len(doubt))
		})
	}
}

func TestConnServesOneDeliver(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Config{})
	c, err := smtpout.Dial(t.Context(), &smtpout.Config{Addr: s.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := deliverOne(t, c); err != nil || o.Kind != smtpout.Accepted || o.Took <= 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	if err := c.Deliver(t.Context(), nil, nil); err == nil {
		t.Error("a second Deliver ran")
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	c, err = smtpout.Dial(t.Context(), &smtpout.Config{Addr: s.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close unused: %v", err)
	}
}

// TestCloseEndsDeliver: Close while Deliver waits for mail.
func TestCloseEndsDeliver(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Config{})
	c, err := smtpout.Dial(t.Context(), &smtpout.Config{Addr: s.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan *smtpout.Mail)
	reported := make(chan struct{}, 1)
	done := make(chan error, 1)
	go func() {
		done <- c.Deliver(t.Context(), in, func(*smtpout.Mail, smtpout.Outcome) { reported <- struct{}{} })
	}()
	in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: twoKilobytes(1)}
	<-reported
	_ = c.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("Deliver ended without an error")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Deliver did not end")
	}
}
