package store

import (
	"context"
	"database/sql"

	"studymail"
)

// Looked is a patient as a plan looks at them, or looked.
type Looked struct {
	Key     int64 // row key of the patient; for paging
	Patient studymail.ID
	ODSCode string
	Reason  studymail.Reason // why not; "" for who gets the letter
}

// PreviewPage tells patient by patient what planning would do now, behind the
// patient with the row key after; last is where the next page begins, 0 when
// there is none. It writes nothing.
func (t *Tx) PreviewPage(ctx context.Context, rules *PlanRules, after int64) (page []Looked, last int64, err error) {
	from, of := rules.chunk(after)
	query, args := t.look(rules, []string{"pa.id", "pa.uuid", "pr.ods_code"}, from, of...)
	looked := 0
	err = t.each(ctx, "preview a campaign", query, args,
		func(rows *sql.Rows) error {
			var l Looked
			if err := rows.Scan(&l.Key, &l.Patient, &l.ODSCode, &l.Reason); err != nil {
				return err
			}
			looked++
			last = l.Key
			if l.Reason != plannedBefore && l.Reason != notInAudience {
				page = append(page, l)
			}
			return nil
		})
	if looked < rules.PatientsAtOnce {
		last = 0
	}
	return page, last, err
}

// LeftOutPage lists whom a campaign left out, behind the patient with the row
// key after, at most limit.
func (t *Tx) LeftOutPage(ctx context.Context, campaign, after int64, limit int) ([]Looked, error) {
	var page []Looked
	err := t.each(ctx, "list who was left out", `SELECT pa.id, pa.uuid, pr.ods_code, l.reason
		FROM left_out l JOIN steps s ON s.id = l.step_id JOIN patients pa ON pa.id = l.patient_id JOIN providers pr ON pr.id = pa.provider_id
		WHERE s.campaign_id = $1 AND l.patient_id > $2 ORDER BY l.patient_id LIMIT $3`, []any{campaign, after, limit},
		func(rows *sql.Rows) error {
			var l Looked
			err := rows.Scan(&l.Key, &l.Patient, &l.ODSCode, &l.Reason)
			page = append(page, l)
			return err
		})
	return page, err
}

// StillWanted looks at one patient as if no message of theirs had been planned
// by the rules' campaign: "" or why they may not get its letter now.
func (t *Tx) StillWanted(ctx context.Context, patient int64, rules *PlanRules) (studymail.Reason, error) {
	alone := *rules
	alone.Step, alone.Campaign, alone.First = 0, 0, 0 // its own message, and its care providers, were looked at when it was planned
	var why studymail.Reason
	_, err := t.one(ctx, "look at a patient", `SELECT `+verdict+` FROM patients pa`+whoIsMailed+` WHERE pa.id = $9`, alone.args(patient), &why)
	return why, err
}
