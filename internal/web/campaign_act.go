package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// What is done with a campaign is asked first, with exact numbers; then it is done, if
// the campaign still stands where it stood. A second click finds it done.

type campaignActPage struct {
	Heading heading
	Changed string
	Plan    *plannedNow
	Lines   []reasonLine
	Confirm confirm
}

// Counting tells that the numbers are still counted.
func (p *campaignActPage) Counting() bool { return p.Plan != nil && p.Plan.Counting }

// campaignAction is what is done with a campaign in some states.
type campaignAction struct {
	name   string // in the path
	title  string
	from   []studymail.CampaignState
	done   string // said when it was done already
	danger bool
	when   func(*campaignNow) bool // nil: in each of these states
	// ask words what will happen and the button, with exact numbers; expect is what
	// must be the same when it is confirmed ("": nothing).
	ask func(s *site, v *visit, n *campaignNow, p *campaignActPage) (expect string, err error)
	do  func(ctx context.Context, s *site, v *visit, n *campaignNow) error
}

func pauseCampaign() *campaignAction {
	return &campaignAction{
		name: "pause", title: "Pause", from: []studymail.CampaignState{studymail.Running, studymail.Scheduled}, done: "It is paused already.",
		ask: func(_ *site, _ *visit, n *campaignNow, p *campaignActPage) (string, error) {
			p.Confirm.Button = "Pause the campaign"
			p.Confirm.Text = countOf(int64(n.all.Unfinished()), "letter") + " still to go at this moment. They wait until it is resumed; nothing is lost. Letters that are on the wire at this second still leave. Times and reminders that come meanwhile wait, too."
			return "", nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			if err := s.Planner.Pause(ctx, n.ID, v.actor()); err != nil {
				return err
			}
			v.flash("The campaign is paused.")
			return nil
		},
	}
}

func cancelCampaign() *campaignAction {
	return &campaignAction{
		name: "cancel", title: "Cancel", from: []studymail.CampaignState{studymail.Running, studymail.Scheduled, studymail.Paused}, done: "It is cancelled already.", danger: true,
		ask: func(_ *site, _ *visit, n *campaignNow, p *campaignActPage) (string, error) {
			p.Confirm.Button = "Cancel the campaign for good"
			p.Confirm.Text = countOf(int64(n.all.Unfinished()), "letter") + " not sent at this moment will be cancelled for good, and " + countOf(int64(n.all.Sent), "letter") +
				" sent before stay sent. Reminders and further times are cancelled with it. This cannot be taken back; to stop it for a while, pause it."
			return "", nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			gone, err := s.Planner.Cancel(ctx, n.ID, v.actor())
			switch {
			case err == nil:
				v.flash("The campaign is cancelled, %s with it.", countOf(int64(gone), "waiting letter"))
			case studymail.CodeOf(err) == studymail.Conflict || s.stateOf(v, n.ID) != studymail.CampaignCanceled:
				return err
			default: // there are many: a worker goes on
				v.flash("The campaign is cancelled. The letters that waited are being cancelled now; none of them leaves.")
			}
			return nil
		},
	}
}

func resumeCampaign() *campaignAction {
	return &campaignAction{
		name: "resume", title: "Resume", from: []studymail.CampaignState{studymail.Paused}, done: "It goes on already.",
		ask: func(s *site, v *visit, n *campaignNow, p *campaignActPage) (string, error) {
			p.Confirm.Button = "Resume the campaign"
			p.Confirm.Text = countOf(int64(n.all.Unfinished()), "letter") + " to go. They leave from now on, and its times and reminders count again."
			if h := s.haltedCampaign(v, n); h != nil {
				p.Changed = h.Title + " " + h.Numbers
				p.Confirm.Button = "Let the campaign go on"
				p.Confirm.Text += " What went wrong until now counts no more: it stops again by itself only if the rest goes wrong, too. Mend what went wrong first: " + h.Mend
			}
			late, err := s.Planner.Overdue(v.ctx(), n.ID)
			if err != nil || !late {
				return "", err
			}
			// To resume it is to start it.
			counted, err := s.countPlan(v, &n.CampaignRow, 0)
			if err != nil {
				return "", err
			}
			if counted == nil {
				p.Confirm.Button = ""
				plan, err := s.aboutPlan(v, &n.CampaignRow)
				p.Plan = &plan
				return "", err
			}
			res := counted.exact
			plan := planOf(res)
			p.Plan = &plan
			p.Confirm.Button = "Send " + countOf(int64(res.Planned), "letter") + " now"
			p.Confirm.Text = "Its time passed while it was paused: to resume it is to start it now."
			return frozenPlan(res), nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			if _, err := s.Planner.Resume(ctx, n.ID, v.actor(), nil); err != nil {
				return s.startFailed(v, n.ID, err)
			}
			v.flash("The campaign goes on.")
			return nil
		},
	}
}

