package studymail_test

import (
	"testing"

	"studymail"
)

// Seen to fail: with ≥ for >, without the sample, and without the fewest complaints.
func TestACampaignHaltsOverItsLimits(t *testing.T) {
	t.Parallel()
	rules := studymail.HaltRules{From: 200, Hard: 5, Complaints: 0.1, Failed: 10}
	for name, tc := range map[string]struct {
		n    studymail.HaltNumbers
		want studymail.HaltReason
	}{
		"nothing":                      {studymail.HaltNumbers{}, ""},
		"all well":                     {studymail.HaltNumbers{Tried: 1000}, ""},
		"hard, over":                   {studymail.HaltNumbers{Tried: 200, Hard: 11}, studymail.HaltHard},
		"hard, at the limit":           {studymail.HaltNumbers{Tried: 200, Hard: 10}, ""},
		"hard, too few were tried":     {studymail.HaltNumbers{Tried: 199, Hard: 100}, ""},
		"complaints, over":             {studymail.HaltNumbers{Tried: 2000, Complaints: 3}, studymail.HaltComplaints},
		"complaints, at the limit":     {studymail.HaltNumbers{Tried: 3000, Complaints: 3}, ""},
		"complaints, two say nothing":  {studymail.HaltNumbers{Tried: 200, Complaints: 2}, ""},
		"failures, over":               {studymail.HaltNumbers{Tried: 1000, Failed: 101}, studymail.HaltFailed},
		"failures, at the limit":       {studymail.HaltNumbers{Tried: 1000, Failed: 100}, ""},
		"complaints say more than all": {studymail.HaltNumbers{Tried: 200, Hard: 100, Complaints: 50, Failed: 100}, studymail.HaltComplaints},
	} {
		got, detail := rules.Halts(tc.n)
		if got != tc.want || (detail == "") != (tc.want == "") {
			t.Errorf("%s: %q, %q; want %q", name, got, detail, tc.want)
		}
		if got != "" && !rules.Suspicious(tc.n) {
			t.Errorf("%s: halts, and would not be looked at", name)
		}
		if off, _ := (studymail.HaltRules{From: 200}).Halts(tc.n); off != "" {
			t.Errorf("%s: halts without limits", name)
		}
	}
}
