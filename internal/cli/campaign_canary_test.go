package cli

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studymail/internal/store"
)

// From the command to the mails, with the clock set forth by the wait.
func TestACampaignWithACanarySendsItsRestAfterTheWait(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		var ahead atomic.Int64
		d.sys.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		type shown struct {
			campaignAnswer
			Canary struct {
				First, Waiting int
				Wait           string
				GoesAt         string `json:"goes_at"`
			}
		}
		made := d.create(t, "--canary", "1", "--canary-wait", "4h", "--start", "--yes")
		show := func() shown { return answer[shown](t, d, "campaign", "show", made.ID.String()) }
		if s := show(); s.Planned != 2 || s.Canary.First != 1 || s.Canary.Waiting != 1 || s.Canary.Wait != "4h0m0s" || s.Canary.GoesAt != "" {
			t.Fatalf("planned: %+v", s)
		}
		server := d.serve(t)
		waitUntil(t, func() bool { return show().Canary.GoesAt != "" })
		if out := d.must(t, "campaign", "show", made.ID.String()); !strings.Contains(out, "1 letter first, then 4h0m0s for what comes back; 1 letter wait until ") {
			t.Errorf("shown: %s", out)
		}
		if n := len(d.files(t, "mail/new")); n != 1 {
			t.Fatalf("%d mails before the wait is over", n)
		}
		server.end()

		ahead.Add(int64(5 * time.Hour))
		server = d.serve(t)
		waitUntil(t, func() bool { return show().State == "finished" })
		server.end()
		if s := show(); s.Sent != 2 || s.Canary.Waiting != 0 || len(d.files(t, "mail/new")) != 2 {
			t.Errorf("in the end: %+v", s)
		}
		numbers(t, d.must(t, "campaign", "show", made.ID.String(), "--json"))
	})
}

func TestTheRestOfACampaignIsLetGoByHand(t *testing.T) {
	t.Parallel()
	d := campaigner(t, store.SQLite)
	made := d.create(t, "--canary", "1", "--start", "--yes")
	id := made.ID.String()
	if r := d.run(t, "", "campaign", "release", id); r.code != exitUsage || !strings.Contains(r.err, "--yes") {
		t.Errorf("released without being asked: %d, %s", r.code, r.err)
	}
	if out := d.must(t, "campaign", "release", id, "--yes"); !strings.Contains(out, "The rest of campaign "+id+" goes: 1 letter.") {
		t.Errorf("said: %s", out)
	}
	if r := d.run(t, "", "campaign", "release", id, "--yes"); r.code != exitFailed || !strings.Contains(r.err, "nothing of campaign "+id+" waits for a canary") {
		t.Errorf("twice: %d, %s", r.code, r.err)
	}
	for _, wrong := range [][]string{{"--canary", "0", "--canary-wait", "1h"}, {"--canary", "-1"}, {"--canary", "5", "--canary-wait", "1s"}, {"--canary-wait", "1h"}} {
		args := append([]string{"campaign", "create", "--study", "A", "--template", "invitation"}, wrong...)
		if r := d.run(t, "", args...); r.code != exitUsage {
			t.Errorf("%v: %d, %s", wrong, r.code, r.err)
		}
	}
}
