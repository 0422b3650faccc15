package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"studymail"
)

// CampaignFilter says which campaigns; the zero value is all.
type CampaignFilter struct {
	Study  int64 // row key
	State  *studymail.CampaignState
	AdHoc  *bool
	Words  string // in the name, whatever the case
	Before int64  // row key; for paging
	Limit  int
}

// CampaignPage lists campaigns, the newest first, and by row key how many messages
// were planned of each.
func (t *Tx) CampaignPage(ctx context.Context, f CampaignFilter) ([]CampaignRow, map[int64]int, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Study != 0 {
		add("c.study_id = $%d", f.Study)
	}
	if f.State != nil {
		add("c.state = $%d", int(*f.State))
	}
	if f.AdHoc != nil {
		add("c.ad_hoc = $%d", flag(*f.AdHoc))
	}
	if f.Words != "" {
		add(`lower(c.name) LIKE $%d ESCAPE '!'`, "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Words))+"%")
	}
	if f.Before != 0 {
		add("c.id < $%d", f.Before)
	}
	args = append(args, f.Limit)
	all, keys := []CampaignRow{}, []int64{}
	query := fmt.Sprintf("%s WHERE %s ORDER BY c.id DESC LIMIT $%d", campaignQuery, strings.Join(where, " AND "), len(args))
	err := t.each(ctx, "list campaigns", query, args, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all, keys = append(all, c), append(keys, c.Key)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	planned := map[int64]int{}
	err = t.each(ctx, "count what was planned", t.pick(plannedOf), []any{keysJSON(keys)}, func(rows *sql.Rows) error {
		var (
			k int64
			n int
		)
		err := rows.Scan(&k, &n)
		planned[k] = n
		return err
	})
	return all, planned, err
}

var plannedOf = both{
	sqlite:   `SELECT campaign_id, sum(planned) FROM runs WHERE campaign_id IN (SELECT value FROM json_each($1)) GROUP BY campaign_id`,
	postgres: `SELECT campaign_id, sum(planned) FROM runs WHERE campaign_id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) GROUP BY campaign_id`,
}

// CampaignProviders lists the care providers that a campaign is bound to; none: it is
// to those of all.
func (t *Tx) CampaignProviders(ctx context.Context, campaign int64) ([]studymail.Provider, error) {
	var keys []int64
	err := t.each(ctx, "list the care providers of a campaign", `SELECT provider_id FROM campaign_providers WHERE campaign_id = $1 ORDER BY provider_id`,
		[]any{campaign}, func(rows *sql.Rows) error {
			var k int64
			err := rows.Scan(&k)
			keys = append(keys, k)
			return err
		})
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return t.ProvidersByKey(ctx, keys)
}

// DeleteDraft deletes a campaign that was never started, with its steps and with its
// schedule where nothing else has it. It fails with Conflict when it is no draft.
func (t *Tx) DeleteDraft(ctx context.Context, c *studymail.Campaign) error {
	what := "delete draft " + c.ID.String()
	n, err := t.exec(ctx, what, `UPDATE campaigns SET schedule_id = NULL WHERE id = $1 AND state = 0`, c.Key)
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "campaign %s is no draft any more; look at it again with `studymail campaign show %s`", c.ID, c.ID)
	}
	for _, query := range []string{
		`DELETE FROM campaign_providers WHERE campaign_id = $1`,
		`DELETE FROM campaign_patients WHERE campaign_id = $1`,
		`DELETE FROM steps WHERE campaign_id = $1`,
		`DELETE FROM campaigns WHERE id = $1`,
	} {
		if _, err := t.exec(ctx, what, query, c.Key); err != nil {
			return err
		}
	}
	if c.Schedule == 0 {
		return nil
	}
	const unused = ` AND NOT EXISTS (SELECT 1 FROM campaigns WHERE schedule_id = $1)`
	if _, err := t.exec(ctx, what, `DELETE FROM schedule_runs WHERE schedule_id = $1`+unused, c.Schedule); err != nil {
		return err
	}
	_, err = t.exec(ctx, what, `DELETE FROM schedules WHERE id = $1 AND builtin = 0`+unused, c.Schedule)
	return err
}

// WhyEnded is how many messages of a campaign ended otherwise than sent, for which
// reason.
type WhyEnded struct {
	State    studymail.State
	Reason   studymail.Reason
	Messages int
}

var whyEnded = oddly(`SELECT odd, reason, count(*) FROM messages
	WHERE odd >= 50 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1) GROUP BY odd, reason ORDER BY 3 DESC, 1, 2`)

// WhyEnded counts them, the most first.
func (t *Tx) WhyEnded(ctx context.Context, campaign int64) ([]WhyEnded, error) {
	var all []WhyEnded
	err := t.each(ctx, "count why messages ended", t.pick(whyEnded), []any{campaign}, func(rows *sql.Rows) error {
		var w WhyEnded
		err := rows.Scan(&w.State, nullText[studymail.Reason]{&w.Reason}, &w.Messages)
		all = append(all, w)
		return err
	})
	return all, err
}

// LeftOutOfStep lists whom a step left out, for a reason ("": any), behind the patient
// with the row key after.
func (t *Tx) LeftOutOfStep(ctx context.Context, step int64, reason studymail.Reason, after int64, limit int) ([]Looked, error) {
	query, args := leftOutOfStep+` AND l.reason = $4`, []any{step, after, limit, string(reason)}
	if reason == "" {
		query, args = leftOutOfStep, args[:3]
	}
	var page []Looked
	err := t.each(ctx, "list who was left out", query+` ORDER BY l.patient_id LIMIT $3`, args, func(rows *sql.Rows) error {
		var l Looked
		err := rows.Scan(&l.Key, &l.Patient, &l.ODSCode, &l.Reason)
		page = append(page, l)
		return err
	})
	return page, err
}

const leftOutOfStep = `SELECT pa.id, pa.uuid, pr.ods_code, l.reason
	FROM left_out l JOIN patients pa ON pa.id = l.patient_id JOIN providers pr ON pr.id = pa.provider_id
	WHERE l.step_id = $1 AND l.patient_id > $2`
