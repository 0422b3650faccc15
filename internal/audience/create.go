package audience

import (
	"context"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/store"
)

// New is what a study's campaign is made from.
type New struct {
	Name      string // "" makes one of the template's and the study's
	Study     string // by name
	Template  string // by name: its newest version, for good
	Providers []string
	Again     bool
	Reminders []Reminder
	Canary    studymail.Canary

	// When; neither: when it is started.
	At   time.Time
	Cron string
	Zone string // of Cron
}

// Create makes a campaign as a draft. Nothing of it happens before Start.
func (p *Planner) Create(ctx context.Context, n New, actor string) (studymail.Campaign, error) {
	var c studymail.Campaign
	err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
		c, err = p.CreateIn(ctx, tx, n, actor)
		return err
	})
	return c, err
}

// CreateIn is Create in a transaction of the caller's.
func (p *Planner) CreateIn(ctx context.Context, tx *store.Tx, n New, actor string) (studymail.Campaign, error) {
	c := studymail.Campaign{Name: n.Name, State: studymail.Draft, Again: n.Again, Canary: n.Canary}
	if err := n.Canary.Check(); err != nil {
		return c, err
	}
	study, err := tx.StudyByName(ctx, n.Study)
	if err != nil {
		return c, err
	}
	if !study.Active {
		return c, studymail.Errorf(studymail.Conflict, "study %s is not active; `studymail study edit` can make it so", study.Name)
	}
	version, err := newest(ctx, tx, n.Template)
	if err != nil {
		return c, err
	}
	providers, err := providersOf(ctx, tx, n.Providers)
	if err != nil {
		return c, err
	}
	reminders, err := remindersOf(ctx, tx, n.Reminders)
	if err != nil {
		return c, err
	}
	c.Study = study.Key
	if c.Name == "" {
		c.Name = n.Template + " to " + study.Name
	}
	if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &c, TemplateVersion: version.Key, Providers: providers, Reminders: reminders}); err != nil {
		return c, err
	}
	if err := p.addSchedule(ctx, tx, &c, n); err != nil {
		return c, err
	}
	return c, tx.AddEvent(ctx, actor, "campaign created", c.ID, fmt.Sprintf("template version %s", version.ID))
}

// Discard deletes a draft, in a transaction of the caller's.
func (p *Planner) Discard(ctx context.Context, tx *store.Tx, id studymail.ID, actor string) error {
	c, err := tx.CampaignByID(ctx, id)
	if err != nil {
		return err
	}
	if err := tx.DeleteDraft(ctx, &c.Campaign); err != nil {
		return err
	}
	return tx.AddEvent(ctx, actor, "campaign draft discarded", id, "")
}

func providersOf(ctx context.Context, tx *store.Tx, codes []string) ([]int64, error) {
	keys := make([]int64, 0, len(codes))
	for _, ods := range codes {
		code, err := studymail.ParseODSCode(ods)
		if err != nil {
			return nil, err
		}
		provider, err := tx.ProviderByODS(ctx, code)
		if err != nil {
			return nil, err
		}
		keys = append(keys, provider.Key)
	}
	return keys, nil
}

// addSchedule gives a campaign its schedule, disabled until it is started.
func (p *Planner) addSchedule(ctx context.Context, tx *store.Tx, c *studymail.Campaign, n New) error {
	s := studymail.Schedule{
		Name: c.Name + " (" + c.ID.String() + ")", Job: studymail.CampaignJob, Zone: p.Zone.String(),
		// A campaign that fires again while its last run still waits for retries
		// reaches newcomers only: there is nothing to keep apart.
		Missed: studymail.MissedRunOnce, MissedWithin: 24 * time.Hour, Overlap: studymail.OverlapAllow,
	}
	switch {
	case !n.At.IsZero():
		if !n.At.After(tx.Now()) {
			return studymail.Errorf(studymail.Invalid, "the time to start is in the past; leave it out to start now")
		}
		s.Kind, s.Expr = studymail.Once, n.At.Format(time.RFC3339)
	case n.Cron != "":
		s.Kind, s.Expr = studymail.Cron, n.Cron
		if n.Zone != "" {
			s.Zone = n.Zone
		}
	default:
		return nil
	}
	if err := tx.AddSchedule(ctx, &s); err != nil {
		return err
	}
	c.Schedule = s.Key
	return tx.SetCampaignSchedule(ctx, c.Key, s.Key)
}

