package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// ADraftIsGivenOneSchedule has a schedule find its campaign in whatever state, and
// only a draft without one can be given one.
func ADraftIsGivenOneSchedule(t *testing.T, s *store.Store) {
	ctx := t.Context()
	c := NewClinic(t, s)
	draft := studymail.Campaign{Name: "Drafted", Study: c.Study.Key, State: studymail.Draft}
	running := studymail.Campaign{Name: "Running", Study: c.Study.Key, State: studymail.Running}
	te, ve := studymail.Template{Name: "Letter"}, studymail.TemplateVersion{Format: "markdown", Subject: "s", Body: "b"}
	first, second := ASchedule(studymail.Cron, "0 9 * * *"), ASchedule(studymail.Cron, "0 10 * * *")
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddTemplate(ctx, &te, &ve); err != nil {
			return err
		}
		for _, k := range []*studymail.Campaign{&draft, &running} {
			if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: k, TemplateVersion: ve.Key}); err != nil {
				return err
			}
		}
		if err := tx.AddSchedule(ctx, &first); err != nil {
			return err
		}
		return tx.AddSchedule(ctx, &second)
	})
	read(t, s, func(tx *store.Tx) error {
		if k, err := tx.CampaignOfSchedule(ctx, first.Key); err != nil || k != nil {
			t.Errorf("nobody's schedule has %v, %v", k, err)
		}
		drafts, err := tx.DraftsWithoutSchedule(ctx, 10)
		if len(drafts) != 1 || drafts[0].ID != draft.ID || drafts[0].StudyName != c.Study.Name {
			t.Errorf("drafts: %+v", drafts)
		}
		return err
	})
	write(t, s, func(tx *store.Tx) error { return tx.GiveDraftSchedule(ctx, draft.ID, first.Key) })
	for _, id := range []studymail.ID{draft.ID, running.ID, studymail.NewID()} {
		err := s.Write(ctx, func(tx *store.Tx) error { return tx.GiveDraftSchedule(ctx, id, second.Key) })
		if studymail.CodeOf(err) != studymail.Conflict {
			t.Errorf("%v", err)
		}
	}
	read(t, s, func(tx *store.Tx) error {
		k, err := tx.CampaignOfSchedule(ctx, first.Key)
		if err == nil && (k == nil || k.ID != draft.ID || k.State != studymail.Draft) {
			t.Errorf("%+v", k)
		}
		return err
	})
}

// ARunTellsItsSchedule finds the schedule of a run by the UUIDs that a job carries.
func ARunTellsItsSchedule(t *testing.T, s *store.Store) {
	ctx := t.Context()
	sched := addSchedule(t, s, ASchedule(studymail.Cron, "0 9 * * *"))
	var taken store.TakenSchedule
	write(t, s, func(tx *store.Tx) (err error) {
		taken, err = tx.RunScheduleNow(ctx, &sched)
		return err
	})
	read(t, s, func(tx *store.Tx) error {
		for run, want := range map[studymail.ID]studymail.ID{taken.Run.ID: sched.ID, studymail.NewID(): {}} {
			if got, err := tx.ScheduleOfRun(ctx, run); err != nil || got != want {
				t.Errorf("%s: %s, %v", run, got, err)
			}
		}
		return nil
	})
}
