package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"studymail"
)

// CampaignRow is a campaign with the words that lists show.
type CampaignRow struct {
	studymail.Campaign
	StudyName    string
	TemplateName string
	Version      int // of the template, of step 1
	ScheduleID   studymail.ID
	haltBase     string
}

const campaignQuery = `SELECT c.id, c.uuid, c.name, c.study_id, c.ad_hoc, c.again, c.canary, c.canary_wait, c.state, c.schedule_id, c.created_at, c.started_at, c.ended_at,
	c.halt, c.halt_detail, c.halted_at, c.halt_base, st.name, te.name, tv.number, sc.uuid
	FROM campaigns c
	LEFT JOIN studies st ON st.id = c.study_id
	LEFT JOIN steps s ON s.campaign_id = c.id AND s.number = 1
	LEFT JOIN template_versions tv ON tv.id = s.template_version_id
	LEFT JOIN templates te ON te.id = tv.template_id
	LEFT JOIN schedules sc ON sc.id = c.schedule_id`

func scanCampaign(row interface{ Scan(...any) error }, c *CampaignRow) error {
	var (
		version int64
		halt    studymail.Halt
		wait    int64
	)
	err := row.Scan(&c.Key, &c.ID, &c.Name, nullKey{&c.Study}, &c.AdHoc, &c.Again, &c.Canary.First, &wait, &c.State, nullKey{&c.Schedule},
		at{&c.CreatedAt}, at{&c.StartedAt}, at{&c.EndedAt},
		&halt.Reason, &halt.Detail, at{&halt.At}, &c.haltBase,
		nullText[string]{&c.StudyName}, nullText[string]{&c.TemplateName}, nullKey{&version}, &c.ScheduleID)
	c.Canary.Wait = time.Duration(wait) * time.Millisecond
	if c.Halt = nil; halt.Reason != "" {
		c.Halt = &halt
	}
	c.Version = int(version)
	return err
}

// NewCampaign is what a campaign is made of.
type NewCampaign struct {
	Campaign        *studymail.Campaign
	TemplateVersion int64   // of step 1
	Providers       []int64 // none: all
	Patients        []int64 // of an ad hoc campaign
	Reminders       []NewReminder
}

