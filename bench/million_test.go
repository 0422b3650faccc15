package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestBenchMillion sends a million mails from SQLite, and meanwhile sends others
// ad hoc, and pauses the campaign once. Its yardsticks are its own beginning, and
// smtp-source with as many ready-made mails to the same server. BENCH_MILLION makes
// it smaller.
func TestBenchMillion(t *testing.T) {
	wanted(t)
	n := number(t, "BENCH_MILLION", 1_000_000)
	w := newWorld(t, build(t, "cmd/studymail"), store.SQLite)
	sink := ownSink(t)
	w.relay(sink.addr)
	w.letter(letterOf(2048))
	imported := w.importPatients(n)
	others := w.others(max(n/10_000, 1)) // each is a process: 100 take a third of the time
	id := w.draft()
	began := time.Now()
	w.run("campaign", "start", id, "--yes")
	planned := time.Since(began)
	fmt.Printf("\na campaign of %d on SQLite, 4 connections, mails of 2 kB; yardsticks: its own first tenth; smtp-source to the same server\n\n", n)
	fmt.Printf("million   import                 %8.0f rows/s\n", rate(n, imported))
	fmt.Printf("million   plan                   %8.0f rows/s\n", rate(n, planned))

	cmd := exec.CommandContext(t.Context(), w.binary, "serve")
	cmd.Dir, cmd.Env, cmd.Stderr = w.dir, w.env, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	memory := watchMemory(t, cmd.Process.Pid)
	w.untilSent(id, n/8)
	for _, patient := range others {
		w.run("send", "--template", "letter", "--patient", patient)
	}
	w.untilSent(id, n/2)
	w.run("campaign", "pause", id)
	paused := time.Now()
	w.untilStill(id)
	late := w.sentAfter(id, paused)
	w.run("campaign", "resume", id)
	still := time.Since(paused)
	w.untilDone(id)
	w.end(cmd)
	used := memory()
	c := costOf(cmd.ProcessState, 0)

	source := w.source(n)
	if got, want := sink.end(t), 2*n+len(others); got != want {
		t.Errorf("the server took %d mails of %d", got, want)
	}

	whole, _ := w.tenths(id, n)
	whole -= still
	first, last := w.tenths(id, n/10)
	fmt.Printf("million   all, without the pause %8.0f mails/s   smtp-source %8.0f mails/s   ratio %.2f\n", rate(n, whole), rate(n, source.took), source.took.Seconds()/whole.Seconds())
	fmt.Printf("million   first tenth            %8.0f mails/s\n", rate(n/10, first))
	fmt.Printf("million   last tenth             %8.0f mails/s   ratio %.2f\n", rate(n/10, last), first.Seconds()/last.Seconds())
	fmt.Printf("million   CPU/mail               %8.0f µs      smtp-source %8.0f µs\n", micros(c.cpu, n), micros(source.cpu, n))
	fmt.Printf("million   memory                 %8d MB at most; %d MB after a quarter of the time, %d MB at the end\n",
		slices.Max(used)>>20, used[len(used)/4]>>20, used[len(used)-1]>>20)
	waits := w.adHocWaits(id)
	fmt.Printf("million   ad hoc, %3d mails      %8d ms in the median, %d ms p99\n",
		len(waits), waits[len(waits)/2].Milliseconds(), waits[len(waits)*99/100].Milliseconds())
	fmt.Printf("million   pause                  %8d mails after the command's return, the last %d ms after it\n", late.n, late.last.Milliseconds())
}

