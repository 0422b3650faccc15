package web

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

// campaignNow is a campaign and where it stands, read from one snapshot.
type campaignNow struct {
	store.CampaignRow
	steps    []store.StepRow
	counts   map[int64]*studymail.Counts // by step
	all      studymail.Counts
	runs     []studymail.Run
	why      []store.WhyEnded
	cameBack map[studymail.CameBack]int
	aside    int       // of the deferred: they wait for send hours
	asideTo  time.Time // … the first of them until then
	waits    time.Time // nothing of it may leave before
	next     time.Time // by its own schedule
	flow     studymail.Flow
	workers  int
	arming   studymail.Arming
	planning bool
}

// campaignOf finds the campaign of the path.
func (s *site) campaignOf(v *visit, tx *store.Tx) (c store.CampaignRow, err error) {
	id, err := v.id("id")
	if err != nil {
		return c, err
	}
	c, err = tx.CampaignByID(v.ctx(), id)
	return c, noCampaign(err)
}

func noCampaign(err error) error {
	if studymail.CodeOf(err) == studymail.NotFound {
		return studymail.Errorf(studymail.NotFound, "there is no such campaign; look for it among the campaigns. A draft that was changed or discarded is not there any more")
	}
	return err
}

// readCampaign reads what the page of a campaign shows.
func (s *site) readCampaign(v *visit) (*campaignNow, error) {
	n := &campaignNow{all: studymail.Counts{LeftOut: map[studymail.Reason]int{}}}
	err := v.read(func(tx *store.Tx) (err error) {
		if n.CampaignRow, err = s.campaignOf(v, tx); err != nil {
			return err
		}
		if err := n.readNumbers(v, tx); err != nil {
			return err
		}
		if n.why, err = tx.WhyEnded(v.ctx(), n.Key); err != nil {
			return err
		}
		if n.cameBack, err = tx.CampaignFeedback(v.ctx(), n.Key); err != nil {
			return err
		}
		if n.Schedule != 0 {
			sched, err := tx.ScheduleByID(v.ctx(), n.ScheduleID)
			if err != nil {
				return err
			}
			n.next = sched.NextRunAt
		}
		if n.arming, err = tx.Arming(v.ctx()); err != nil {
			return err
		}
		workers, err := tx.AliveWorkers(v.ctx())
		if err != nil {
			return err
		}
		for i := range workers {
			if workers[i].LeaseUntil.After(tx.Now()) {
				n.workers++
			}
		}
		if n.State != studymail.Running || n.all.Unfinished() == 0 {
			return nil
		}
		if n.flow, err = s.Flow(v.ctx(), tx, n.Key, n.all.Unfinished()); err != nil {
			return err
		}
		return n.readWaits(v, tx)
	})
	return n, err
}

func (n *campaignNow) readNumbers(v *visit, tx *store.Tx) (err error) {
	if n.steps, err = tx.CampaignStepRows(v.ctx(), n.Key); err != nil {
		return err
	}
	if n.counts, err = tx.CountsOfSteps(v.ctx(), n.Key); err != nil {
		return err
	}
	for i := range n.steps {
		k := n.steps[i].Key
		if n.counts[k] == nil {
			n.counts[k] = &studymail.Counts{LeftOut: map[studymail.Reason]int{}}
		}
		n.all.Add(n.counts[k])
	}
	n.runs, err = tx.CampaignRuns(v.ctx(), n.Key)
	for i := range n.runs {
		n.planning = n.planning || n.runs[i].State == studymail.Planning
	}
	return err
}

// readWaits finds until when the mail of a running campaign waits for send hours.
func (n *campaignNow) readWaits(v *visit, tx *store.Tx) (err error) {
	if n.aside, n.asideTo, err = tx.Waiting(v.ctx(), n.Key); err != nil {
		return err
	}
	if n.Study != 0 {
		study, err := tx.StudyByKey(v.ctx(), n.Study)
		if err != nil {
			return err
		}
		hours, err := when.ParseHours(study.SendHours)
		if err != nil {
			return err
		}
		n.waits = when.ClosedUntil(tx.Now(), hours)
	}
	if n.waits.IsZero() && n.aside > 0 && n.aside == n.all.Unfinished() {
		n.waits = n.asideTo
	}
	return nil
}

// moves tells whether something of the campaign will happen by itself soon: its page
// follows it.
func (n *campaignNow) moves() bool {
	return n.planning || n.State == studymail.Running || n.all.Sending > 0
}

// pulse is what a page that follows the campaign is told about: another one, and it
// asks again.
func (n *campaignNow) pulse() string {
	var w strings.Builder
	for i := range n.steps {
		c := n.counts[n.steps[i].Key]
		fmt.Fprint(&w, c.Planned, c.Selected, c.Queued, c.Sending, c.Deferred, c.Sent, c.Failed, c.Skipped, c.Uncertain, c.Cancelled, ";")
	}
	return fmt.Sprint(w.String(), n.State, n.planning)
}

// campaignLive tells a page when there is something new.
func (s *site) campaignLive(v *visit) error {
	return v.live(func() (string, bool, error) {
		n := &campaignNow{all: studymail.Counts{LeftOut: map[studymail.Reason]int{}}}
		err := v.read(func(tx *store.Tx) (err error) {
			if n.CampaignRow, err = s.campaignOf(v, tx); err != nil {
				return err
			}
			return n.readNumbers(v, tx)
		})
		return n.pulse(), n.moves(), err
	})
}

// messagesPath is the list of a campaign's messages; "" while there is none.
func (v *visit) messagesPath(campaign studymail.ID, pairs ...string) string {
	if !v.hasRoute("GET", "/messages") {
		return ""
	}
	q := url.Values{"campaign": {campaign.String()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "/messages?" + q.Encode()
}
