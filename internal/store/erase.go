package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"studymail"
)

// Erasure is what an erasure would take away, for who is to say yes to it.
type Erasure struct {
	Person   studymail.Person
	Patients []PatientRow
	Messages int // to all of them
	Waiting  int // of them, which would be skipped
	Imports  int // files that wait to be imported, and are not looked through
}

// PrepareErasure counts it.
func (t *Tx) PrepareErasure(ctx context.Context, id studymail.ID) (e Erasure, err error) {
	if e.Person, err = t.PersonByID(ctx, id); err != nil {
		return e, err
	}
	if e.Patients, err = t.PatientsOfPerson(ctx, e.Person.Key); err != nil {
		return e, err
	}
	if _, err = t.one(ctx, "count a person's messages", `SELECT count(*), coalesce(sum(CASE WHEN m.state IN (10, 30) THEN 1 ELSE 0 END), 0)
		FROM patients pa JOIN messages m ON m.patient_id = pa.id WHERE pa.person_id = $1`, []any{e.Person.Key}, &e.Messages, &e.Waiting); err != nil {
		return e, err
	}
	_, err = t.one(ctx, "count files that wait", `SELECT count(*) FROM imports WHERE state IN (5, 10, 20, 30, 40, 60)`, nil, &e.Imports)
	return e, err
}

// Erased is what an erasure did.
type Erased struct {
	Person   studymail.ID `json:"person"`
	Already  bool         `json:"already_erased"` // before: nothing was changed
	Patients int          `json:"patients"`       // participations, which stay as numbers
	Messages int          `json:"messages"`       // likewise
	Skipped  int          `json:"skipped"`        // of them, which waited
	Replies  int          `json:"replies"`        // of mail servers, which were forgotten
	Feedback int          `json:"feedback"`       // of which words and mails were forgotten
}

// detail is what the event says.
func (e *Erased) detail(why string) string {
	return fmt.Sprintf("%s; patients=%d messages=%d skipped=%d", why, e.Patients, e.Messages, e.Skipped)
}

// ErasePerson takes away all that tells who a person is: the data key, with it
// whatever it sealed, the sealed values themselves, the hashes by which the person
// is found, and what others said about their letters. Patients and messages stay as
// numbers, what waits is skipped, suppressions stay. why is a code. Who was erased
// before stays so: Already is true then.
//
// What older hand-over windows still hold is left to FinishErasures: it cannot be
// opened, and to look for it takes a while.
func (t *Tx) ErasePerson(ctx context.Context, id studymail.ID, actor, why string) (Erased, error) {
	e := Erased{Person: id}
	what := "erase person " + id.String()
	p, err := t.PersonByID(ctx, id)
	if err != nil {
		return e, err
	}
	n, err := t.exec(ctx, what, `UPDATE people SET wrapped_key = NULL, details = NULL, username_hash = NULL, email_hash = NULL, details_hash = NULL,
			missing = 0, revision = revision + 1, updated_at = $1, erased_at = $1
		WHERE id = $2 AND erased_at IS NULL`, ms(t.now), p.Key)
	if err != nil {
		return e, err
	}
	if e.Already = n == 0; e.Already {
		return e, t.noteErasure(ctx, id)
	}
	patients, err := t.patientsErased(ctx, what, p.Key)
	if err != nil {
		return e, err
	}
	e.Patients = len(patients)
	keys, windows, err := t.messagesOfPerson(ctx, p.Key)
	if err != nil {
		return e, err
	}
	e.Messages = len(keys)
	for _, pa := range patients {
		skipped, err := t.skipWaiting(ctx, pa.key, studymail.ReasonErased)
		if err != nil {
			return e, err
		}
		e.Skipped += skipped
	}
	if err := t.forgetSaid(ctx, what, keys, &e); err != nil {
		return e, err
	}
	if err := t.dropMerged(ctx, windows, keys); err != nil {
		return e, err
	}
	if err := t.noteErasure(ctx, id); err != nil {
		return e, err
	}
	events := []studymail.Event{{Actor: actor, Action: "person erased", About: id, Detail: e.detail(why)}}
	for _, pa := range patients {
		events = append(events, studymail.Event{Actor: actor, Action: "person erased", About: pa.id, Detail: why})
	}
	return e, t.AddEvents(ctx, events)
}

func (t *Tx) patientsErased(ctx context.Context, what string, person int64) (all []standingPatient, err error) {
	err = t.each(ctx, what, `UPDATE patients SET external_id = NULL, updated_at = $1 WHERE person_id = $2 RETURNING id, uuid`,
		[]any{ms(t.now), person}, func(rows *sql.Rows) error {
			var p standingPatient
			err := rows.Scan(&p.key, &p.id)
			all = append(all, p)
			return err
		})
	return all, err
}

