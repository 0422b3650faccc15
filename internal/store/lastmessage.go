package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"studymail"
)

// last_messages holds each patient's newest message and what became of it, so
// that a list can be filtered by it; patient_counts counts by it. Planning writes
// both. Sending writes neither: it notes in memory which messages it recorded, and
// KeepLastMessages brings the tables up to date behind it, when there is time. What
// was noted and lost with a process is found by going round those that wait.

// behind is what sending noted and the tables do not have yet.
type behind struct {
	mu        sync.Mutex
	following bool    // somebody works it off: else nothing is noted
	keys      []int64 // of messages
	grew      int     // since the last look
	round     place   // where going round those that wait stands
}

// place is where a patient stands in the index of last_messages.
type place struct{ outcome, study, patient int64 }

const (
	maxBehind = 2_000_000 // keys, 16 MB: what is over is found by going round

	keepBusy  = 2_000 // rows a second while mail leaves: a hundredth of what the writer can do
	keepIdle  = 20_000
	keepRound = 2_000
)

// note notes messages whose state changes in this transaction. Noted in vain, when
// it is rolled back, they cost a look.
func (b *behind) note(keys ...int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.following {
		b.grew += len(keys)
		b.keys = append(b.keys, keys[:min(len(keys), maxBehind-len(b.keys))]...)
	}
}

// take gives the oldest of what was noted: few while more is coming.
func (b *behind) take() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := keepIdle
	if b.grew > keepBusy {
		n = keepBusy
	}
	b.following, b.grew = true, 0
	n = min(n, len(b.keys))
	taken := b.keys[:n:n]
	if b.keys = b.keys[n:]; len(b.keys) == 0 {
		b.keys = nil
	}
	return taken
}

// KeepLastMessages brings up to date what became of patients' newest messages, as
// far as there is time for. Workers call it each second. It gives how many were
// out of date.
func (s *Store) KeepLastMessages(ctx context.Context) (moved int, err error) {
	noted := s.behind.take()
	stale, err := s.goRound(ctx)
	if err != nil {
		return 0, err
	}
	for _, keys := range [][]int64{noted, stale} {
		for len(keys) > 0 {
			n, changed := min(len(keys), 1000), 0
			err := s.Write(ctx, func(tx *Tx) (err error) {
				changed, err = tx.moveLastMessages(ctx, keys[:n]...)
				return err
			})
			if err != nil {
				return moved, err
			}
			moved += changed
			keys = keys[n:]
		}
	}
	if s.kind == Postgres {
		err = s.Write(ctx, func(tx *Tx) error { return tx.addUpCounts(ctx) })
	}
	return moved, err
}

// goRound looks at some of those that wait, each time at the next, and gives the
// messages that do not.
func (s *Store) goRound(ctx context.Context) (stale []int64, err error) {
	s.behind.mu.Lock()
	from := s.behind.round
	s.behind.mu.Unlock()
	if from.outcome == 0 {
		from.outcome = int64(studymail.Queued)
	}
	to, seen := from, 0
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.each(ctx, "look at messages that wait", `SELECT l.study_id, l.patient_id, l.message_id, CASE WHEN m.state IN (10, 15) THEN 10 ELSE m.state END
			FROM (SELECT study_id, patient_id, message_id FROM last_messages
				WHERE outcome = $1 AND (study_id, patient_id) > ($2, $3) ORDER BY study_id, patient_id LIMIT $4) l
			JOIN messages m ON m.id = l.message_id ORDER BY l.study_id, l.patient_id`,
			[]any{from.outcome, from.study, from.patient, keepRound}, func(rows *sql.Rows) error {
				var key, outcome int64
				if err := rows.Scan(&to.study, &to.patient, &key, &outcome); err != nil {
					return err
				}
				if seen++; outcome != from.outcome {
					stale = append(stale, key)
				}
				return nil
			})
	})
	if seen < keepRound { // to those that wait otherwise
		to = place{outcome: int64(studymail.Deferred)}
		if from.outcome == to.outcome {
			to.outcome = int64(studymail.Queued)
		}
	}
	s.behind.mu.Lock()
	s.behind.round = to
	s.behind.mu.Unlock()
	return stale, err
}

