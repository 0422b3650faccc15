package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"studymail"
)

// last_messages holds each patient's newest message and what became of it, so
// that a list can be filtered by it; patient_counts counts by it. Neither planning
// nor sending writes them: a run says how far its messages are listed, sending
// notes in memory which it recorded, and KeepLastMessages brings the tables up to
// date behind them, when there is time. What was noted and lost with a process is
// found by going round those that wait.

// behind is what sending noted and the tables do not have yet.
type behind struct {
	mu        sync.Mutex
	following bool // somebody works it off: else nothing is noted
	spans     []span
	grew      int   // since the last look
	calm      bool  // the last look found that nothing had come
	round     place // where going round those that wait stands
}

// span is messages side by side: what is sent together was planned together.
type span struct{ from, to int64 } // row keys, both included

// place is where a patient stands in the index of last_messages.
type place struct{ outcome, study, patient int64 }

const (
	maxBehind = 1_000_000 // spans, 16 MB: what is over is found by going round

	calmBelow = 1_000 // messages a second: with so many lists keep up
	keepBusy  = 250   // rows a second while more leaves: a hundredth of what the writer can do
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
		for _, k := range keys {
			b.add(k)
		}
	}
}

// noteAll notes those of outcomes.
func (b *behind) noteAll(all []Recorded) {
	keys := make([]int64, len(all))
	for i := range all {
		keys[i] = all[i].Key
	}
	slices.Sort(keys) // the lanes' windows stood side by side
	b.note(keys...)
}

func (b *behind) add(key int64) {
	if n := len(b.spans); n > 0 && b.spans[n-1].to+1 == key {
		b.spans[n-1].to = key
	} else if n < maxBehind {
		b.spans = append(b.spans, span{key, key})
	}
}

// take gives the oldest of what was noted, and how many more there is time for:
// few while more is coming.
func (b *behind) take() (taken []int64, room int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := keepBusy
	if b.grew <= calmBelow && b.calm {
		n = keepIdle
	}
	b.following, b.calm, b.grew = true, b.grew <= calmBelow, 0
	room = n
	for len(b.spans) > 0 && len(taken) < n {
		first := &b.spans[0]
		taken = append(taken, first.from)
		if first.from++; first.from > first.to {
			b.spans = b.spans[1:]
		}
	}
	if len(b.spans) == 0 {
		b.spans = nil
	}
	return taken, max(room-len(taken), room/10)
}

// KeepLastMessages brings up to date what became of patients' newest messages, as
// far as there is time for. Workers call it each second. It gives how many were
// out of date.
func (s *Store) KeepLastMessages(ctx context.Context) (moved int, err error) {
	noted, room := s.behind.take()
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
	for room > 0 {
		looked, changed := 0, 0
		err := s.Write(ctx, func(tx *Tx) (err error) {
			looked, changed, err = tx.listPlanned(ctx, min(room, 1000))
			return err
		})
		if err != nil {
			return moved, err
		}
		moved += changed
		if room -= looked; looked == 0 {
			break
		}
	}
	if s.kind == Postgres {
		err = s.Write(ctx, func(tx *Tx) error { return tx.addUpCounts(ctx) })
	}
	return moved, err
}

