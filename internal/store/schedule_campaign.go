package store

import (
	"context"
	"database/sql"

	"studymail"
)

// CampaignOfSchedule gives the newest campaign that a schedule starts or reminds of,
// also one that is a draft or over; nil when there is none.
func (t *Tx) CampaignOfSchedule(ctx context.Context, schedule int64) (*CampaignRow, error) {
	var found *CampaignRow
	err := t.each(ctx, "find a schedule's campaign", campaignQuery+` WHERE c.schedule_id = $1
			OR c.id IN (SELECT sp.campaign_id FROM steps sp WHERE sp.schedule_id = $1) ORDER BY c.id DESC LIMIT 1`, []any{schedule},
		func(rows *sql.Rows) error {
			found = &CampaignRow{}
			return scanCampaign(rows, found)
		})
	return found, err
}

// DraftsWithoutSchedule lists the campaigns that a schedule could be given to, the
// newest first.
func (t *Tx) DraftsWithoutSchedule(ctx context.Context, limit int) ([]CampaignRow, error) {
	var all []CampaignRow
	err := t.each(ctx, "list drafts without a schedule", campaignQuery+` WHERE c.state = 0 AND c.schedule_id IS NULL AND c.ad_hoc = 0 ORDER BY c.id DESC LIMIT $1`,
		[]any{limit}, func(rows *sql.Rows) error {
			var c CampaignRow
			err := scanCampaign(rows, &c)
			all = append(all, c)
			return err
		})
	return all, err
}

// GiveDraftSchedule gives a draft its schedule; it fails with Conflict when it has
// one already, or is no draft any more.
func (t *Tx) GiveDraftSchedule(ctx context.Context, campaign studymail.ID, schedule int64) error {
	n, err := t.exec(ctx, "give campaign "+campaign.String()+" a schedule",
		`UPDATE campaigns SET schedule_id = $1 WHERE uuid = $2 AND state = 0 AND schedule_id IS NULL`, schedule, campaign)
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "that campaign is no draft without a schedule any more; nothing was changed: choose another")
	}
	return nil
}

// ScheduleOfRun gives the schedule that a run is of; zero when the run is not kept
// any more.
func (t *Tx) ScheduleOfRun(ctx context.Context, run studymail.ID) (studymail.ID, error) {
	var id studymail.ID
	_, err := t.one(ctx, "find the schedule of run "+run.String(),
		`SELECT s.uuid FROM schedule_runs r JOIN schedules s ON s.id = r.schedule_id WHERE r.uuid = $1`, []any{run}, &id)
	return id, err
}
