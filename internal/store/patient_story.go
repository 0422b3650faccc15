package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"studymail"
)

// PatientsOfPerson gives a person's participations, the first one first.
func (t *Tx) PatientsOfPerson(ctx context.Context, person int64) ([]PatientRow, error) {
	all := []PatientRow{}
	err := t.each(ctx, "list the studies of a person", patientQuery+` WHERE pa.person_id = $1 ORDER BY pa.id`, []any{person}, func(rows *sql.Rows) error {
		var p PatientRow
		err := scanPatient(rows, &p)
		all = append(all, p)
		return err
	})
	return all, err
}

// PeopleByEmail gives the row keys of the people who have an address, by its
// hashes under every key; at most 100.
func (t *Tx) PeopleByEmail(ctx context.Context, hashes [][]byte) (all []int64, err error) {
	for _, h := range hashes {
		err := t.each(ctx, "find people by address", `SELECT id FROM people WHERE email_hash = $1 ORDER BY id LIMIT 100`, []any{h}, func(rows *sql.Rows) error {
			var k int64
			err := rows.Scan(&k)
			all = append(all, k)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PersonByID finds a person.
func (t *Tx) PersonByID(ctx context.Context, id studymail.ID) (studymail.Person, error) {
	var p studymail.Person
	row := t.row(ctx, `SELECT `+personColumns+` FROM people WHERE uuid = $1`, id)
	return p, t.found("find person "+id.String(), scanPerson(row, &p), "no person %s", id)
}

// WhyNotMailed gives the reason why a patient would not be mailed today; "" when
// they would, as far as that hangs on the patient, the study and the care provider.
func (t *Tx) WhyNotMailed(ctx context.Context, today studymail.Date, patient int64) (studymail.Reason, error) {
	var why studymail.Reason
	_, err := t.one(ctx, "look whether a patient may be mailed", `SELECT `+eligibility+` FROM patients pa`+whoIsMailed+` WHERE pa.id = $2`,
		[]any{string(today), patient}, &why)
	return why, err
}

// PatientMessage is a message as its patient's page tells it.
type PatientMessage struct {
	ID           studymail.ID
	State        studymail.State
	Reason       studymail.Reason
	CameBack     studymail.CameBack
	NextAttempt  time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	SentAt       time.Time
	CampaignID   studymail.ID
	CampaignName string
	TemplateID   studymail.ID
	TemplateName string
	Version      int
	Step         int // number
	Attempts     []studymail.Attempt
}

// Through messages_patient: m.id + 0 keeps the newest of a few from being looked
// for among all.
var patientMessages = both{sqlite: patientMessagesFor(attempts.sqlite), postgres: patientMessagesFor(attempts.postgres)}

func patientMessagesFor(attempts string) string {
	return `SELECT m.uuid, m.state, m.reason, m.came_back, m.next_attempt_at, m.created_at, m.updated_at, m.sent_at, c.uuid, c.name, te.uuid, te.name, tv.number, s.number, ` + attempts + `
		FROM messages m
		JOIN runs r ON r.id = m.run_id
		JOIN campaigns c ON c.id = r.campaign_id
		JOIN steps s ON s.id = m.step_id
		JOIN template_versions tv ON tv.id = s.template_version_id
		JOIN templates te ON te.id = tv.template_id
		WHERE m.patient_id = $1 ORDER BY m.id + 0 DESC LIMIT $2`
}

// PatientMessages gives the newest messages to a patient with their attempts.
func (t *Tx) PatientMessages(ctx context.Context, patient int64, limit int) ([]PatientMessage, error) {
	all := []PatientMessage{}
	err := t.each(ctx, "list the messages of a patient", t.pick(patientMessages), []any{patient, limit}, func(rows *sql.Rows) error {
		var (
			m    PatientMessage
			text string
		)
		if err := rows.Scan(&m.ID, &m.State, nullText[studymail.Reason]{&m.Reason}, &m.CameBack, at{&m.NextAttempt}, at{&m.CreatedAt}, at{&m.UpdatedAt}, at{&m.SentAt},
			&m.CampaignID, &m.CampaignName, &m.TemplateID, &m.TemplateName, &m.Version, &m.Step, &text); err != nil {
			return err
		}
		var err error
		m.Attempts, err = attemptsOf(text)
		all = append(all, m)
		return err
	})
	return all, err
}

// attemptsOf reads the attempts that a statement put together.
func attemptsOf(text string) ([]studymail.Attempt, error) {
	var rows [][]any
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	number := func(v any) int64 {
		n, _ := v.(float64)
		return int64(n)
	}
	word := func(v any) string {
		s, _ := v.(string)
		return s
	}
	all := []studymail.Attempt{}
	for _, r := range rows {
		if len(r) != 10 {
			return nil, fmt.Errorf("read attempts: %d columns, not 10", len(r))
		}
		all = append(all, studymail.Attempt{
			Number: int(number(r[0])), Counts: number(r[1]) == 1, At: time.UnixMilli(number(r[2])).UTC(), Outcome: studymail.OutcomeKind(number(r[3])),
			Code: int(number(r[4])), Enhanced: word(r[5]), Stage: word(r[6]), Reply: word(r[7]), Transport: word(r[8]), TookMS: number(r[9]),
		})
	}
	return all, nil
}
