package bench

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestBenchWorkers lets one worker, then three, send from one PostgreSQL to a
// server that takes 2 ms for each answer. The yardstick is the one.
func TestBenchWorkers(t *testing.T) {
	wanted(t)
	patients := number(t, "BENCH_WORKER_PATIENTS", 30_000)
	binary := build(t, "cmd/studymail")
	w := newWorld(t, binary, store.Postgres)
	w.relay(ownSink(t, "-plain", "-wait", "2ms").addr)
	w.letter(letterOf(2048))
	w.importPatients(patients)
	fmt.Printf("\nworkers on one PostgreSQL, %d mails, a server that takes 2 ms for each answer; yardstick: one worker\n\n", patients)
	one := 0.0
	for _, workers := range []int{1, 3} {
		w.plan()
		r := rate(patients, w.sendBy(workers))
		if workers == 1 {
			one = r
		}
		fmt.Printf("workers   %d   %8.0f mails/s   ratio %.2f\n", workers, r, r/one)
	}
}

// sendBy runs so many workers until all planned mail is sent, and gives the time
// from the first mail to the last.
func (w *world) sendBy(workers int) time.Duration {
	w.t.Helper()
	var all []*exec.Cmd
	for i := range workers {
		cmd := exec.CommandContext(w.t.Context(), w.binary, "worker")
		cmd.Dir = w.dir
		cmd.Env = append(w.env, fmt.Sprintf("WORKER_LOG_FILE_PATH=logs/worker%d.log", i), fmt.Sprintf("LOG_FILE_PATH=logs/app%d.log", i))
		if err := cmd.Start(); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, cmd)
	}
	w.untilFinished()
	first, last := w.firstAndLastSent(w.t.Context())
	for _, cmd := range all {
		w.end(cmd)
	}
	return last.Sub(first)
}
