package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"studymail"
)

// PlanRules are what a planning pass goes by, besides eligibility.
type PlanRules struct {
	Today          studymail.Date
	Campaign       int64
	Step           int64 // 0 in a preview of a campaign that never ran
	Study          int64 // 0: the campaign's own list of patients
	Template       int64
	Again          bool
	LacksIf        uint8      // bit m: who misses what studymail.Missing m says lacks what the template merges
	NeedsOther     OtherNeeds // … and fields of the care provider and the study
	NoPublicURL    bool       // the template has a link to our pages and there is no address for them
	AttemptLimit   int
	ExpiresAfter   time.Duration
	PlannerLease   time.Duration
	PatientsAtOnce int // at most 1,000
	Most           int // letters that the run may plan; 0: any number
	Cap            studymail.ContactCap

	// Of a reminder: it is for those who were sent the first letter.
	First      int64     // row key of the campaign's first step; 0: this is no reminder
	SentBefore time.Time // … before this time; who was sent it later has to wait
}

// OtherNeeds are the fields of a care provider or a study that a template merges
// and that may be blank.
type OtherNeeds int

// The fields. The numbers stand in verdict.
const (
	NeedsContact OtherNeeds = 1 << iota
	NeedsContactName
	NeedsPhone
	NeedsReplyTo
	NeedsApprovalReference
)

// Not reasons: why a patient in the chunk is not selected at all.
const (
	plannedBefore = "=" // has this letter's message already
	notInAudience = "-" // another care provider's; or a reminder is not for them, or not yet
)

// verdict is empty for a patient who gets the letter, else why not. Parameters $1
// to $8 are those of PlanRules.args, in every statement that uses it.
const verdict = `CASE
	WHEN EXISTS (SELECT 1 FROM messages m WHERE m.step_id = $2 AND m.patient_id = pa.id) THEN '='
	WHEN EXISTS (SELECT 1 FROM campaign_providers cp WHERE cp.campaign_id = $3)
		AND NOT EXISTS (SELECT 1 FROM campaign_providers cp WHERE cp.campaign_id = $3 AND cp.provider_id = pa.provider_id) THEN '-'
	WHEN ` + eligibility + ` <> '' THEN ` + eligibility + `
	WHEN st.allow_shared_address = 0 AND EXISTS
		(SELECT 1 FROM people o WHERE o.email_hash = pe.email_hash AND o.id <> pe.id) THEN 'shared address'
	WHEN (($6 >> pe.missing) & 1) = 1 THEN 'patient missing a field'
	WHEN (($7 & 1) <> 0 AND pr.contact = '') OR (($7 & 2) <> 0 AND pr.contact_name = '') OR (($7 & 4) <> 0 AND pr.phone = '')
		OR (($7 & 8) <> 0 AND pr.reply_to = '') THEN 'care provider missing a field'
	WHEN ($7 & 16) <> 0 AND st.approval_reference = '' THEN 'study missing a field'
	WHEN $8 = 1 THEN 'PUBLIC_URL not set'
	WHEN $5 = 0 AND EXISTS
		(SELECT 1 FROM messages m JOIN steps s ON s.id = m.step_id JOIN template_versions v ON v.id = s.template_version_id
		WHERE m.patient_id = pa.id AND m.step_id <> $2 AND v.template_id = $4 AND m.state NOT IN (50, 60, 80)) THEN 'already had this letter'
	ELSE '' END`

func (r *PlanRules) args(more ...any) []any {
	return append([]any{
		string(r.Today), r.Step, r.Campaign, r.Template, flag(r.Again), int(r.LacksIf),
		int(r.NeedsOther), flag(r.NoPublicURL),
	}, more...)
}