func discardDraft() *campaignAction {
	return &campaignAction{
		name: "discard", title: "Discard", from: []studymail.CampaignState{studymail.Draft}, done: "It is not a draft any more.", danger: true,
		ask: func(_ *site, _ *visit, _ *campaignNow, p *campaignActPage) (string, error) {
			p.Confirm.Button = "Discard the draft"
			p.Confirm.Text = "Nothing of it was sent, and no letter or patient is touched by this. The draft itself cannot be brought back."
			return "", nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.Planner.Discard(ctx, tx, n.ID, v.actor()) })
			if err != nil {
				return err
			}
			v.flash("The draft is discarded.")
			return v.redirect("/campaigns")
		},
	}
}

func retryFailed() *campaignAction {
	return &campaignAction{
		name: "retry", title: "Send failed letters again", done: "",
		from: []studymail.CampaignState{studymail.Scheduled, studymail.Running, studymail.Paused, studymail.Finished},
		ask: func(_ *site, v *visit, n *campaignNow, p *campaignActPage) (string, error) {
			for _, w := range n.why {
				if w.State == studymail.Failed {
					p.Lines = append(p.Lines, reasonLine{Reason: sentenceWord(string(w.Reason)), Count: w.Messages, Path: v.messagesPath(n.ID, "state", "failed", "reason", string(w.Reason))})
				}
			}
			if n.all.Failed == 0 {
				return "0", nil
			}
			p.Confirm.Button = "Look at " + countOf(int64(n.all.Failed), "failed letter") + " again"
			p.Confirm.Text = "Each patient is looked at anew: who may still be mailed is sent the letter again, with attempts of its own; who has left the study meanwhile is left as is. What failed for good, as a mailbox that does not exist, will most likely fail again."
			if n.State == studymail.Paused {
				p.Confirm.Text += " The campaign is paused: they wait until it is resumed."
			}
			return countOf(int64(n.all.Failed), "failed letter"), nil
		},
		do: func(ctx context.Context, s *site, v *visit, n *campaignNow) error {
			return s.retry(context.WithoutCancel(ctx), v, n.ID)
		},
	}
}

func (s *site) campaignPauseForm(v *visit) error   { return s.askAbout(v, pauseCampaign()) }
func (s *site) campaignPause(v *visit) error       { return s.doTo(v, pauseCampaign()) }
func (s *site) campaignCancelForm(v *visit) error  { return s.askAbout(v, cancelCampaign()) }
func (s *site) campaignCancel(v *visit) error      { return s.doTo(v, cancelCampaign()) }
func (s *site) campaignReleaseForm(v *visit) error { return s.askAbout(v, releaseCanary()) }
func (s *site) campaignRelease(v *visit) error     { return s.doTo(v, releaseCanary()) }
func (s *site) campaignResumeForm(v *visit) error  { return s.askAbout(v, resumeCampaign()) }
func (s *site) campaignResume(v *visit) error      { return s.doTo(v, resumeCampaign()) }
func (s *site) campaignDiscardForm(v *visit) error { return s.askAbout(v, discardDraft()) }
func (s *site) campaignDiscard(v *visit) error     { return s.doTo(v, discardDraft()) }
func (s *site) campaignRetryForm(v *visit) error   { return s.askAbout(v, retryFailed()) }
func (s *site) campaignRetry(v *visit) error       { return s.doTo(v, retryFailed()) }

