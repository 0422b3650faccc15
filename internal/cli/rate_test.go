package cli

import (
	"strings"
	"testing"

	"studymail/internal/store"
)

// found gives doctor's check of a name, and its exit code. There is none of a transport
// before a worker has used it.
func (d *desk) found(tb testing.TB, name string) (ok bool, value, mend string, code int) {
	tb.Helper()
	r := d.run(tb, "", "doctor", "--json")
	for _, c := range oneValue[diagnosis](tb, r.out).Checks {
		if c.Name == name {
			return c.OK, c.Value, c.Mend, r.code
		}
	}
	return false, "there is no check " + name, "", r.code
}

func TestALimitOfZeroIsToldByDoctorAndNothingLeaves(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		d.sys.Environ = append(d.sys.Environ, "RATE_PER_HOUR=0", "RATE_PER_SECOND=2.5")
		if ok, value, mend, code := d.found(t, "limits of the transport"); ok || code != exitFailed || value != "2.5 a second, 0 an hour" || !strings.HasPrefix(mend, "RATE_PER_HOUR is 0") {
			t.Errorf("before a worker runs, doctor says %v, %q, %q, exit code %d", ok, value, mend, code)
		}
		server := d.serve(t)
		c := d.create(t, "--start", "--yes")
		waitUntil(t, func() bool {
			_, value, _, _ := d.found(t, "transport maildir")
			return strings.HasPrefix(value, "stopped (rate: RATE_PER_HOUR is 0, so no mail leaves")
		})
		if ok, _, mend, code := d.found(t, "transport maildir"); ok || mend == "" || code != exitFailed {
			t.Errorf("doctor takes it for well (%v, %q, exit code %d)", ok, mend, code)
		}
		if n := numbers(t, d.must(t, "campaign", "show", c.ID.String(), "--json")); n["queued"] != 2 || n["sent"] != 0 {
			t.Errorf("%v", n)
		}
		server.end()
	})
}

func TestARunningCampaignShowsWhatLimitsItAndWhenItIsThrough(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := campaigner(t, kind)
		d.sys.Environ = append(d.sys.Environ, "RATE_PER_MINUTE=1")
		server := d.serve(t)
		c := d.create(t, "--start", "--yes")
		show := func() (v struct {
			Rate    *float64 `json:"rate"`
			Limited *string  `json:"limited_by"`
			Finish  string   `json:"finish_at"`
			Sent    int      `json:"sent"`
		},
		) {
			text := d.must(t, "campaign", "show", c.ID.String(), "--json")
			numbers(t, text)
			v = oneValue[struct {
				Rate    *float64 `json:"rate"`
				Limited *string  `json:"limited_by"`
				Finish  string   `json:"finish_at"`
				Sent    int      `json:"sent"`
			}](t, text)
			return v
		}
		waitUntil(t, func() bool {
			v := show()
			return v.Rate != nil && *v.Rate > 0 && v.Limited != nil && *v.Limited == "rate limit"
		})
		if v := show(); v.Sent != 1 || v.Finish == "" {
			t.Errorf("sent %d, finished at %q", v.Sent, v.Finish)
		}
		text := d.must(t, "campaign", "show", c.ID.String())
		if !strings.Contains(text, " a second\n") || !strings.Contains(text, "rate limit\n") {
			t.Errorf("shown:\n%s", text)
		}
		if ok, value, _, code := d.found(t, "transport maildir"); !ok || code != exitFine || !strings.HasPrefix(value, "backing off (rate: RATE_PER_MINUTE (1) is used up") {
			t.Errorf("doctor says %v, %q, exit code %d", ok, value, code)
		}
		server.end()
		d.must(t, "campaign", "cancel", c.ID.String(), "--yes")
		if v := show(); v.Rate != nil || v.Finish != "" {
			t.Errorf("a cancelled one still shows %v, %q", *v.Rate, v.Finish)
		}
	})
}