// look gives a query that looks at patients: the columns, of which the first is
// pa.id, and the verdict (why). With a contact cap, who is over it is left out; a
// person who takes part in several studies may be among the patients twice.
func (t *Tx) look(r *PlanRules, columns []string, from string, more ...any) (string, []any) {
	args := r.args(more...)
	why := verdict
	if r.First != 0 {
		why = `CASE WHEN pa.reminded = 0 THEN '-' ELSE ` + verdict + ` END`
	}
	if !r.Cap.On() {
		return `SELECT ` + strings.Join(columns, ", ") + `, ` + why + ` AS why` + from, args
	}
	outer := make([]string, len(columns))
	for i, c := range columns {
		_, outer[i], _ = strings.Cut(c, ".")
	}
	n := len(args)
	return fmt.Sprintf(`SELECT %s, CASE WHEN why = '' AND had + row_number() OVER (PARTITION BY person_id, why ORDER BY id) > $%d
			THEN 'contact cap' ELSE why END AS why
		FROM (SELECT %s, pa.person_id, %s AS why, %s AS had %s) looked ORDER BY id`,
		strings.Join(outer, ", "), n+1, strings.Join(columns, ", "), why, fmt.Sprintf(had, n+2), from,
	), append(args, r.Cap.Mails, ms(t.now.Add(-r.Cap.Within)))
}

// had is how many mails of all studies a person had since a time, or will have:
// those that wait or are on their way count whenever they were planned.
const had = `(SELECT count(*) FROM patients op JOIN messages m ON m.patient_id = op.id WHERE op.person_id = pa.person_id
	AND (m.state IN (10, 30) OR m.state IN (40, 70) AND coalesce(m.sent_at, m.updated_at) > $%d))`

// The patients of a chunk: the study's, or the campaign's own list.
const (
	ofStudy = ` FROM (SELECT * FROM patients WHERE study_id = $9 AND id > $10 ORDER BY id LIMIT $11) pa` + whoIsMailed + ` ORDER BY pa.id`
	ofList  = ` FROM (SELECT p.* FROM campaign_patients l JOIN patients p ON p.id = l.patient_id
			WHERE l.campaign_id = $9 AND l.patient_id > $10 ORDER BY l.patient_id LIMIT $11) pa` + whoIsMailed + ` ORDER BY pa.id`
)

// The patients of a reminder are those of the first letter. A chunk is of these, and
// not of those who are due: else one in which few are would be looked for through all.
const (
	ofFirst = ` FROM (SELECT p.*, ` + reminded + ` AS reminded
			FROM (SELECT * FROM messages WHERE step_id = $9 AND patient_id > $11 ORDER BY patient_id LIMIT $12) f
			JOIN patients p ON p.id = f.patient_id) pa` + whoIsMailed + ` ORDER BY pa.id`
	ofAllFirst = ` FROM (SELECT p.*, ` + reminded + ` AS reminded
			FROM (SELECT * FROM messages WHERE step_id = $9) f JOIN patients p ON p.id = f.patient_id) pa` + whoIsMailed
	reminded = `CASE WHEN f.state = 40 AND f.sent_at < $10 THEN 1 ELSE 0 END`
)

// chunk says where the next patients come from, and by which arguments.
func (r *PlanRules) chunk(after int64) (from string, args []any) {
	switch {
	case r.First != 0:
		return ofFirst, []any{r.First, ms(r.SentBefore), after, r.PatientsAtOnce}
	case r.Study != 0:
		return ofStudy, []any{r.Study, after, r.PatientsAtOnce}
	}
	return ofList, []any{r.Campaign, after, r.PatientsAtOnce}
}

// all says where all patients come from.
func (r *PlanRules) all() (from string, args []any) {
	switch {
	case r.First != 0:
		return ofAllFirst, []any{r.First, ms(r.SentBefore)}
	case r.Study != 0:
		return ` FROM patients pa` + whoIsMailed + ` WHERE pa.study_id = $9`, []any{r.Study}
	}
	return ` FROM campaign_patients l JOIN patients pa ON pa.id = l.patient_id` + whoIsMailed + ` WHERE l.campaign_id = $9`, []any{r.Campaign}
}