// AddCampaign makes a campaign with its steps and sets its ID and key. It gives the
// first step.
func (t *Tx) AddCampaign(ctx context.Context, n NewCampaign) (studymail.Step, error) {
	c := n.Campaign
	c.ID, c.CreatedAt = studymail.NewID(), t.now
	what := "make campaign " + c.ID.String()
	var err error
	c.Key, err = t.insert(ctx, what, `INSERT INTO campaigns (uuid, name, study_id, ad_hoc, again, state, schedule_id, created_at, canary, canary_wait)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		c.ID, c.Name, key(c.Study), flag(c.AdHoc), flag(c.Again), int(c.State), key(c.Schedule), ms(c.CreatedAt), c.Canary.First, c.Canary.Wait.Milliseconds())
	if err != nil {
		return studymail.Step{}, err
	}
	for _, p := range n.Providers {
		if _, err := t.exec(ctx, what, `INSERT INTO campaign_providers (campaign_id, provider_id) VALUES ($1, $2)`, c.Key, p); err != nil {
			return studymail.Step{}, err
		}
	}
	for chunk := range slices.Chunk(n.Patients, 1000) {
		if _, err := t.exec(ctx, what, t.pick(addCampaignPatients), c.Key, keysJSON(chunk)); err != nil {
			return studymail.Step{}, err
		}
	}
	first := studymail.Step{Campaign: c.Key, Number: 1, TemplateVersion: n.TemplateVersion}
	if err := t.addStep(ctx, what, &first); err != nil {
		return first, err
	}
	for i, r := range n.Reminders {
		s := studymail.Step{Campaign: c.Key, Number: i + 2, TemplateVersion: r.TemplateVersion, AfterDays: r.AfterDays}
		if err := t.addStep(ctx, what, &s); err != nil {
			return first, err
		}
	}
	return first, nil
}

var addCampaignPatients = both{
	sqlite: `INSERT INTO campaign_patients (campaign_id, patient_id)
		SELECT $1, j.value FROM json_each($2) j WHERE true ON CONFLICT DO NOTHING`,
	postgres: `INSERT INTO campaign_patients (campaign_id, patient_id)
		SELECT $1::bigint, j.value::bigint FROM json_array_elements_text($2::json) j ON CONFLICT DO NOTHING`,
}

// AddCampaignPatients adds at most 1,000 patients to the list of a draft.
func (t *Tx) AddCampaignPatients(ctx context.Context, c *studymail.Campaign, patients []int64) error {
	what := "add patients to draft " + c.ID.String()
	n, err := t.exec(ctx, what, `UPDATE campaigns SET state = 0 WHERE id = $1 AND state = 0`, c.Key)
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "campaign %s is no draft any more; nobody was added to it", c.ID)
	}
	_, err = t.exec(ctx, what, t.pick(addCampaignPatients), c.Key, keysJSON(patients))
	return err
}

// AudienceGroup is a study and a care provider that a campaign's patients have.
type AudienceGroup struct{ Study, Provider int64 } // row keys

var groupsOfStudy = both{
	sqlite: `SELECT study_id, provider_id FROM patient_counts WHERE study_id = $1 AND status = 0 AND cancelled = 0
		GROUP BY 1, 2 HAVING sum(patients) > 0 ORDER BY 1, 2 LIMIT $2`,
	postgres: `SELECT study_id, provider_id FROM (SELECT * FROM patient_counts UNION ALL SELECT * FROM patient_count_changes) c
		WHERE study_id = $1 AND status = 0 AND cancelled = 0 GROUP BY 1, 2 HAVING sum(patients) > 0 ORDER BY 1, 2 LIMIT $2`,
}

// AudienceGroups lists the groups of a campaign's patients in study, at most limit.
func (t *Tx) AudienceGroups(ctx context.Context, c *studymail.Campaign, limit int) ([]AudienceGroup, error) {
	query, of := `SELECT DISTINCT pa.study_id, pa.provider_id FROM campaign_patients l JOIN patients pa ON pa.id = l.patient_id
		WHERE l.campaign_id = $1 AND pa.status = 0 AND pa.cancelled = 0 ORDER BY 1, 2 LIMIT $2`, c.Key
	if c.Study != 0 {
		query, of = t.pick(groupsOfStudy), c.Study
	}
	var all []AudienceGroup
	err := t.each(ctx, "list the groups of an audience", query, []any{of, limit}, func(rows *sql.Rows) error {
		var g AudienceGroup
		err := rows.Scan(&g.Study, &g.Provider)
		all = append(all, g)
		return err
	})
	return all, err
}

// CampaignByID finds a campaign.
func (t *Tx) CampaignByID(ctx context.Context, id studymail.ID) (CampaignRow, error) {
	var c CampaignRow
	row := t.tx.QueryRowContext(ctx, campaignQuery+` WHERE c.uuid = $1`, id)
	return c, t.found("find campaign "+id.String(), scanCampaign(row, &c),
		"no campaign %s; `studymail campaign list` shows them", id)
}

// Campaigns lists the newest first.
func (t *Tx) Campaigns(ctx context.Context, limit int) ([]CampaignRow, error) {
	all := []CampaignRow{}
	err := t.each(ctx, "list campaigns", campaignQuery+` ORDER BY c.id DESC LIMIT $1`, []any{limit}, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all = append(all, c)
		return err
	})
	return all, err
}

// CampaignsOfStudy lists a study's newest campaigns first.
func (t *Tx) CampaignsOfStudy(ctx context.Context, study int64, limit int) ([]CampaignRow, error) {
	all := []CampaignRow{}
	err := t.each(ctx, "list the campaigns of a study", campaignQuery+` WHERE c.study_id = $1 ORDER BY c.id DESC LIMIT $2`, []any{study, limit}, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all = append(all, c)
		return err
	})
	return all, err
}

// TemplatesOfStudy lists the templates that a study's campaigns use, by name.
func (t *Tx) TemplatesOfStudy(ctx context.Context, study int64) ([]studymail.Template, error) {
	all := []studymail.Template{}
	err := t.each(ctx, "list the templates of a study", `SELECT id, uuid, name, archived, created_at FROM templates WHERE id IN
		(SELECT v.template_id FROM campaigns c JOIN steps s ON s.campaign_id = c.id JOIN template_versions v ON v.id = s.template_version_id WHERE c.study_id = $1)
		ORDER BY name, id`, []any{study}, func(rows *sql.Rows) error {
		var te studymail.Template
		err := rows.Scan(&te.Key, &te.ID, &te.Name, &te.Archived, at{&te.CreatedAt})
		all = append(all, te)
		return err
	})
	return all, err
}

// MoveCampaign takes a campaign from one state to another; it fails with
// Conflict when the campaign is in another state by now.
func (t *Tx) MoveCampaign(ctx context.Context, c *studymail.Campaign, to studymail.CampaignState) error {
	what := fmt.Sprintf("move campaign %s from %s to %s", c.ID, c.State, to)
	var started, ended any
	switch to {
	case studymail.Running:
		started = ms(t.now)
	case studymail.Finished, studymail.CampaignCanceled:
		ended = ms(t.now)
	case studymail.Draft, studymail.Scheduled, studymail.Paused:
	}
	n, err := t.exec(ctx, what, `UPDATE campaigns SET state = $1, started_at = coalesce(started_at, $2), ended_at = $3 WHERE id = $4 AND state = $5`,
		int(to), started, ended, c.Key, int(c.State))
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "campaign %s is not %s any more; look at it again with `studymail campaign show %s`", c.ID, c.State, c.ID)
	}
	c.State = to
	return nil
}

// SetCampaignSchedule gives a campaign its schedule.
func (t *Tx) SetCampaignSchedule(ctx context.Context, campaign, schedule int64) error {
	_, err := t.exec(ctx, "give a campaign its schedule", `UPDATE campaigns SET schedule_id = $1 WHERE id = $2`, key(schedule), campaign)
	return err
}

// CampaignIDByKey gives the UUID of a campaign.
func (t *Tx) CampaignIDByKey(ctx context.Context, campaign int64) (studymail.ID, error) {
	var id studymail.ID
	_, err := t.one(ctx, "find a campaign", `SELECT uuid FROM campaigns WHERE id = $1`, []any{campaign}, &id)
	return id, err
}
