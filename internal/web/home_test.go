package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// ill is a house where mail does not flow.
type ill struct{ well }

func (ill) MailFlows(context.Context) (studymail.Health, error) {
	return studymail.Health{Checks: []studymail.Check{
		{Name: "workers", OK: true, Value: "1"},
		{Name: "transport smtp", Value: "stopped (auth: the password is refused)", Limit: "up", Mend: "check EMAIL_PASSWORD"},
	}}, nil
}

func TestHomeLeadsFromNothingToAFirstLetter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	viewer, coordinator := h.as(studymail.Viewer), h.as(studymail.Coordinator)
	if r := coordinator.get("/"); !strings.Contains(r.body, `href="/providers/new"`) || !strings.Contains(r.body, "Write the letter.") || !strings.Contains(r.body, "None is running") {
		t.Error(r.body)
	}
	if r := viewer.get("/"); strings.Contains(r.body, `href="/providers/new"`) || !strings.Contains(r.body, "Nothing. All is well.") {
		t.Error(r.body)
	}
	err := h.store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddStudy(t.Context(), &studymail.Study{Name: "Sleep", Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := coordinator.get("/"); strings.Contains(r.body, `href="/studies/new"`) || !strings.Contains(r.body, "Done") {
		t.Error("a step that is done is still to be done")
	}
}

func TestHomeSaysWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.site.Health = ill{}
	ctx := t.Context()
	missed, sweep, waits := nightly(), nightly(), nightly()
	missed.Name, sweep.Name, waits.Name = "Mondays", "Sweep", "Tuesdays"
	sweep.Kind, sweep.Expr = studymail.Interval, "30s"
	missed.Missed, sweep.Missed = studymail.MissedSkip, studymail.MissedSkip
	err := h.store.Write(ctx, func(tx *store.Tx) error {
		for _, s := range []*studymail.Schedule{&missed, &sweep, &waits} {
			if err := tx.AddSchedule(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	*h.ahead = 15 * 24 * time.Hour // everything was due
	err = h.store.Write(ctx, func(tx *store.Tx) error {
		for _, s := range []*studymail.Schedule{&missed, &sweep} {
			if _, err := tx.TakeDueSchedule(ctx, s); err != nil {
				return err
			}
		}
		study := studymail.Study{Name: "Sleep", Active: true}
		te, ve := studymail.Template{Name: "Invitation"}, studymail.TemplateVersion{Format: "markdown", Subject: "s", Body: "b"}
		if err := tx.AddStudy(ctx, &study); err != nil {
			return err
		}
		if err := tx.AddTemplate(ctx, &te, &ve); err != nil {
			return err
		}
		c := studymail.Campaign{Name: "<b>Invitation</b>", Study: study.Key, State: studymail.Running}
		if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &c, TemplateVersion: ve.Key}); err != nil {
			return err
		}
		return tx.AddFigures(ctx, time.UTC, map[string]int64{"sent": 4321, studymail.FigureBounced: 7})
	})
	if err != nil {
		t.Fatal(err)
	}
	admin, viewer := h.as(studymail.Administrator), h.as(studymail.Viewer)
	page := admin.get("/").body
	for _, want := range []string{
		"The way out is closed", "Check EMAIL_PASSWORD", "The schedule Mondays was due", "4,321", "Bounced", "&lt;b&gt;Invitation", "being planned", "Tuesdays", "1 of 2 checks not well",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"<b>Invitation", "The schedule Sweep", "First steps"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if r := viewer.get("/"); strings.Contains(r.body, "EMAIL_PASSWORD") || !strings.Contains(r.body, "Tell whoever runs this installation") {
		t.Error("what a viewer reads of a fault")
	}
}