// in tells whether the action is for a campaign as it stands.
func (a *campaignAction) in(n *campaignNow) bool {
	return slices.Contains(a.from, n.State) && (a.when == nil || a.when(n))
}

// past answers for a campaign that stands where the action is not for.
func (a *campaignAction) past(v *visit, n *campaignNow) error {
	words := a.done
	if words == "" {
		words = "That cannot be done now: the campaign is " + n.State.String() + "."
	}
	v.flash("%s", words)
	return v.redirect("/campaigns/" + n.ID.String())
}

func (s *site) askAbout(v *visit, a *campaignAction) error {
	n, err := s.readCampaign(v)
	if err != nil {
		return err
	}
	if !a.in(n) {
		return a.past(v, n)
	}
	p, err := s.question(v, a, n)
	if err != nil {
		return err
	}
	return s.showQuestion(v, http.StatusOK, p)
}

func (s *site) question(v *visit, a *campaignAction, n *campaignNow) (*campaignActPage, error) {
	path := "/campaigns/" + n.ID.String()
	p := &campaignActPage{
		Heading: heading{Title: a.title + ": " + n.Name, Up: link{"Campaign " + n.Name, path}},
		Confirm: confirm{Action: path + "/" + a.name, Form: newForm(), Back: path, Danger: a.danger},
	}
	expect, err := a.ask(s, v, n, p)
	p.Confirm.Hidden = map[string]string{"expect": expect}
	return p, err
}

func (s *site) showQuestion(v *visit, status int, p *campaignActPage) error {
	return v.pageAs(status, "campaign_act", p.Heading.Title, p)
}

func (s *site) doTo(v *visit, a *campaignAction) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	n, err := s.readCampaign(v)
	if err != nil {
		return err
	}
	if !a.in(n) {
		return a.past(v, n)
	}
	p, err := s.question(v, a, n)
	if err != nil {
		return err
	}
	if f.Get("expect") != p.Confirm.Hidden["expect"] {
		p.Changed = "Meanwhile something changed: the numbers below are new. Nothing was done yet."
		return s.showQuestion(v, http.StatusConflict, p)
	}
	v.keepOpen()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), inRequest)
	defer cancel()
	err = a.do(ctx, s, v, n)
	if studymail.CodeOf(err) == studymail.Conflict { // somebody else was quicker
		v.flash("It changed meanwhile: this is how it stands now.")
		err = nil
	}
	if err != nil || v.w.status != 0 {
		return err
	}
	return v.redirect("/campaigns/" + n.ID.String())
}

// retry looks at a campaign's failed messages, page by page. Whoever goes away
// meanwhile does not stop it half-way.
func (s *site) retry(ctx context.Context, v *visit, id studymail.ID) error {
	all := audience.Retried{Left: map[studymail.Reason]int{}}
	filter := store.MessageFilter{Campaign: id, States: []studymail.State{studymail.Failed}}
	for more := true; more; {
		v.keepOpen()
		var (
			part audience.Retried
			err  error
		)
		if part, _, more, err = s.Planner.RetryPage(ctx, &filter, v.actor()); err != nil {
			if all.Queued > 0 && studymail.CodeOf(err) != studymail.Conflict {
				return studymail.Errorf(studymail.Unavailable, "%s were queued again, then it could not go on; the others stand as they did. Do the same again to go on: %w", countOf(int64(all.Queued), "letter"), err)
			}
			return err
		}
		all.Queued += part.Queued
		for why, n := range part.Left {
			all.Left[why] += n
		}
	}
	words := []string{countOf(int64(all.Queued), "letter") + " queued again"}
	for _, line := range reasonsOf(all.Left, func(studymail.Reason) string { return "" }) {
		words = append(words, commas(line.Count)+" left as is: "+strings.ToLower(line.Reason))
	}
	v.flash("%s.", strings.Join(words, "; "))
	return nil
}
