package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// CampaignsAreListedByEachFilter has a row for each filter.
func CampaignsAreListedByEachFilter(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 3)
	first := l.campaign
	l.plan(t, l.rules())
	running := studymail.Running
	adHoc, _ := l.add(t, store.NewCampaign{Patients: []int64{patients[0].Key}})
	draft, _ := l.add(t, store.NewCampaign{})
	other := studymail.Study{Name: "another", Active: true}
	named := studymail.Campaign{Name: "50%_Off! in December"}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddStudy(t.Context(), &other); err != nil {
			return err
		}
		named.Study = other.Key
		_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &named, TemplateVersion: l.version.Key})
		return err
	})
	yes, no := true, false
	for name, tc := range map[string]struct {
		filter store.CampaignFilter
		want   []studymail.ID
	}{
		"all":        {store.CampaignFilter{}, []studymail.ID{named.ID, draft.ID, adHoc.ID, first.ID}},
		"a study's":  {store.CampaignFilter{Study: l.Study.Key}, []studymail.ID{draft.ID, first.ID}},
		"running":    {store.CampaignFilter{State: &running}, []studymail.ID{first.ID}},
		"ad hoc":     {store.CampaignFilter{AdHoc: &yes}, []studymail.ID{adHoc.ID}},
		"not ad hoc": {store.CampaignFilter{AdHoc: &no}, []studymail.ID{named.ID, draft.ID, first.ID}},
		"words":      {store.CampaignFilter{Words: "%_oFF!"}, []studymail.ID{named.ID}},
		"a sign":     {store.CampaignFilter{Words: "%"}, []studymail.ID{named.ID}},
		"the rest":   {store.CampaignFilter{Before: draft.Key}, []studymail.ID{adHoc.ID, first.ID}},
		"together":   {store.CampaignFilter{Study: l.Study.Key, State: &running, AdHoc: &no, Words: "campaign"}, []studymail.ID{first.ID}},
		"none":       {store.CampaignFilter{Study: other.Key, State: &running}, nil},
	} {
		tc.filter.Limit = 10
		read(t, s, func(tx *store.Tx) error {
			rows, planned, err := tx.CampaignPage(t.Context(), tc.filter)
			var got []studymail.ID
			for i := range rows {
				got = append(got, rows[i].ID)
				want := 0
				if rows[i].ID == first.ID {
					want = 3
				}
				equal(t, name+": planned", planned[rows[i].Key], want)
			}
			equal(t, name, got, tc.want)
			return err
		})
	}
	read(t, s, func(tx *store.Tx) error {
		rows, _, err := tx.CampaignPage(t.Context(), store.CampaignFilter{Limit: 2})
		equal(t, "a page", len(rows), 2)
		return err
	})
}

// OnlyADraftIsDeleted deletes one with all that it has, and refuses for any other.
func OnlyADraftIsDeleted(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	sched := studymail.Schedule{Name: "start", Job: studymail.CampaignJob, Kind: studymail.Once, Expr: time.Now().Add(time.Hour).Format(time.RFC3339), Zone: "UTC", Missed: studymail.MissedSkip, Overlap: studymail.OverlapAllow}
	steps := l.withReminders(t)
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddSchedule(t.Context(), &sched); err != nil {
			return err
		}
		l.campaign.Schedule = sched.Key
		return tx.SetCampaignSchedule(t.Context(), l.campaign.Key, sched.Key)
	})
	equal(t, "steps before", len(steps), 3)
	write(t, s, func(tx *store.Tx) error { return tx.DeleteDraft(t.Context(), &l.campaign) })
	read(t, s, func(tx *store.Tx) error {
		_, err := tx.CampaignByID(t.Context(), l.campaign.ID)
		equal(t, "the draft", studymail.CodeOf(err), studymail.NotFound)
		_, err = tx.ScheduleByID(t.Context(), sched.ID)
		equal(t, "its schedule", studymail.CodeOf(err), studymail.NotFound)
		left, err := tx.CampaignSteps(t.Context(), l.campaign.Key)
		equal(t, "its steps", len(left), 0)
		return err
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.DeleteDraft(t.Context(), &l.campaign) })

	l.campaign, l.step = l.add(t, store.NewCampaign{Providers: []int64{l.Provider.Key}})
	read(t, s, func(tx *store.Tx) error {
		of, err := tx.CampaignProviders(t.Context(), l.campaign.Key)
		equal(t, "care providers", of, []studymail.Provider{l.Provider})
		return err
	})
	l.plan(t, l.rules())
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.DeleteDraft(t.Context(), &l.campaign) })
	equal(t, "still planned", l.counts(t).Planned, 1)
}

// WhatEndedAndWhoWasLeftOutIsListedByReason plans, and ends messages for reasons.
func WhatEndedAndWhoWasLeftOutIsListedByReason(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 8)
	for _, p := range patients[:3] {
		l.set(t, p, studymail.New, studymail.OptedOut)
	}
	l.set(t, patients[3], studymail.Engaged, studymail.NotCancelled)
	l.plan(t, l.rules())
	write(t, s, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: l.campaign.ID, Limit: 10})
		for i, end := range []struct {
			state  studymail.State
			reason studymail.Reason
		}{{studymail.Failed, studymail.ReasonRefused}, {studymail.Failed, studymail.ReasonRefused}, {studymail.Skipped, studymail.ReasonOptedOut}} {
			if err == nil {
				_, err = tx.SQL().ExecContext(t.Context(), `UPDATE messages SET state = $1, reason = $2 WHERE id = $3`, int(end.state), string(end.reason), page[i].Key)
			}
		}
		return err
	})
	read(t, s, func(tx *store.Tx) error {
		why, err := tx.WhyEnded(t.Context(), l.campaign.Key)
		equal(t, "why they ended", why, []store.WhyEnded{
			{State: studymail.Failed, Reason: studymail.ReasonRefused, Messages: 2}, {State: studymail.Skipped, Reason: studymail.ReasonOptedOut, Messages: 1},
		})
		return err
	})
	list := func(reason studymail.Reason, size int) (got []studymail.ID) {
		t.Helper()
		for after := int64(0); ; {
			var page []store.Looked
			read(t, s, func(tx *store.Tx) (err error) {
				page, err = tx.LeftOutOfStep(t.Context(), l.step.Key, reason, after, size)
				return err
			})
			for _, p := range page {
				got, after = append(got, p.Patient), p.Key
				if reason != "" && p.Reason != reason {
					t.Errorf("left out as %q: %q", reason, p.Reason)
				}
			}
			if len(page) < size {
				return got
			}
		}
	}
	ids := func(all []studymail.Patient) (got []studymail.ID) {
		for _, p := range all {
			got = append(got, p.ID)
		}
		return got
	}
	equal(t, "left out", list("", 3), ids(patients[:4]))
	equal(t, "opted out", list(studymail.ReasonOptedOut, 2), ids(patients[:3]))
	equal(t, "not New", list(studymail.ReasonNotNew, 2), ids(patients[3:4]))
	equal(t, "for another reason", len(list(studymail.ReasonSuppressed, 2)), 0)
}
