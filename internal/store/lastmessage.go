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

// newest are patients whom a chunk of a plan gives a message each: their newest.
type newest struct {
	n        int
	patients map[int64][]int64 // by study
	moved    map[[3]int64]int  // by study, care provider and what became of the one before
}

func (p *newest) add(patient, study, provider, before int64) {
	if p.patients == nil {
		p.patients, p.moved = map[int64][]int64{}, map[[3]int64]int{}
	}
	p.n++
	p.patients[study] = append(p.patients[study], patient)
	p.moved[[3]int64{study, provider, before}]++
}

// Who gets a letter is in study: status 0, cancelled 0.
const withNewest = ` LEFT JOIN last_messages lm ON lm.patient_id = pa.id`

var countNewest = both{
	sqlite: `INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients)
		SELECT j.value->>0, j.value->>1, 0, 0, j.value->>2, j.value->>3 FROM json_each($1) j WHERE true
		ON CONFLICT (study_id, provider_id, status, cancelled, outcome) DO UPDATE SET patients = patient_counts.patients + excluded.patients`,
	postgres: `INSERT INTO patient_count_changes (study_id, provider_id, status, cancelled, outcome, patients)
		SELECT (j->>0)::bigint, (j->>1)::bigint, 0, 0, (j->>2)::int, (j->>3)::bigint FROM json_array_elements($1::json) j`,
}

// countNewest moves the numbers of patients whose newest message waits from now on.
func (t *Tx) countNewest(ctx context.Context, what string, planned *newest) error {
	var rows [][4]int64
	for group, n := range planned.moved {
		if waits := int64(studymail.Queued); group[2] != waits {
			rows = append(rows, [4]int64{group[0], group[1], group[2], -int64(n)}, [4]int64{group[0], group[1], waits, int64(n)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, what, t.pick(countNewest), list)
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
	putMovedMail = `INSERT INTO last_messages (patient_id, message_id, study_id, outcome)
		SELECT l.patient_id, l.message_id, l.study_id, ` + outcomeOf + `
		FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value
		CROSS JOIN last_messages l ON l.patient_id = m.patient_id AND l.message_id = m.id WHERE l.outcome <> ` + outcomeOf + `
		ON CONFLICT (patient_id) DO UPDATE SET outcome = excluded.outcome`
	movedMail = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, l.outcome AS before, ` + outcomeOf + ` AS after, l.patient_id
			FROM json_array_elements_text($1::json) j CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = j::bigint OFFSET 0) m
			JOIN last_messages l ON l.patient_id = m.patient_id AND l.message_id = m.id JOIN patients pa ON pa.id = m.patient_id
			WHERE l.outcome <> ` + outcomeOf + `),
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
		if _, err := t.exec(ctx, what, holdNumbersOf+ofMail+holdInTheirTurn, keys); err != nil {
			return 0, err
		}
		n := 0
		_, err := t.one(ctx, what, movedMail, []any{keys}, &n)
		return n, err
	}
	if n, err := t.exec(ctx, what, countMovedMail, keys); err != nil || n == 0 {
		return 0, err
	}
	n, err := t.exec(ctx, what, putMovedMail, keys)
	return int(n), err
}

// PostgreSQL's writers move patients from one number to another side by side. Who
// does it holds the numbers of their studies: planning, what comes behind the
// sending, a change of status (the triggers). What is read after that, in another
// statement, is what the others left. Rows of patients are not locked for it: that
// would write each of them.
const (
	numbersLock     = `730580564`
	holdNumbers     = `SELECT pg_advisory_xact_lock(` + numbersLock + `, $1::int)`
	holdNumbersOf   = `SELECT pg_advisory_xact_lock(` + numbersLock + `, study_id::int) FROM (SELECT DISTINCT pa.study_id FROM `
	holdInTheirTurn = ` ORDER BY pa.study_id) s`

	ofChunk = `(SELECT p.study_id FROM campaign_patients l JOIN patients p ON p.id = l.patient_id
		WHERE l.campaign_id = $1 AND l.patient_id > $2 ORDER BY l.patient_id LIMIT $3) pa`
	ofChunkOfFirst = `(SELECT p.study_id FROM messages m JOIN patients p ON p.id = m.patient_id
		WHERE m.step_id = $1 AND m.patient_id > $2 ORDER BY m.patient_id LIMIT $3) pa`
	ofMail = `json_array_elements_text($1::json) j CROSS JOIN LATERAL (SELECT patient_id FROM messages WHERE id = j::bigint OFFSET 0) m
		JOIN patients pa ON pa.id = m.patient_id`
)

func (t *Tx) holdNumbersOfChunk(ctx context.Context, what string, r *PlanRules, cursor int64) (err error) {
	switch {
	case t.kind == SQLite: // its writing transactions come one by one
	case r.Study != 0:
		_, err = t.exec(ctx, what, holdNumbers, r.Study)
	case r.First != 0:
		_, err = t.exec(ctx, what, holdNumbersOf+ofChunkOfFirst+holdInTheirTurn, r.First, cursor, r.PatientsAtOnce)
	default:
		_, err = t.exec(ctx, what, holdNumbersOf+ofChunk+holdInTheirTurn, r.Campaign, cursor, r.PatientsAtOnce)
	}
	return err
}

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