// Numbers move by two rows a group: out of what was, into what is.
const (
	countMoved = `SELECT study_id, provider_id, status, cancelled, before, -count(*) FROM moved GROUP BY 1, 2, 3, 4, 5
		UNION ALL SELECT study_id, provider_id, status, cancelled, after, count(*) FROM moved GROUP BY 1, 2, 3, 4, 5`
	addCounts = `
		INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients) ` + countMoved + `
		ON CONFLICT (study_id, provider_id, status, cancelled, outcome) DO UPDATE SET patients = patient_counts.patients + excluded.patients`
	addChanges = `,
		counted AS (INSERT INTO patient_count_changes (study_id, provider_id, status, cancelled, outcome, patients) ` + countMoved + `)
		SELECT count(*) FROM moved`
)

// What a step's patients just got is their newest. $1 are the patients, $2 the step.
const (
	countPlanned = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0) AS before, 10 AS after
			FROM json_each($1) j CROSS JOIN patients pa ON pa.id = j.value LEFT JOIN last_messages l ON l.patient_id = pa.id
			WHERE coalesce(l.outcome, 0) <> 10)` + addCounts
	putPlanned = `INSERT INTO last_messages (patient_id, message_id, study_id, outcome)
		SELECT m.patient_id, m.id, pa.study_id, 10
		FROM json_each($1) j CROSS JOIN messages m ON m.step_id = $2 AND m.patient_id = j.value JOIN patients pa ON pa.id = m.patient_id WHERE true
		ON CONFLICT (patient_id) DO UPDATE SET message_id = excluded.message_id, outcome = 10`
	planned = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0) AS before, 10 AS after, m.patient_id, m.id AS message_id
			FROM json_array_elements_text($1::json) j JOIN messages m ON m.step_id = $2 AND m.patient_id = j::bigint
			JOIN patients pa ON pa.id = m.patient_id LEFT JOIN last_messages l ON l.patient_id = pa.id),
		put AS (INSERT INTO last_messages (patient_id, message_id, study_id, outcome) SELECT patient_id, message_id, study_id, 10 FROM moved
			ON CONFLICT (patient_id) DO UPDATE SET message_id = excluded.message_id, outcome = 10)` + addChanges
)

// planLastMessages makes the messages that a step's patients just got their newest.
func (t *Tx) planLastMessages(ctx context.Context, what string, step int64, patients string) error {
	if t.kind == Postgres {
		_, err := t.moveAtOnce(ctx, what, lockPatients, planned, patients, step)
		return err
	}
	if _, err := t.exec(ctx, what, countPlanned, patients); err != nil {
		return err
	}
	_, err := t.exec(ctx, what, putPlanned, patients, step)
	return err
}

// Of the messages $1, what became of those that are their patients' newest.
const (
	outcomeOf      = `CASE WHEN m.state IN (10, 15) THEN 10 ELSE m.state END`
	countMovedMail = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, l.outcome AS before, ` + outcomeOf + ` AS after
			FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value
			CROSS JOIN last_messages l ON l.patient_id = m.patient_id AND l.message_id = m.id CROSS JOIN patients pa ON pa.id = m.patient_id
			WHERE l.outcome <> ` + outcomeOf + `)` + addCounts
	putMovedMail = `UPDATE last_messages SET outcome = ` + outcomeOf + `
		FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value
		WHERE last_messages.patient_id = m.patient_id AND last_messages.message_id = m.id AND outcome <> ` + outcomeOf
	movedMail = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, l.outcome AS before, ` + outcomeOf + ` AS after, l.patient_id
			FROM messages m JOIN last_messages l ON l.patient_id = m.patient_id AND l.message_id = m.id JOIN patients pa ON pa.id = m.patient_id
			WHERE m.id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) AND l.outcome <> ` + outcomeOf + `),
		put AS (UPDATE last_messages SET outcome = after FROM moved WHERE last_messages.patient_id = moved.patient_id)` + addChanges
)

