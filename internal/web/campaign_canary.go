package web

import (
	"context"
	"strings"
	"time"

	"studymail"
)

// heldRun is the run of a campaign that waits for its canary; nil when none does.
func (n *campaignNow) heldRun() *studymail.Run {
	for i := range n.runs {
		if n.runs[i].State == studymail.Held {
			return &n.runs[i]
		}
	}
	return nil
}

// hasHeld tells whether a part of the campaign waits for its canary.
func (n *campaignNow) hasHeld() bool { return n.heldRun() != nil }

// canaryWords say what the rest of a campaign waits for.
func (s *site) canaryWords(n *campaignNow) string {
	r := n.heldRun()
	words := "It began with " + countOf(int64(n.Canary.First), "letter") + ". "
	if r.GoesAt.IsZero() {
		return words + "The other " + commas(r.Planned) + " wait until those are handed over, and then " + waitWords(n.Canary.Wait) + " for what comes back of them."
	}
	return words + "The other " + commas(r.Planned) + " wait for what comes back of them, and go by themselves on " + s.timeOf(r.GoesAt).Words + ", unless too much has gone wrong by then."
}

func waitWords(d time.Duration) string {
	for _, w := range canaryWaits {
		if of, err := time.ParseDuration(w.Value); err == nil && of == d {
			return w.Text
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// releaseCanary lets the rest of a campaign go before its time.
func releaseCanary() *campaignAction {
	return &campaignAction{
		name: "release", title: "Let the rest go", from: []studymail.CampaignState{studymail.Running}, when: (*campaignNow).hasHeld,
		done: "Nothing of it waits for its first letters any more.",
		ask: func(_ *site, _ *visit, n *campaignNow, p *campaignActPage) (string, error) {
			r := n.heldRun()
			p.Confirm.Button = "Let " + countOf(int64(r.Planned), "letter") + " go now"
			p.Confirm.Text = "The campaign began with " + countOf(int64(n.Canary.First), "letter") + ". The rest leaves now, without waiting any longer for what comes back of those: bounces and complaints can take some time. It can be paused at any time; what has left cannot be taken back."
			return "", nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			letters, err := s.Planner.EndCanary(ctx, n.ID, v.actor())
			if err != nil {
				return err
			}
			v.flash("The rest goes: %s.", countOf(int64(letters), "letter"))
			return nil
		},
	}
}
