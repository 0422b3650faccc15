package web

import (
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/store"
)

// samplesShown bounds the letters that a review shows; mostGroups how many care
// providers it says there are.
const (
	samplesShown = 5
	mostGroups   = 1000
)

// letterSample is a letter as an invented patient of a care provider would get it.
type letterSample struct {
	Provider, Study string
	Subject, Text   string
}

// samplesOf puts a campaign's first letter together for each care provider of those
// who may get it, and tells how many of these there are. Those of chosen patients are
// counted with them; a study's are known.
func (s *site) samplesOf(v *visit, n *campaignNow, counted *planCount) (all []letterSample, groups int, err error) {
	err = v.read(func(tx *store.Tx) error {
		var found []store.AudienceGroup
		if counted != nil {
			found = counted.groups
		}
		if n.Study != 0 {
			if found, err = tx.AudienceGroups(v.ctx(), &n.Campaign, mostGroups); err != nil {
				return err
			}
		}
		if len(n.steps) == 0 {
			return nil
		}
		text, err := tx.TemplateVersionByKey(v.ctx(), n.steps[0].TemplateVersion)
		if err != nil {
			return err
		}
		letter, err := compose.Compile(text.Format, text.Subject, text.Body)
		if err != nil {
			return err
		}
		only, err := tx.CampaignProviders(v.ctx(), n.Key)
		if err != nil {
			return err
		}
		for _, g := range found {
			if !boundTo(only, g.Provider) {
				continue
			}
			if groups++; len(all) == samplesShown {
				continue
			}
			sample, err := s.sampleLetter(v, tx, letter, g)
			if err != nil {
				return err
			}
			all = append(all, sample)
		}
		return nil
	})
	return all, groups, err
}

// boundTo tells whether a campaign that is bound to some care providers, or to none,
// is for one.
func boundTo(only []studymail.Provider, provider int64) bool {
	for i := range only {
		if only[i].Key == provider {
			return true
		}
	}
	return len(only) == 0
}

func (s *site) sampleLetter(v *visit, tx *store.Tx, letter *compose.Letter, g store.AudienceGroup) (letterSample, error) {
	study, err := tx.StudyByKey(v.ctx(), g.Study)
	if err != nil {
		return letterSample{}, err
	}
	providers, err := tx.ProvidersByKey(v.ctx(), []int64{g.Provider})
	if err != nil || len(providers) == 0 {
		return letterSample{}, err
	}
	values := compose.Examples()
	values.SetStudy(&study)
	values.SetProvider(&providers[0])
	parts := letter.Parts(&values)
	return letterSample{providers[0].Name, study.Name, parts.Subject, parts.Text}, nil
}

// timeFact says about how long so many letters take, by the limits of the
// installation, or as fast as mail left in the last minute.
func (s *site) timeFact(v *visit, n *campaignNow, letters int) fact {
	if letters == 0 {
		return fact{}
	}
	slowest := s.perSecond()
	words := " by the limits"
	if slowest == 0 {
		flow, err := s.flowNow(v, n, letters)
		if err != nil || flow.PerSecond <= 0 {
			return fact{"Estimated time", "As fast as the mail server takes them; there is no limit, and nothing was sent in the last minute to go by"}
		}
		slowest, words = flow.PerSecond, " at the rate of the last minute"
	}
	d := time.Duration(min(float64(letters)/slowest, 3e9) * float64(time.Second))
	return fact{"Estimated time", "About " + campaignSpan(d) + words + ", once they may leave"}
}

// perSecond is the slowest of the limits; 0 without any.
func (s *site) perSecond() float64 {
	slowest := 0.0
	for i, l := range []studymail.Limit{s.Config.Limits.PerSecond, s.Config.Limits.PerMinute, s.Config.Limits.PerHour, s.Config.Limits.PerDay} {
		if n, set := l.Of(); set && n > 0 {
			if r := n / []float64{1, 60, 3600, 86400}[i]; slowest == 0 || r < slowest {
				slowest = r
			}
		}
	}
	return slowest
}

func (s *site) flowNow(v *visit, n *campaignNow, letters int) (f studymail.Flow, err error) {
	err = v.read(func(tx *store.Tx) error {
		f, err = s.Flow(v.ctx(), tx, n.Key, letters)
		return err
	})
	return f, err
}
