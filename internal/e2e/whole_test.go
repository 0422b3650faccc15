package e2e

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestAWholeCampaign is the main job from a file of patients to the last letter:
// one in a hundred has opted out, and the server puts one in a hundred off, once.
// E2E=full makes it 100,000 patients.
//
// Seen to fail: with planning that takes people who opted out, they have mail;
// with a sweep that brings nothing back, the campaign does not end.
func TestAWholeCampaign(t *testing.T) {
	n, limit := 5_000, time.Minute
	if os.Getenv("E2E") == "full" {
		n, limit = 100_000, 5*time.Minute
	}
	each(t, func(t *testing.T, kind store.Kind) {
		if n < 100_000 {
			t.Parallel()
		}
		s := clinic(t, kind, 0)
		// Those whose number ends with 25: one of each hundred.
		sink := startSink(t, "-rule", "at=rcpt,match=p*25@example.org,first=1,code=451,text=4.7.1 greylisted")
		s.sendTo(sink.addr)
		s.set("RETRY_BASE", "1s", "SWEEP_EVERY", "1s")
		s.write("patients.csv", patients(n))

		began := time.Now()
		s.must("import", "patients.csv", "--study", "A", "--yes")
		imported := time.Now()
		campaign := s.start()
		planned := time.Now()
		p := s.serve()
		serving := time.Now()
		if mid := s.show(campaign); mid.Planned != n-optedOut(n) || mid.LeftOut["opted out"] != optedOut(n) {
			t.Fatalf("of %d patients, %d of whom opted out: %+v", n, optedOut(n), mid)
		}
		end := s.finished(campaign, limit)
		finished := time.Now()
		p.stop(15 * time.Second)

		want := numbers{
			ID: end.ID, State: "finished", Version: 1, Selected: n, LeftOut: end.LeftOut,
			Planned: n - optedOut(n), Sent: n - optedOut(n),
		}
		if a, b := oneLine(t, end), oneLine(t, want); a != b {
			t.Errorf("it ended as\n%s, not as\n%s", a, b)
		}
		messages, book := s.outbox("--campaign", campaign), sink.read()
		compare(t, messages, book)
		twice := 0
		for i := range messages {
			if messages[i].Attempts == 2 {
				twice++
			}
		}
		if len(book) != want.Planned || twice != n/100 {
			t.Errorf("the server has mail for %d, of %d planned; %d took two attempts, not %d", len(book), want.Planned, twice, n/100)
		}
		t.Logf("%s: %d patients; imported in %.1f s, planned in %.1f s, all sent %.1f s after the start of the server (%.0f mails/s, the wait for those put off included)",
			kind, n, imported.Sub(began).Seconds(), planned.Sub(imported).Seconds(), finished.Sub(serving).Seconds(),
			float64(want.Sent)/finished.Sub(serving).Seconds())
	})
}

func oneLine(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