// moveLastMessages brings up to date what became of some messages, where they are
// their patients' newest. Whoever changes a message that did not wait calls it in
// the same transaction; those that wait are looked at anyway.
func (t *Tx) moveLastMessages(ctx context.Context, messages ...int64) (int, error) {
	const what = "note what became of messages"
	messages = slices.Clone(messages)
	slices.Sort(messages)
	keys := keysJSON(slices.Compact(messages)) // one noted twice moves once
	if t.kind == Postgres {
		return t.moveAtOnce(ctx, what, lockPatientsOfMail, movedMail, keys)
	}
	if n, err := t.exec(ctx, what, countMovedMail, keys); err != nil || n == 0 {
		return 0, err
	}
	n, err := t.exec(ctx, what, putMovedMail, keys)
	return int(n), err
}

// moveAtOnce is PostgreSQL's. Who moves a patient from one number to another holds
// the patient's row: planning, what comes behind the sending, a change of status.
// The statement that reads what to move comes after that, so it sees what the
// others did; it is one, because messages change meanwhile.
func (t *Tx) moveAtOnce(ctx context.Context, what, lock, move string, args ...any) (n int, err error) {
	if err := t.each(ctx, what, lock, args[:1], func(*sql.Rows) error { return nil }); err != nil {
		return 0, err
	}
	_, err = t.one(ctx, what, move, args, &n)
	return n, err
}

const (
	lockPatients = `SELECT id FROM patients WHERE id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))
		ORDER BY id FOR NO KEY UPDATE`
	lockPatientsOfMail = `SELECT id FROM patients WHERE id = ANY (ARRAY (SELECT patient_id FROM messages
		WHERE id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))))) ORDER BY id FOR NO KEY UPDATE`
)

// addUpCounts puts PostgreSQL's changes of numbers together with the numbers, when
// there are many.
func (t *Tx) addUpCounts(ctx context.Context) error {
	_, err := t.exec(ctx, "add up the numbers of patients", `WITH changes AS (
			DELETE FROM patient_count_changes WHERE (SELECT count(*) FROM patient_count_changes) > 500 RETURNING *)
		INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients)
		SELECT study_id, provider_id, status, cancelled, outcome, sum(patients) FROM changes
		GROUP BY 1, 2, 3, 4, 5 HAVING sum(patients) <> 0 ORDER BY 1, 2, 3, 4, 5
		ON CONFLICT (study_id, provider_id, status, cancelled, outcome) DO UPDATE SET patients = patient_counts.patients + excluded.patients`)
	return err
}

// RecountPatients makes the tables that patients are listed by anew, from patients
// and messages: for who filled those in another way than planning does.
func (t *Tx) RecountPatients(ctx context.Context) error {
	statements := []string{
		`DELETE FROM patient_counts`,
		`DELETE FROM last_messages`,
		`INSERT INTO last_messages (patient_id, message_id, study_id, outcome)
			SELECT l.patient_id, l.id, pa.study_id, ` + outcomeOf + `
			FROM (SELECT patient_id, max(id) AS id FROM messages GROUP BY patient_id) l
			JOIN messages m ON m.id = l.id JOIN patients pa ON pa.id = l.patient_id`,
		`INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients)
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0), count(*)
			FROM patients pa LEFT JOIN last_messages l ON l.patient_id = pa.id GROUP BY 1, 2, 3, 4, 5`,
	}
	if t.kind == Postgres {
		statements = append([]string{`LOCK TABLE patients, messages IN SHARE ROW EXCLUSIVE MODE`, `DELETE FROM patient_count_changes`}, statements...)
	}
	for _, query := range statements {
		if _, err := t.exec(ctx, "count the patients anew", query); err != nil {
			return err
		}
	}
	return nil
}
