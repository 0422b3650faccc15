package webtest

import (
	"context"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// Post is what the pages of campaigns show. It is only for who looks at pages: it
// writes to the patients whose letters others count.
type Post struct {
	Draft, Sent, Waits, Paused studymail.ID
	Letter                     studymail.ID // a message of what was sent
}

// Campaigns adds a draft that recurs, a campaign that was sent and waits for its
// reminder, one that waits for send hours, and one that is paused: Start(tb, Clinic,
// Campaigns).
func Campaigns(tb testing.TB, p *Product) {
	tb.Helper()
	ctx := tb.Context()
	planner, err := p.App.Planner()
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range []string{"Second letter", "Third letter", "Fourth letter", "Reminder"} {
		template, version := studymail.Template{Name: name}, studymail.TemplateVersion{Format: "markdown", Subject: "A study", Body: "Dear {{ patient_full_name }},\n\nhave you seen our letter?"}
		if err := p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddTemplate(ctx, &template, &version) }); err != nil {
			tb.Fatal(err)
		}
	}
	make := func(n audience.New, start bool) studymail.ID {
		tb.Helper()
		n.Study = p.World.Ward.Study.Name
		c, err := planner.Create(ctx, n, "test")
		if err == nil && start {
			_, err = planner.Start(ctx, c.ID, "test", nil)
		}
		if err != nil {
			tb.Fatal(err)
		}
		return c.ID
	}
	w := &p.World.Post
	w.Draft = make(audience.New{Name: "Newcomers each Tuesday", Template: "Invitation", Cron: "0 9 * * 2", Reminders: []audience.Reminder{{AfterDays: 7, Template: "Reminder"}}}, false)
	w.Sent = make(audience.New{Template: "Second letter", Reminders: []audience.Reminder{{AfterDays: 7, Template: "Reminder"}, {AfterDays: 21, Template: "Reminder"}}}, true)
	p.until(tb, w.Sent, studymail.Scheduled)
	if err := p.App.Store.Read(ctx, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(ctx, store.MessageFilter{Campaign: w.Sent, Limit: 1})
		if err == nil {
			w.Letter = page[0].ID
		}
		return err
	}); err != nil {
		tb.Fatal(err)
	}

	study := &p.World.Ward.Study
	if err := p.App.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if *study, err = tx.StudyByID(ctx, study.ID); err != nil {
			return err
		}
		for d := range 10 {
			study.ClosedOn += p.App.Now().In(p.App.Config.TimeZone).AddDate(0, 0, d).Format(" 2006-01-02")
		}
		study.ClosedOn = study.ClosedOn[1:]
		study.Zone = p.App.Config.TimeZone.String()
		return tx.UpdateStudy(ctx, study)
	}); err != nil {
		tb.Fatal(err)
	}
	w.Waits = make(audience.New{Template: "Third letter"}, true)
	w.Paused = make(audience.New{Template: "Fourth letter"}, true)
	if err := planner.Pause(ctx, w.Paused, "test"); err != nil {
		tb.Fatal(err)
	}
}

// until waits until a campaign stands somewhere.
func (p *Product) until(tb testing.TB, id studymail.ID, state studymail.CampaignState) {
	tb.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		c := p.campaign(tb, id)
		if c.State == state {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			tb.Fatalf("campaign %s is %s, and not %s", id, c.State, state)
		}
	}
}

func (p *Product) campaign(tb testing.TB, id studymail.ID) (c store.CampaignRow) {
	tb.Helper()
	ctx := context.Background()
	if err := p.App.Store.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(ctx, id)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return c
}