// CreateAdHoc makes a campaign for a list of patients, as a draft.
func (p *Planner) CreateAdHoc(ctx context.Context, template string, patients []studymail.ID, again bool, actor string) (studymail.Campaign, error) {
	c := studymail.Campaign{Name: template + " ad hoc", State: studymail.Draft, AdHoc: true, Again: again}
	err := p.Store.Write(ctx, func(tx *store.Tx) error {
		version, err := newest(ctx, tx, template)
		if err != nil {
			return err
		}
		keys := make([]int64, 0, len(patients))
		for _, id := range patients {
			patient, err := tx.PatientByID(ctx, id)
			if err != nil {
				return err
			}
			keys = append(keys, patient.Key)
		}
		if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &c, TemplateVersion: version.Key, Patients: keys}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "campaign created", c.ID, fmt.Sprintf("template version %s patients=%d", version.ID, len(keys)))
	})
	return c, err
}

// DraftAdHoc makes a draft to nobody yet, in a transaction of the caller's: the
// chosen patients come with AddCampaignPatients, a chunk a transaction.
func (p *Planner) DraftAdHoc(ctx context.Context, tx *store.Tx, name, template string, again bool, actor string) (studymail.Campaign, error) {
	c := studymail.Campaign{Name: name, State: studymail.Draft, AdHoc: true, Again: again}
	version, err := newest(ctx, tx, template)
	if err != nil {
		return c, err
	}
	if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &c, TemplateVersion: version.Key}); err != nil {
		return c, err
	}
	return c, tx.AddEvent(ctx, actor, "campaign created", c.ID, fmt.Sprintf("template version %s", version.ID))
}

func newest(ctx context.Context, tx *store.Tx, template string) (studymail.TemplateVersion, error) {
	t, err := tx.TemplateByName(ctx, template)
	if err != nil {
		return studymail.TemplateVersion{}, err
	}
	if t.Archived {
		return studymail.TemplateVersion{}, studymail.Errorf(studymail.Conflict, "template %s is archived", template)
	}
	return tx.TemplateVersion(ctx, t.Key, t.Versions)
}

// Started is what Start did: planned a run, or waits for its time.
type Started struct {
	Result
	State     studymail.CampaignState `json:"state"`
	NextRunAt time.Time               `json:"next_run_at,omitzero"`
}

// Start lets a draft go: at its time when it has a schedule, else now; then it
// returns when the whole plan is durable.
func (p *Planner) Start(ctx context.Context, id studymail.ID, actor string, progress Progress) (Started, error) {
	var (
		res Started
		run studymail.Run
	)
	err := p.Store.Write(ctx, func(tx *store.Tx) error {
		res = Started{State: studymail.Running}
		pl, err := planOf(ctx, tx, id, 0)
		if err != nil {
			return err
		}
		c := &pl.campaign
		if c.State != studymail.Draft {
			return studymail.Errorf(studymail.Conflict, "campaign %s is %s already; only a draft can be started", id, c.State)
		}
		if c.Schedule == 0 {
			run, err = p.begin(ctx, tx, pl, actor)
			return err
		}
		res.State = studymail.Scheduled
		res.NextRunAt, err = p.schedule(ctx, tx, c, actor)
		return err
	})
	if err != nil || res.State == studymail.Scheduled {
		return res, err
	}
	res.Result, err = p.finish(ctx, id, &run, actor, progress)
	return res, err
}

// schedule lets a draft wait for its time.
func (p *Planner) schedule(ctx context.Context, tx *store.Tx, c *store.CampaignRow, actor string) (next time.Time, err error) {
	s, err := tx.ScheduleByID(ctx, c.ScheduleID)
	if err != nil {
		return next, err
	}
	if err := tx.SetScheduleEnabled(ctx, &s.Schedule, true); err != nil {
		return next, err
	}
	if s.NextRunAt.IsZero() {
		return next, studymail.Errorf(studymail.Conflict, "the time at which campaign %s was to start has passed; make a new one", c.ID)
	}
	if err := tx.MoveCampaign(ctx, &c.Campaign, studymail.Scheduled); err != nil {
		return next, err
	}
	return s.NextRunAt, tx.AddEvent(ctx, actor, "campaign scheduled", c.ID, "schedule "+s.ID.String())
}
