package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// MessagesAreFoundByEachFilter goes through the pages of each filter, and holds what
// comes against a filter as plainly as it can be said.
func MessagesAreFoundByEachFilter(t *testing.T, s *store.Store) {
	l := ward(t, s)
	var (
		all     []store.MessageRow
		studies []studymail.Study
	)
	read(t, s, func(tx *store.Tx) (err error) {
		if studies, err = tx.Studies(t.Context()); err != nil {
			return err
		}
		all, _, err = tx.MessagePage(t.Context(), store.MessageFilter{Limit: 1000})
		return err
	})
	slices.Reverse(all)
	middle := all[len(all)/2].CreatedAt
	for _, campaign := range []studymail.ID{{}, l.campaign.ID, studymail.NewID()} {
		for _, study := range []int64{0, studies[0].Key, studies[1].Key} {
			for _, state := range append([]studymail.State{0}, studymail.States()...) {
				for _, reason := range []studymail.Reason{"", studymail.ReasonNoMailbox, studymail.ReasonOptedOut} {
					for _, days := range [][2]time.Time{{}, {middle, time.Time{}}, {time.Time{}, middle}, {middle.AddDate(1, 0, 0), time.Time{}}, {time.Time{}, middle.AddDate(-1, 0, 0)}} {
						q := store.MessageQuery{Campaign: campaign, Study: study, State: state, Reason: reason, Since: days[0], Until: days[1], Limit: 7}
						var want []studymail.ID
						for i := range all {
							m := &all[i]
							stands := m.State
							if stands == studymail.Claimed {
								stands = studymail.Queued
							}
							if (campaign.IsZero() || m.CampaignID == campaign) && (study == 0 || m.Study == study) && (reason == "" || m.Reason == reason) &&
								(state == 0 || stands == state || state == studymail.Queued && m.State == studymail.Sending) &&
								(days[0].IsZero() || !m.CreatedAt.Before(days[0].Truncate(time.Millisecond))) && (days[1].IsZero() || m.CreatedAt.Before(days[1])) {
								want = append(want, m.ID)
							}
						}
						l.foundAre(t, q, want)
					}
				}
			}
		}
	}
	read(t, s, func(tx *store.Tx) error {
		n, err := tx.CountAllMessages(t.Context(), l.campaign.Key, 0)
		equal(t, "all of a campaign", n, len(all))
		for step, want := range []int{len(all), len(all), 0} {
			n, err := tx.CountAllMessages(t.Context(), l.campaign.Key, step)
			equal(t, fmt.Sprintf("all of step %d", step), n, want)
			if err != nil {
				return err
			}
			page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: l.campaign.ID, Step: step, Limit: 1000})
			equal(t, fmt.Sprintf("a page of step %d", step), len(page), want)
			if err != nil {
				return err
			}
			found, err := tx.FindMessages(t.Context(), &store.MessageQuery{Campaign: l.campaign.ID, Step: step, Limit: 1000})
			equal(t, fmt.Sprintf("found of step %d", step), len(found.Rows), want)
			if err != nil {
				return err
			}
		}
		if err == nil {
			n, err = tx.CountAllMessages(t.Context(), 0, 0)
			equal(t, "all", n, len(all))
		}
		return err
	})
}

func (l *letters) foundAre(t *testing.T, q store.MessageQuery, want []studymail.ID) {
	t.Helper()
	var got []studymail.ID
	what := fmt.Sprintf("messages of %+v", q)
	read(t, l.s, func(tx *store.Tx) error {
		for range 100 {
			f, err := tx.FindMessages(t.Context(), &q)
			if err != nil {
				return err
			}
			if f.Total >= 0 {
				equal(t, what+": counted", f.Total, len(want))
			}
			for i := range f.Rows {
				got = append(got, f.Rows[i].ID)
			}
			if q.Before = f.Next; f.Next == 0 {
				break
			}
		}
		return nil
	})
	equal(t, what, got, want)
}

// PatientsAreAddedToADraftOnly promises that a campaign which was started keeps its
// list, and that the list is what it is planned for.
func PatientsAreAddedToADraftOnly(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 3)
	l.set(t, patients[2], studymail.New, studymail.OptedOut)
	c := studymail.Campaign{Name: "to some", AdHoc: true}
	write(t, s, func(tx *store.Tx) (err error) {
		l.step, err = tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &c, TemplateVersion: l.version.Key})
		return err
	})
	for range 2 { // twice is once
		write(t, s, func(tx *store.Tx) error {
			return tx.AddCampaignPatients(t.Context(), &c, []int64{patients[0].Key, patients[2].Key})
		})
	}
	read(t, s, func(tx *store.Tx) error {
		groups, err := tx.AudienceGroups(t.Context(), &c, 10)
		equal(t, "groups of a list", groups, []store.AudienceGroup{{Study: l.Study.Key, Provider: l.Provider.Key}})
		if err == nil {
			groups, err = tx.AudienceGroups(t.Context(), &studymail.Campaign{Study: l.Study.Key}, 10)
			equal(t, "groups of a study", groups, []store.AudienceGroup{{Study: l.Study.Key, Provider: l.Provider.Key}})
		}
		return err
	})
	l.campaign = c
	planned, leftOut := l.plan(t, l.rules())
	equal(t, "planned", planned, 1)
	equal(t, "left out", leftOut, map[studymail.Reason]int{studymail.ReasonOptedOut: 1})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		return tx.AddCampaignPatients(t.Context(), &l.campaign, []int64{patients[1].Key})
	})
}
