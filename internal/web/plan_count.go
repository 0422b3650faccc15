package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// Who gets a letter is asked of every patient of a study, and of a million that takes
// seconds. A page does not wait for it: it shows what the kept numbers of patients say,
// as "about", and asks again until the exact number is there. Only that can be confirmed.
const (
	planPatience = 40 * time.Millisecond // how long a page waits for the exact number
	planKept     = 5 * time.Second       // for the pages that ask for a number that was counted meanwhile
	planMost     = 10 * time.Minute      // for a count
	planAtOnce   = 2                     // counts at the same time; the others wait
)

// planCounts are the counts that are under way, and those that were just done.
type planCounts struct {
	mu    sync.Mutex
	all   map[planKey]*planCount
	slots chan struct{}
}

// planKey is what is counted: a campaign's first letter, or another step of it by row key.
type planKey struct {
	campaign studymail.ID
	step     int64
}

type planCount struct {
	done   chan struct{} // closed when the rest is there
	at     time.Time
	exact  audience.Result
	groups []store.AudienceGroup // of a list of chosen patients
	err    error
}

func newPlanCounts() *planCounts {
	return &planCounts{all: map[planKey]*planCount{}, slots: make(chan struct{}, planAtOnce)}
}

// of gives the count of a plan: one that is under way, or was done just now, else it
// begins one.
func (p *planCounts) of(key planKey, now time.Time, begin func(*planCount)) *planCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, c := range p.all {
		if c.over() && now.Sub(c.at) > planKept {
			delete(p.all, k)
		}
	}
	c := p.all[key]
	if c == nil {
		c = &planCount{done: make(chan struct{})}
		p.all[key] = c
		go begin(c)
	}
	return c
}

// forget drops a count that nobody had to wait for: the next page counts anew.
func (p *planCounts) forget(key planKey, c *planCount) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all[key] == c {
		delete(p.all, key)
	}
}

func (c *planCount) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// countPlan counts who would get a campaign's letter now; step is its row key, or 0 for
// the first. A page that only shows it gets nil when it takes longer than a page may.
func (s *site) countPlan(v *visit, n *store.CampaignRow, step int64) (*planCount, error) {
	if v.r.Method != http.MethodGet { // what is decided here and now is counted here and now
		v.keepOpen()
		c := &planCount{done: make(chan struct{})}
		s.count(v.ctx(), c, n, step)
		return c, c.err
	}
	key := planKey{n.ID, step}
	c := s.plans.of(key, s.Now(), func(c *planCount) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), planMost)
		defer cancel()
		go func() {
			select {
			case <-s.ending:
				cancel()
			case <-ctx.Done():
			}
		}()
		s.plans.slots <- struct{}{}
		defer func() { <-s.plans.slots }()
		s.count(ctx, c, n, step)
	})
	if c.over() {
		return c, c.err
	}
	patience := time.NewTimer(s.patience())
	defer patience.Stop()
	select {
	case <-c.done:
		s.plans.forget(key, c)
		return c, c.err
	case <-patience.C:
		return nil, nil //nolint:nilnil // not yet
	case <-v.ctx().Done():
		return nil, v.ctx().Err()
	}
}

func (s *site) patience() time.Duration {
	if s.Patience != 0 {
		return s.Patience
	}
	return planPatience
}

func (s *site) count(ctx context.Context, c *planCount, n *store.CampaignRow, step int64) {
	defer close(c.done)
	c.exact, c.err = s.Planner.PreviewStep(ctx, n.ID, step)
	if c.err == nil && n.AdHoc && step == 0 {
		c.err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
			c.groups, err = tx.AudienceGroups(ctx, &n.Campaign, mostGroups)
			return err
		})
	}
	c.at = s.Now()
}

// aboutPlan says who gets a study's letter by how its patients stand: without those
// whose address is suppressed, who had it before, or who lack what it merges.
func (s *site) aboutPlan(v *visit, n *store.CampaignRow) (plannedNow, error) {
	p := plannedNow{Counting: true}
	if n.Study == 0 {
		return p, nil
	}
	res := audience.Result{LeftOut: map[studymail.Reason]int{}}
	err := v.read(func(tx *store.Tx) error {
		only, err := tx.CampaignProviders(v.ctx(), n.Key)
		if err != nil {
			return err
		}
		filters := []store.PatientFilter{{Study: n.Study}}
		if len(only) > 0 {
			filters = nil
		}
		for i := range only {
			filters = append(filters, store.PatientFilter{Study: n.Study, Provider: only[i].Key})
		}
		for _, f := range filters {
			all, err := tx.PatientStandings(v.ctx(), f)
			if err != nil {
				return err
			}
			for _, c := range all {
				if why := whyOut(c.Status, c.Cancelled); why == "" {
					res.Planned += c.Patients
				} else {
					res.LeftOut[why] += c.Patients
				}
			}
		}
		return nil
	})
	p = planOf(res)
	p.Counting, p.About = true, true
	return p, err
}

// whyOut is the reason by which a patient who stands so is left out; "" for who is in
// study.
func whyOut(status studymail.Status, cancelled studymail.Cancelled) studymail.Reason {
	switch cancelled {
	case studymail.NotEligible:
		return studymail.ReasonNotEligible
	case studymail.NotConsented:
		return studymail.ReasonNotConsented
	case studymail.OptedOut:
		return studymail.ReasonOptedOut
	case studymail.NotContactable:
		return studymail.ReasonNotContactable
	case studymail.NotCancelled:
	}
	if status != studymail.New {
		return studymail.ReasonNotNew
	}
	return ""
}