// PlanResult is what a chunk added.
type PlanResult struct {
	Planned int
	LeftOut map[studymail.Reason]int
	Full    bool // the run has as many letters as it may
	Last    bool // nobody is left: release the run in this transaction
}

// One planner at a time looks at who has had a letter: two that did it at once
// would not see one another's messages, and a patient would get it twice.
var lockTemplate = both{
	sqlite:   `SELECT id FROM templates WHERE id = $1`, // its writing transactions come one by one
	postgres: `SELECT id FROM templates WHERE id = $1 FOR NO KEY UPDATE`,
}

// With a contact cap all planners exclude one another, whatever they plan: what
// one writes counts for the others. They take this lock behind the template's.
var lockCap = both{
	sqlite:   `SELECT 1`,
	postgres: `SELECT 1 FROM pg_advisory_xact_lock(7305805642891002)`,
}

// PlanChunk looks at the next patients of a run and writes a message for each
// that gets the letter, and a reason for each that does not. It moves the run's
// cursor; a planner that lost the run is told so and changes nothing.
func (t *Tx) PlanChunk(ctx context.Context, r *studymail.Run, rules *PlanRules) (PlanResult, error) {
	res := PlanResult{LeftOut: map[studymail.Reason]int{}}
	var (
		planned []int64
		leftOut [][2]any
		cursor  = r.Cursor
		looked  int
	)
	full := func() bool { return rules.Most != 0 && r.Planned+len(planned) >= rules.Most }
	what := "plan run " + r.ID.String()
	var template int64
	if _, err := t.one(ctx, what, t.pick(lockTemplate), []any{rules.Template}, &template); err != nil {
		return res, err
	}
	if rules.Cap.On() {
		if _, err := t.exec(ctx, what, t.pick(lockCap)); err != nil {
			return res, err
		}
	}
	from, of := rules.chunk(r.Cursor)
	query, args := t.look(rules, []string{"pa.id"}, from, of...)
	err := t.each(ctx, what, query, args, func(rows *sql.Rows) error {
		var (
			patient int64
			why     studymail.Reason
		)
		if err := rows.Scan(&patient, &why); err != nil {
			return err
		}
		if full() {
			return nil
		}
		looked++
		cursor = patient
		switch why {
		case "":
			planned = append(planned, patient)
		case plannedBefore, notInAudience:
		default:
			leftOut = append(leftOut, [2]any{patient, why})
			res.LeftOut[why]++
		}
		return nil
	})
	if err != nil {
		return res, err
	}
	res.Full = full()
	if err := t.moveCursor(ctx, r, cursor, len(planned), rules.PlannerLease); err != nil {
		return res, err
	}
	if err := t.addMessages(ctx, r, planned, rules); err != nil {
		return res, err
	}
	if err := t.leaveOut(ctx, r, leftOut); err != nil {
		return res, err
	}
	res.Planned, res.Last = len(planned), !res.Full && looked < rules.PatientsAtOnce
	return res, nil
}

func (t *Tx) moveCursor(ctx context.Context, r *studymail.Run, cursor int64, planned int, lease time.Duration) error {
	until := t.now.Add(lease)
	n, err := t.exec(ctx, "plan run "+r.ID.String(),
		`UPDATE runs SET cursor = $1, planner_until = $2, planned = planned + $5 WHERE id = $3 AND state = 10 AND planner_token = $4`,
		cursor, ms(until), r.Key, r.PlannerToken, planned)
	if err != nil {
		return err
	}
	if n != 1 {
		return lostRun(r)
	}
	r.Cursor, r.PlannerUntil, r.Planned = cursor, until, r.Planned+planned
	return nil
}