// others are patients of another study, by their UUIDs.
func (w *world) others(n int) []string {
	w.t.Helper()
	w.run("study", "add", "--name", "B")
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	for i := range n {
		fmt.Fprintf(&b, "other%d,First%d,Last%d,other%d@example.org,ABCD001\n", i, i, i, i)
	}
	file := filepath.Join(w.dir, "others.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.run("import", file, "--study", "B", "--yes")
	var listed []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(w.run("patient", "list", "--study", "B", "--json"), &listed); err != nil {
		w.t.Fatal(err)
	}
	ids := make([]string, len(listed))
	for i, p := range listed {
		ids[i] = p.ID
	}
	return ids
}

// ask asks the database for one row about a campaign.
func (w *world) ask(id, query string, args []any, dest ...any) {
	w.t.Helper()
	key := strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	err := w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		return tx.SQL().QueryRowContext(w.t.Context(),
			strings.ReplaceAll(query, "CAMPAIGN", "(SELECT s.id FROM steps s JOIN campaigns c ON c.id = s.campaign_id WHERE c.uuid = x'"+key+"')"), args...).Scan(dest...)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// until waits for something about a campaign.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Minute)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond) // to look takes a process
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatalf("it never came: %s", what)
		}
	}
}

// show reads the campaign's numbers as everybody does.
func (w *world) show(id string) (c struct {
	State string `json:"state"`
	Sent  int    `json:"sent"`
},
) {
	w.t.Helper()
	if err := json.Unmarshal(w.run("campaign", "show", id, "--json"), &c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) untilSent(id string, n int) {
	w.t.Helper()
	w.until("so many are sent", func() bool { return w.show(id).Sent >= n })
}

func (w *world) untilDone(id string) {
	w.t.Helper()
	w.until("the campaign's end", func() bool { return w.show(id).State == "finished" })
}

// untilStill waits until no more of it are sent from one look to the next.
func (w *world) untilStill(id string) {
	w.t.Helper()
	before := -1
	w.until("stillness", func() bool {
		now := w.show(id).Sent
		still := now == before
		before = now
		return still
	})
}

// lateMails are those that were taken after an instant.
type lateMails struct {
	n    int
	last time.Duration
}

func (w *world) sentAfter(id string, then time.Time) lateMails {
	w.t.Helper()
	var l lateMails
	var ms int64
	w.ask(id, `SELECT count(*), coalesce(max(sent_at), $1) FROM messages WHERE step_id = CAMPAIGN AND sent_at > $1`, []any{then.UnixMilli()}, &l.n, &ms)
	l.last = time.UnixMilli(ms).Sub(then)
	return l
}

// tenths are how long the first so many mails took, and the last.
func (w *world) tenths(id string, n int) (first, last time.Duration) {
	w.t.Helper()
	at := func(order string, offset int) time.Time {
		var ms int64
		w.ask(id, `SELECT sent_at FROM messages WHERE step_id = CAMPAIGN ORDER BY sent_at `+order+` LIMIT 1 OFFSET $1`, []any{offset}, &ms)
		return time.UnixMilli(ms)
	}
	return at("ASC", n-1).Sub(at("ASC", 0)), at("DESC", 0).Sub(at("DESC", n-1))
}

// adHocWaits are the times from plan to hand-over of all mails but a campaign's.
func (w *world) adHocWaits(id string) (waits []time.Duration) {
	w.t.Helper()
	var list string
	w.ask(id, `SELECT json_group_array(sent_at - created_at) FROM messages WHERE step_id <> CAMPAIGN`, nil, &list)
	var ms []int64
	if err := json.Unmarshal([]byte(list), &ms); err != nil {
		w.t.Fatal(err)
	}
	for _, m := range ms {
		waits = append(waits, time.Duration(m)*time.Millisecond)
	}
	slices.Sort(waits)
	return waits
}

// watchMemory notes what a process has resident, each second, until the function
// that it gives is called.
func watchMemory(t *testing.T, pid int) (stop func() []int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan []int64)
	go func() {
		var seen []int64
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			if b, ok := residentOf(pid); ok {
				seen = append(seen, b)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				done <- seen
				return
			}
		}
	}()
	return func() []int64 {
		cancel()
		return <-done
	}
}

func residentOf(pid int) (int64, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}
