package outbox_test

import (
	"log/slog"
	"testing"

	"studymail/internal/store"
	"studymail/internal/storetest"
)

// BenchmarkHandOver is the whole path but for the wire: claim, render, windows
// and records, with a transport that takes everything at once.
func BenchmarkHandOver(b *testing.B) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			s := storetest.Open(b, kind)
			w := newBench(b, s)
			w.log = slog.New(slog.DiscardHandler)
			w.AddPatients(b, s, 0, b.N)
			c := w.campaign(b)
			w.planner.Log = w.log
			w.plan(b, c)
			b.ResetTimer()
			_, stop := w.run(b, w.options(b, &fake{}))
			n := w.settle(b, c)
			b.StopTimer()
			stop()
			if n.Sent != b.N {
				b.Fatalf("sent %d of %d", n.Sent, b.N)
			}
		})
	}
}
