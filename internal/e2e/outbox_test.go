package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// numbers is what `campaign show --json` says.
type numbers struct {
	ID        string         `json:"id"`
	State     string         `json:"state"`
	Version   int            `json:"version"`
	Selected  int            `json:"selected"`
	LeftOut   map[string]int `json:"left_out"`
	Planned   int            `json:"planned"`
	Queued    int            `json:"queued"`
	Sending   int            `json:"sending"`
	Deferred  int            `json:"deferred"`
	Sent      int            `json:"sent"`
	Failed    int            `json:"failed"`
	Skipped   int            `json:"skipped"`
	Uncertain int            `json:"uncertain"`
	Cancelled int            `json:"cancelled"`
}

func (n *numbers) leftOut() int {
	sum := 0
	for _, v := range n.LeftOut {
		sum += v
	}
	return sum
}

// sound tells whether numbers add up.
func (n *numbers) sound() error {
	states := []int{n.Queued, n.Sending, n.Deferred, n.Sent, n.Failed, n.Skipped, n.Uncertain, n.Cancelled}
	sum := 0
	for _, k := range states {
		if sum += k; k < 0 {
			return errors.New("a number is negative")
		}
	}
	if n.Selected != n.Planned+n.leftOut() || n.Planned != sum {
		return errors.New("the numbers do not add up")
	}
	return nil
}

// show reads a campaign's numbers and checks that they add up.
func (s *site) show(campaign string) numbers {
	s.tb.Helper()
	var n numbers
	s.read(&n, "campaign", "show", campaign)
	if err := n.sound(); err != nil {
		s.tb.Fatalf("%v: %+v", err, n)
	}
	return n
}

// draft makes a campaign of the letter to study A.
func (s *site) draft(args ...string) string {
	s.tb.Helper()
	return s.draftOf("A", args...)
}

func (s *site) draftOf(study string, args ...string) string {
	s.tb.Helper()
	var n numbers
	s.read(&n, append([]string{"campaign", "create", "--study", study, "--template", "invitation", "--yes"}, args...)...)
	return n.ID
}

// start makes and plans a campaign.
func (s *site) start(args ...string) string {
	s.tb.Helper()
	return s.draft(append(args, "--start")...)
}

// finished waits until nothing of a campaign moves by itself any more.
func (s *site) finished(campaign string, limit time.Duration) numbers {
	s.tb.Helper()
	end := time.After(limit)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		n := s.show(campaign)
		if n.State == "finished" {
			return n
		}
		select {
		case <-tick.C:
		case <-end:
			s.tb.Fatalf("the campaign is not finished after %v: %+v", limit, n)
		}
	}
}

// message is one of `outbox list --json`.
type message struct {
	ID       string `json:"id"`
	Patient  string `json:"patient"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
	Version  int    `json:"version"`
	Provider string `json:"provider"`
}

func (s *site) outbox(args ...string) []message {
	s.tb.Helper()
	var all []message
	s.read(&all, append([]string{"outbox", "list"}, args...)...)
	return all
}

// compare holds the outbox against the server's book: what is sent stands in it
// once, nothing stands in it twice, and nobody is in it whom we do not know of.
// It gives how many of the uncertain ones the server has taken.
func compare(tb testing.TB, messages []message, book map[string]int) (uncertainTaken int) {
	tb.Helper()
	known := make(map[string]bool, len(messages))
	doubles, missing, unsent := 0, 0, 0
	for i := range messages {
		m := &messages[i]
		known[m.ID] = true
		switch n := book[m.ID]; {
		case n > 1:
			doubles++
			tb.Errorf("message %s (%s) was delivered %d times", m.ID, m.State, n)
		case m.State == "sent" && n == 0:
			missing++
			tb.Errorf("message %s is sent, and the server does not have it", m.ID)
		case m.State == "uncertain":
			uncertainTaken += n
		case m.State != "sent" && n > 0:
			unsent++
			tb.Errorf("message %s is %s (%s), and the server has it", m.ID, m.State, m.Reason)
		}
		if doubles+missing+unsent > 20 {
			tb.Fatal("and so on")
		}
	}
	for id := range book {
		if !known[id] {
			tb.Errorf("the server has a mail %s that no message stands for", id)
		}
	}
	return uncertainTaken
}

func count(messages []message, state string) int {
	n := 0
	for i := range messages {
		if messages[i].State == state {
			n++
		}
	}
	return n
}

// look runs a query beside the program, for what nothing outside can tell.
func (s *site) look(query string, scan func(*sql.Rows) error) {
	s.tb.Helper()
	driver, dsn := "pgx", s.url
	if s.kind == store.SQLite {
		// Read only: the program's WAL stays as a kill left it.
		driver, dsn = "sqlite", "file:"+strings.TrimPrefix(s.url, "sqlite:")+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		s.tb.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			s.tb.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *site) number(query string) int {
	s.tb.Helper()
	n := 0
	s.look(query, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n
}

// inWindows gives the row keys of the messages that stand in an open window
// without an outcome. With PostgreSQL it first waits until the server has seen
// that the killed process is gone: a commit may still have been on its way.
func (s *site) inWindows() map[int64]bool {
	s.tb.Helper()
	if s.kind == store.Postgres {
		eventually(s.tb, 10*time.Second, "PostgreSQL saw the killed process go", func() bool {
			return s.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'studymail'") == 0
		})
	}
	open := map[int64]bool{}
	s.look("SELECT members FROM windows", func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		var keys []int64
		err := json.Unmarshal([]byte(text), &keys)
		for _, k := range keys {
			open[k] = true
		}
		return err
	})
	if len(open) == 0 {
		return open
	}
	// Only those of which no outcome is recorded are in doubt.
	s.look("SELECT id FROM messages WHERE state <> 15 AND (state <> 10 OR claim_token = 0) AND id >= "+lowest(open), func(rows *sql.Rows) error {
		var k int64
		err := rows.Scan(&k)
		delete(open, k)
		return err
	})
	return open
}

func lowest(keys map[int64]bool) string {
	all := make([]int64, 0, len(keys))
	for k := range keys {
		all = append(all, k)
	}
	b, _ := json.Marshal(slices.Min(all)) // a number
	return string(b)
}

// doubtful gives the uncertain messages by the row key of the worker that had
// handed them over.
func (s *site) doubtful() map[int64][]int64 {
	s.tb.Helper()
	of := map[int64][]int64{}
	s.look("SELECT id, claim_token >> 24 FROM messages WHERE state = 70", func(rows *sql.Rows) error {
		var k, worker int64
		err := rows.Scan(&k, &worker)
		of[worker] = append(of[worker], k)
		return err
	})
	return of
}