// messagesOfPerson gives the row keys of a person's messages, and the windows in which
// what was merged into them is known to be kept.
func (t *Tx) messagesOfPerson(ctx context.Context, person int64) (keys, windows []int64, err error) {
	err = t.each(ctx, "find a person's messages", `SELECT m.id, m.merged_id FROM patients pa JOIN messages m ON m.patient_id = pa.id WHERE pa.person_id = $1`,
		[]any{person}, func(rows *sql.Rows) error {
			var key, window int64
			err := rows.Scan(&key, nullKey{&window})
			keys = append(keys, key)
			if window != 0 {
				windows = append(windows, window)
			}
			return err
		})
	if err != nil || len(keys) == 0 {
		return keys, windows, err
	}
	err = t.each(ctx, "find a person's open windows", t.pick(windowsOf), []any{keysJSON(keys)}, func(rows *sql.Rows) error {
		var window int64
		err := rows.Scan(&window)
		windows = append(windows, window)
		return err
	})
	return keys, windows, err
}

var windowsOf = both{
	sqlite: `SELECT DISTINCT w.id FROM windows w, json_each(w.members) j WHERE j.value IN (SELECT value FROM json_each($1))`,
	postgres: `SELECT DISTINCT w.id FROM windows w CROSS JOIN LATERAL json_array_elements_text(w.members::json) j
		WHERE j::bigint = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
}

var (
	forgetReplies = both{
		sqlite:   `UPDATE attempts SET reply = '' WHERE reply <> '' AND message_id IN (SELECT value FROM json_each($1))`,
		postgres: `UPDATE attempts SET reply = '' WHERE reply <> '' AND message_id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
	}
	forgetFeedback = both{
		sqlite: `UPDATE feedback SET diagnostic = '', kept = NULL WHERE message_id IN (SELECT value FROM json_each($1)) AND message_id IS NOT NULL`,
		postgres: `UPDATE feedback SET diagnostic = '', kept = NULL
			WHERE message_id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) AND message_id IS NOT NULL`,
	}
)

// forgetSaid forgets what servers said about messages, and mails that came back.
func (t *Tx) forgetSaid(ctx context.Context, what string, keys []int64, e *Erased) error {
	replies, err := t.exec(ctx, what, t.pick(forgetReplies), keysJSON(keys))
	if err != nil {
		return err
	}
	feedback, err := t.exec(ctx, what, t.pick(forgetFeedback), keysJSON(keys))
	e.Replies, e.Feedback = int(replies), int(feedback)
	return err
}

var mergedForUpdate = both{
	sqlite:   `SELECT packed FROM merged WHERE id = $1`,
	postgres: `SELECT packed FROM merged WHERE id = $1 FOR UPDATE`,
}

