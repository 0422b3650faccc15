package store

import (
	"context"
	"database/sql"

	"studymail"
)

// PatientChange takes a patient from one status and cancelled to another.
type PatientChange struct {
	Patient     *studymail.Patient // as it stands
	ToStatus    studymail.Status
	ToCancelled studymail.Cancelled
	Detail      string // of the event: words and codes only
}

var setPatients = both{
	sqlite: `UPDATE patients SET status = j.value->>3, cancelled = j.value->>4, updated_at = $2
		FROM json_each($1) j WHERE patients.id = j.value->>0 AND patients.status = j.value->>1 AND patients.cancelled = j.value->>2
		RETURNING id`,
	postgres: `WITH given AS MATERIALIZED (SELECT (j->>0)::bigint AS id, (j->>1)::int AS status, (j->>2)::int AS cancelled, (j->>3)::int AS to_status, (j->>4)::int AS to_cancelled
			FROM json_array_elements($1::json) j),
		held AS MATERIALIZED (SELECT id FROM patients WHERE id = ANY (ARRAY (SELECT id FROM given)) ORDER BY id FOR NO KEY UPDATE)
		UPDATE patients SET status = g.to_status, cancelled = g.to_cancelled, updated_at = $2
		FROM given g JOIN held h ON h.id = g.id WHERE patients.id = g.id AND patients.status = g.status AND patients.cancelled = g.cancelled
		RETURNING patients.id`,
}

// SetPatients makes at most 1,000 changes, and writes an event for each that it
// made. Patients whom somebody else changed meanwhile stay as they are: it gives
// how many it did change.
func (t *Tx) SetPatients(ctx context.Context, actor, action string, all []PatientChange) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	rows := make([][5]int64, len(all))
	for i, c := range all {
		rows[i] = [5]int64{c.Patient.Key, int64(c.Patient.Status), int64(c.Patient.Cancelled), int64(c.ToStatus), int64(c.ToCancelled)}
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return 0, err
	}
	changed := map[int64]bool{}
	err = t.each(ctx, "set patients", t.pick(setPatients), []any{list, ms(t.now)}, func(r *sql.Rows) error {
		var k int64
		err := r.Scan(&k)
		changed[k] = true
		return err
	})
	if err != nil {
		return 0, err
	}
	events := make([]studymail.Event, 0, len(changed))
	for _, c := range all {
		if changed[c.Patient.Key] {
			events = append(events, studymail.Event{Actor: actor, Action: action, About: c.Patient.ID, Detail: c.Detail})
		}
	}
	return len(changed), t.AddEvents(ctx, events)
}

var addEvents = both{
	sqlite: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
		SELECT unhex(j.value->>0), $2, j.value->>1, j.value->>2, unhex(nullif(j.value->>3, '')), j.value->>4, $3 FROM json_each($1) j`,
	postgres: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
		SELECT decode(j->>0, 'hex'), $2::bigint, j->>1, j->>2, decode(nullif(j->>3, ''), 'hex'), j->>4, $3::text
		FROM json_array_elements($1::json) WITH ORDINALITY AS l (j, n) ORDER BY n`,
}

// AddEvents appends many lines to the audit trail at once, at most 1,000.
func (t *Tx) AddEvents(ctx context.Context, all []studymail.Event) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([][5]string, len(all))
	for i, e := range all {
		id, about := studymail.NewID(), ""
		if !e.About.IsZero() {
			about = hexOf(e.About[:])
		}
		rows[i] = [5]string{hexOf(id[:]), e.Actor, e.Action, about, e.Detail}
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "write events", t.pick(addEvents), list, ms(t.now), studymail.Origin(ctx))
	return err
}
