package bench

import (
	"fmt"
	"strconv"
	"testing"

	"studymail/internal/store"
)

// TestBenchWindow sends with hand-over windows of several sizes. A crash leaves
// two of them for each connection in doubt at most, so the smallest that is no
// slower is the best. The yardstick is a window of one.
func TestBenchWindow(t *testing.T) {
	wanted(t)
	patients := number(t, "BENCH_WINDOW_PATIENTS", 30_000)
	w := newWorld(t, build(t, "cmd/studymail"), store.SQLite)
	w.relay(startSink(t))
	w.letter(letterOf(2048))
	w.importPatients(patients)
	fmt.Printf("\nhand-over windows on SQLite, %d mails, 4 connections; yardstick: a window of 1\n\n", patients)
	one := 0.0
	for _, size := range []int{1, 2, 4, 8, 12, 16} {
		w.env = append(w.env, "SMTP_WINDOW="+strconv.Itoa(size))
		w.plan()
		c := w.send(patients)
		r := rate(patients, c.took)
		if size == 1 {
			one = r
		}
		fmt.Printf("window    %2d  %8.0f mails/s   ratio %.2f   CPU/mail %3.0f µs\n", size, r, r/one, micros(c.cpu, patients))
	}
}