// dropMerged takes the parts of messages out of windows' rows.
func (t *Tx) dropMerged(ctx context.Context, windows, keys []int64) error {
	const what = "take away what was merged"
	of := make(map[int64]bool, len(keys))
	for _, k := range keys {
		of[k] = true
	}
	for _, w := range windows {
		var packed []byte
		found, err := t.one(ctx, what, t.pick(mergedForUpdate), []any{w}, &packed)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		rest, n, err := without(packed, of)
		if err != nil {
			return fmt.Errorf("%s: window %d: %w", what, w, err)
		}
		if n == 0 {
			continue
		}
		query, args := `UPDATE merged SET packed = $2 WHERE id = $1`, []any{w, rest}
		if len(rest) == 0 {
			query, args = `DELETE FROM merged WHERE id = $1`, []any{w}
		}
		if _, err := t.exec(ctx, what, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// noteErasure notes for all machines that a person was erased.
func (t *Tx) noteErasure(ctx context.Context, id studymail.ID) error {
	_, err := t.exec(ctx, "note the erasure of person "+id.String(), `INSERT INTO erasures (person, at) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING`, id, ms(t.now))
	return err
}

// EraseAgain erases whom a log says to have been erased and whom this database does
// not know as that: it was restored from an older copy. Who is not in it at all is
// only noted. done tells that there was something to erase.
func (t *Tx) EraseAgain(ctx context.Context, id studymail.ID) (done bool, err error) {
	e, err := t.ErasePerson(ctx, id, "erasure log", "the database was restored")
	if studymail.CodeOf(err) == studymail.NotFound {
		return false, t.noteErasure(ctx, id)
	}
	return err == nil && !e.Already, err
}

// Erasures lists who was erased behind a row key, in order, at most limit, and gives
// the last one's row key.
func (t *Tx) Erasures(ctx context.Context, after int64, limit int) (all []studymail.ID, last int64, err error) {
	last = after
	err = t.each(ctx, "list erasures", `SELECT id, person FROM erasures WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, limit}, func(rows *sql.Rows) error {
		var id studymail.ID
		err := rows.Scan(&last, &id)
		all = append(all, id)
		return err
	})
	return all, last, err
}

var unknownErasures = both{
	sqlite: `SELECT unhex(j.value) FROM json_each($1) j WHERE NOT EXISTS (SELECT 1 FROM erasures e WHERE e.person = unhex(j.value)) ORDER BY j.key`,
	postgres: `SELECT decode(j, 'hex') FROM json_array_elements_text($1::json) WITH ORDINALITY AS l (j, n)
		WHERE NOT EXISTS (SELECT 1 FROM erasures e WHERE e.person = decode(j, 'hex')) ORDER BY n`,
}

// UnknownErasures gives those of a log whom the database does not know as erased.
func (t *Tx) UnknownErasures(ctx context.Context, log []studymail.ID) (all []studymail.ID, err error) {
	texts := make([]string, len(log))
	for i, id := range log {
		texts[i] = hexOf(id[:])
	}
	list, err := rowsJSON(texts)
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, "compare the erasure log", t.pick(unknownErasures), []any{list}, func(rows *sql.Rows) error {
		var id studymail.ID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// How much of what was merged is looked through at once, and for how many messages.
const (
	sweepRows = 1000
	sweepKeys = 40
)

// FinishErasures takes away what older windows still hold of people who were erased,
// and what SQLite's log of changes does. It gives for how many people it was done;
// those that it did not come to, because somebody was reading, are left for the next
// call.
func (s *Store) FinishErasures(ctx context.Context) (int, error) {
	var (
		people []int64 // row keys of erasures
		keys   []int64
	)
	err := s.Read(ctx, func(tx *Tx) error {
		people, keys = nil, nil
		return tx.each(ctx, "list erasures to finish", `SELECT e.id, m.id FROM erasures e LEFT JOIN people pe ON pe.uuid = e.person
			LEFT JOIN patients pa ON pa.person_id = pe.id LEFT JOIN messages m ON m.patient_id = pa.id WHERE e.swept_at IS NULL ORDER BY e.id`, nil,
			func(rows *sql.Rows) error {
				var erasure, key int64
				if err := rows.Scan(&erasure, nullKey{&key}); err != nil {
					return err
				}
				if len(people) == 0 || people[len(people)-1] != erasure {
					people = append(people, erasure)
				}
				if key != 0 {
					keys = append(keys, key)
				}
				return nil
			})
	})
	if err != nil || len(people) == 0 {
		return 0, err
	}
	for from := 0; from < len(keys); from += sweepKeys {
		if err := s.sweepMerged(ctx, keys[from:min(from+sweepKeys, len(keys))]); err != nil {
			return 0, err
		}
	}
	if done, err := s.Checkpoint(ctx); err != nil || !done {
		return 0, err
	}
	return len(people), s.Write(ctx, func(tx *Tx) error {
		for _, k := range people {
			if _, err := tx.exec(ctx, "finish an erasure", `UPDATE erasures SET swept_at = $1 WHERE id = $2 AND swept_at IS NULL`, ms(tx.now), k); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepMerged looks through all that was merged for parts of some messages.
func (s *Store) sweepMerged(ctx context.Context, keys []int64) error {
	look := "instr(packed, $%d) > 0"
	if s.kind == Postgres {
		look = "position($%d::bytea in packed) > 0"
	}
	var (
		args = []any{nil, sweepRows}
		has  []string
	)
	for _, k := range keys {
		args = append(args, binary.BigEndian.AppendUint64(nil, uint64(k))) //nolint:gosec // row keys are above 0
		has = append(has, strings.ReplaceAll(look, "%d", strconv.Itoa(len(args))))
	}
	query := `SELECT id, CASE WHEN ` + strings.Join(has, " OR ") + ` THEN 1 ELSE 0 END FROM (SELECT id, packed FROM merged WHERE id > $1 ORDER BY id LIMIT $2) m`
	after := int64(-1 << 62)
	for {
		var (
			found []int64
			rows  int
		)
		args[0] = after
		err := s.Read(ctx, func(tx *Tx) error {
			found, rows = nil, 0
			return tx.each(ctx, "look for what was merged", query, args, func(r *sql.Rows) error {
				var hit bool
				rows++
				if err := r.Scan(&after, &hit); err != nil {
					return err
				}
				if hit {
					found = append(found, after)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			if err := s.Write(ctx, func(tx *Tx) error { return tx.dropMerged(ctx, found, keys) }); err != nil {
				return err
			}
		}
		if rows < sweepRows {
			return nil
		}
	}
}
