package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// What the first page of staff says: what needs a person, and what is under way.

var uncertain = oddly(`SELECT count(*), min(updated_at) FROM messages WHERE odd = 70`)

// Uncertain counts the messages of which a person must say what became of them, and
// gives since when the oldest waits; zero when none does.
func (t *Tx) Uncertain(ctx context.Context) (n int, oldest time.Time, err error) {
	_, err = t.one(ctx, "count uncertain messages", t.pick(uncertain), nil, &n, at{&oldest})
	return n, oldest, err
}

// OpenCampaigns lists those that are running or paused, the newest first.
func (t *Tx) OpenCampaigns(ctx context.Context, limit int) ([]CampaignRow, error) {
	var all []CampaignRow
	err := t.each(ctx, "list open campaigns", campaignQuery+` WHERE c.state IN (20, 30) ORDER BY c.id DESC LIMIT $1`, []any{limit}, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all = append(all, c)
		return err
	})
	return all, err
}

// FailedCampaign is a campaign of which letters failed.
type FailedCampaign struct {
	ID     studymail.ID
	Name   string
	Failed int
}

// failedLooked bounds the campaigns that are looked at for letters that failed.
const failedLooked = 50

var failedLately = oddly(`SELECT c.uuid, c.name,
		(SELECT count(*) FROM runs r JOIN messages m ON m.run_id = r.id AND m.odd >= 50 AND m.odd = 50 WHERE r.campaign_id = c.id)
	FROM (SELECT id, uuid, name FROM campaigns WHERE state IN (20, 30) OR ended_at >= $1 ORDER BY id DESC LIMIT $2) c ORDER BY c.id DESC`)

// FailedLately lists campaigns that are open, or ended since a time, and of which
// letters failed: the newest first.
func (t *Tx) FailedLately(ctx context.Context, since time.Time) ([]FailedCampaign, error) {
	var all []FailedCampaign
	err := t.each(ctx, "list campaigns with letters that failed", t.pick(failedLately),
		[]any{ms(since), failedLooked}, func(rows *sql.Rows) error {
			var c FailedCampaign
			err := rows.Scan(&c.ID, &c.Name, &c.Failed)
			if c.Failed > 0 {
				all = append(all, c)
			}
			return err
		})
	return all, err
}

// FirstSteps tells which of the things that a first letter needs are there.
type FirstSteps struct{ Providers, Studies, Patients, Templates, Campaigns bool }

// FirstSteps looks whether there is any of each.
func (t *Tx) FirstSteps(ctx context.Context) (f FirstSteps, err error) {
	_, err = t.one(ctx, "look what is there", `SELECT EXISTS (SELECT 1 FROM providers), EXISTS (SELECT 1 FROM studies), EXISTS (SELECT 1 FROM patients),
		EXISTS (SELECT 1 FROM templates), EXISTS (SELECT 1 FROM campaigns)`, nil, &f.Providers, &f.Studies, &f.Patients, &f.Templates, &f.Campaigns)
	return f, err
}