// listPlanned lists messages that a run planned, in the order in which it looked at
// the patients, and gives at how many it looked.
func (t *Tx) listPlanned(ctx context.Context, limit int) (looked, changed int, err error) {
	const what = "list what was planned"
	var run, step, from, to int64
	found, err := t.one(ctx, what, `SELECT id, step_id, listed, cursor FROM runs WHERE listed < cursor AND state <> 10 ORDER BY id LIMIT 1`, nil, &run, &step, &from, &to)
	if err != nil || !found {
		return 0, 0, err
	}
	var keys []int64
	last := from
	err = t.each(ctx, what, `SELECT id, patient_id, run_id FROM messages WHERE step_id = $1 AND patient_id > $2 AND patient_id <= $3 ORDER BY patient_id LIMIT $4`,
		[]any{step, from, to, limit}, func(rows *sql.Rows) error {
			var key, of int64
			if err := rows.Scan(&key, &last, &of); err != nil {
				return err
			}
			if looked++; of == run { // else an earlier run's of the same step
				keys = append(keys, key)
			}
			return nil
		})
	if err != nil {
		return 0, 0, err
	}
	if looked < limit {
		last = to
	}
	if len(keys) > 0 {
		if changed, err = t.moveLastMessages(ctx, keys...); err != nil {
			return 0, 0, err
		}
	}
	_, err = t.exec(ctx, what, `UPDATE runs SET listed = $1 WHERE id = $2 AND listed < $1`, last, run)
	return max(looked, 1), changed, err
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
		return tx.each(ctx, "look at messages that wait", `SELECT l.study_id, l.patient_id, l.message_id, m.state
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
	countMoved = `SELECT study_id, provider_id, status, cancelled, before, -count(*) FROM moved WHERE before <> after GROUP BY 1, 2, 3, 4, 5
		UNION ALL SELECT study_id, provider_id, status, cancelled, after, count(*) FROM moved WHERE before <> after GROUP BY 1, 2, 3, 4, 5`
	addCounts = `
		INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients) ` + countMoved + `
		ON CONFLICT (study_id, provider_id, status, cancelled, outcome) DO UPDATE SET patients = patient_counts.patients + excluded.patients`
	addChanges = `,
		counted AS (INSERT INTO patient_count_changes (study_id, provider_id, status, cancelled, outcome, patients) ` + countMoved + `)
		SELECT count(*) FROM moved`
)

// Of the messages $1, those that are their patients' newest. One that is not is
// left: the newer one is listed yet, or will be. (+ 0: by the patient's messages,
// never through all that are newer.) PostgreSQL asks whether a newer one is listed,
// and of a patient's several takes the newest: to look through a patient's messages
// took it 60 µs each where there were a dozen.
const (
	newestOf = `NOT EXISTS (SELECT 1 FROM messages n WHERE n.patient_id = m.patient_id AND n.id + 0 > m.id)`

	countNewest = `WITH moved AS MATERIALIZED (
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0) AS before, m.state AS after
			FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value
			CROSS JOIN patients pa ON pa.id = m.patient_id LEFT JOIN last_messages l ON l.patient_id = m.patient_id
			WHERE coalesce(l.outcome, 0) <> m.state AND ` + newestOf + `)` + addCounts
	putNewest = `INSERT INTO last_messages (patient_id, message_id, study_id, outcome)
		SELECT m.patient_id, m.id, pa.study_id, m.state
		FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value
		CROSS JOIN patients pa ON pa.id = m.patient_id LEFT JOIN last_messages l ON l.patient_id = m.patient_id
		WHERE (l.outcome IS NULL OR l.outcome <> m.state OR l.message_id <> m.id) AND ` + newestOf + `
		ON CONFLICT (patient_id) DO UPDATE SET message_id = excluded.message_id, outcome = excluded.outcome`
	moveNewest = `WITH moved AS MATERIALIZED (
			SELECT DISTINCT ON (m.patient_id) pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0) AS before, m.state AS after, m.patient_id, m.id
			FROM json_array_elements_text($1::json) j CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = j::bigint OFFSET 0) m
			JOIN patients pa ON pa.id = m.patient_id LEFT JOIN last_messages l ON l.patient_id = m.patient_id
			WHERE l.message_id IS NULL OR l.message_id < m.id OR l.message_id = m.id AND l.outcome <> m.state
			ORDER BY m.patient_id, m.id DESC),
		put AS (INSERT INTO last_messages (patient_id, message_id, study_id, outcome) SELECT patient_id, id, study_id, after FROM moved
			ON CONFLICT (patient_id) DO UPDATE SET message_id = excluded.message_id, outcome = excluded.outcome)` + addChanges
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
		if _, err := t.exec(ctx, what, holdNumbers, keys); err != nil {
			return 0, err
		}
		n := 0
		_, err := t.one(ctx, what, moveNewest, []any{keys}, &n)
		return n, err
	}
	if _, err := t.exec(ctx, what, countNewest, keys); err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, what, putNewest, keys)
	return int(n), err
}

// PostgreSQL's writers move patients from one number to another side by side. Who
// does it holds the numbers of their studies: what comes behind the sending, and a
// change of status (the triggers hold the same). What is read after that, in
// another statement, is what the others left.
const holdNumbers = `SELECT pg_advisory_xact_lock(730580564, study_id::int) FROM (
	SELECT DISTINCT pa.study_id FROM json_array_elements_text($1::json) j
	CROSS JOIN LATERAL (SELECT patient_id FROM messages WHERE id = j::bigint OFFSET 0) m
	JOIN patients pa ON pa.id = m.patient_id ORDER BY pa.study_id) s`

// addUpCounts puts PostgreSQL's changes of numbers together with the numbers, when
// there are many.
func (t *Tx) addUpCounts(ctx context.Context) error {
	_, err := t.exec(ctx, "add up the numbers of patients", `WITH changes AS (
			DELETE FROM patient_count_changes WHERE (SELECT count(*) FROM patient_count_changes) > 500 RETURNING *),
		sums AS (INSERT INTO patient_sums (study_id, status, cancelled, outcome, patients)
			SELECT study_id, status, cancelled, outcome, sum(patients) FROM changes
			GROUP BY 1, 2, 3, 4 HAVING sum(patients) <> 0 ORDER BY 1, 2, 3, 4
			ON CONFLICT (study_id, status, cancelled, outcome) DO UPDATE SET patients = patient_sums.patients + excluded.patients)
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
			SELECT l.patient_id, l.id, pa.study_id, m.state
			FROM (SELECT patient_id, max(id) AS id FROM messages GROUP BY patient_id) l
			JOIN messages m ON m.id = l.id JOIN patients pa ON pa.id = l.patient_id`,
		`UPDATE runs SET listed = cursor WHERE listed < cursor`,
		`INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients)
			SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0), count(*)
			FROM patients pa LEFT JOIN last_messages l ON l.patient_id = pa.id GROUP BY 1, 2, 3, 4, 5`,
	}
	if t.kind == Postgres {
		statements = append([]string{`LOCK TABLE patients, runs, messages IN SHARE ROW EXCLUSIVE MODE`, `DELETE FROM patient_count_changes`}, statements...)
		statements = append(statements, `DELETE FROM patient_sums`, `INSERT INTO patient_sums (study_id, status, cancelled, outcome, patients)
			SELECT study_id, status, cancelled, outcome, sum(patients) FROM patient_counts GROUP BY 1, 2, 3, 4`)
	}
	for _, query := range statements {
		if _, err := t.exec(ctx, "count the patients anew", query); err != nil {
			return err
		}
	}
	return nil
}