// The UUIDs go as one string of bytes, 16 for each patient of the JSON list:
// made in order, they append to the end of their index.
var addMessages = both{
	sqlite: `INSERT INTO messages (uuid, patient_id, step_id, run_id, attempt_limit, next_attempt_at, expires_at, created_at, updated_at)
		SELECT substr($1, 1 + 16 * j.key, 16), j.value, $3, $4, $5, $6, $7, $6, $6 FROM json_each($2) j`,
	postgres: `INSERT INTO messages (uuid, patient_id, step_id, run_id, attempt_limit, next_attempt_at, expires_at, created_at, updated_at)
		SELECT substr($1::bytea, (1 + 16 * (j.n - 1))::int, 16), j.patient::bigint, $3::bigint, $4::bigint, $5::int, $6::bigint, $7::bigint, $6::bigint, $6::bigint
		FROM json_array_elements_text($2::json) WITH ORDINALITY AS j (patient, n)`,
}

var nowPlanned = both{
	sqlite:   `DELETE FROM left_out WHERE step_id = $1 AND patient_id IN (SELECT value FROM json_each($2))`,
	postgres: `DELETE FROM left_out WHERE step_id = $1 AND patient_id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($2::json)))`,
}

func (t *Tx) addMessages(ctx context.Context, r *studymail.Run, patients []int64, rules *PlanRules) error {
	if len(patients) == 0 {
		return nil
	}
	ids := make([]byte, 0, 16*len(patients))
	for range patients {
		id := studymail.NewID()
		ids = append(ids, id[:]...)
	}
	list := keysJSON(patients)
	what := "write the messages of run " + r.ID.String()
	if _, err := t.exec(ctx, what, t.pick(addMessages), ids, list, r.Step, r.Key,
		rules.AttemptLimit, ms(t.now), ms(t.now.Add(rules.ExpiresAfter))); err != nil {
		return err
	}
	_, err := t.exec(ctx, what, t.pick(nowPlanned), r.Step, list)
	return err
}

var leaveOut = both{
	sqlite: `INSERT INTO left_out (step_id, patient_id, run_id, reason)
		SELECT $1, j.value->>0, $2, j.value->>1 FROM json_each($3) j WHERE true
		ON CONFLICT (step_id, patient_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason`,
	postgres: `INSERT INTO left_out (step_id, patient_id, run_id, reason)
		SELECT $1::bigint, (j->>0)::bigint, $2::bigint, j->>1 FROM json_array_elements($3::json) j
		ON CONFLICT (step_id, patient_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason`,
}

func (t *Tx) leaveOut(ctx context.Context, r *studymail.Run, rows [][2]any) error {
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "write who is left out of run "+r.ID.String(), t.pick(leaveOut), r.Step, r.Key, list)
	return err
}

// Preview counts what planning would do now, and writes nothing.
func (t *Tx) Preview(ctx context.Context, rules *PlanRules) (planned int, leftOut map[studymail.Reason]int, err error) {
	from, of := rules.all()
	leftOut = map[studymail.Reason]int{}
	query, args := t.look(rules, []string{"pa.id"}, from, of...)
	err = t.each(ctx, "preview a campaign", `SELECT why, count(*) FROM (`+query+`) all_of_them GROUP BY why`, args,
		func(rows *sql.Rows) error {
			var (
				why studymail.Reason
				n   int
			)
			if err := rows.Scan(&why, &n); err != nil {
				return err
			}
			switch why {
			case "":
				planned = n
			case plannedBefore, notInAudience:
			default:
				leftOut[why] = n
			}
			return nil
		})
	return planned, leftOut, err
}

// AudienceSize is how many patients a run of the rules will look at.
func (t *Tx) AudienceSize(ctx context.Context, rules *PlanRules) (int, error) {
	query, of := `SELECT count(*) FROM patients WHERE study_id = $1`, rules.Study
	switch {
	case rules.First != 0:
		query, of = `SELECT coalesce(sum(planned), 0) FROM runs WHERE step_id = $1`, rules.First
	case rules.Study == 0:
		query, of = `SELECT count(*) FROM campaign_patients WHERE campaign_id = $1`, rules.Campaign
	}
	var n int
	_, err := t.one(ctx, "count an audience", query, []any{of}, &n)
	return n, err
}
