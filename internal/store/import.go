package store

import (
	"context"
	"database/sql"
	"encoding/hex"

	"studymail"
)

// ImportPerson is a person whom an import found, and the patient that this
// person is in the study: Patient.ID is zero for one who is not in it. Of the
// person, all but the sealed details and the times is read; of the patient all
// but the times.
type ImportPerson struct {
	Person  studymail.Person
	Patient studymail.Patient
}

// ImportChunk is what an import writes in one transaction: at most 1,000 rows
// of each kind, read and sealed outside of the transaction. Each row says what
// it expects to find, so that a chunk which somebody was quicker than fails
// with Conflict and leaves nothing.
type ImportChunk struct {
	Study     studymail.Study
	Providers []studymail.Provider // new
	People    []studymail.Person   // new: ID, Wrapped, Sealed, Hashes, Missing
	// Changed people get new details: ID, Sealed, Hashes, Missing, and the
	// Revision that must still be there.
	Changed []studymail.Person
	// Patients are new: ID, PersonID (an old person or one of this chunk),
	// Provider, Status, Cancelled, SealedExternal.
	Patients    []studymail.Patient
	ExternalIDs []studymail.Patient // get the SealedExternal that they lack: ID, SealedExternal
	Recontact   []studymail.ID      // patients that must still be Not contactable and stop being it
	Actor       string              // of the event
	Action      string              // of the event about the study; "" for no event
	Detail      string              // of the event: counts only
}

// ImportProviders gives all care providers.
func (s *Store) ImportProviders(ctx context.Context) (all []studymail.Provider, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		all, err = t.Providers(ctx)
		return err
	})
	return all, err
}

var importPeople = both{
	sqlite: `SELECT pe.id, pe.uuid, pe.wrapped_key, pe.username_hash, pe.email_hash, pe.details_hash, pe.missing, pe.revision,
			pa.id, pa.uuid, pa.provider_id, pa.status, pa.cancelled, pa.external_id
		FROM json_each($2) j JOIN people pe ON pe.username_hash = unhex(j.value)
		LEFT JOIN patients pa ON pa.person_id = pe.id AND pa.study_id = $1`,
	postgres: `SELECT pe.id, pe.uuid, pe.wrapped_key, pe.username_hash, pe.email_hash, pe.details_hash, pe.missing, pe.revision,
			pa.id, pa.uuid, pa.provider_id, pa.status, pa.cancelled, pa.external_id
		FROM json_array_elements_text($2::json) j JOIN people pe ON pe.username_hash = decode(j, 'hex')
		LEFT JOIN patients pa ON pa.person_id = pe.id AND pa.study_id = $1`,
}

// ImportPeople gives the people who have one of the username hashes, in any
// order; hashes of nobody are left out.
func (s *Store) ImportPeople(ctx context.Context, study int64, usernames [][]byte) ([]ImportPerson, error) {
	list, err := hashesJSON(usernames)
	if err != nil {
		return nil, err
	}
	var all []ImportPerson
	err = s.Read(ctx, func(t *Tx) error {
		if err := t.planAnew(ctx); err != nil {
			return err
		}
		return t.each(ctx, "find the people of an import", t.pick(importPeople), []any{study, list}, func(rows *sql.Rows) error {
			var (
				p                 ImportPerson
				status, cancelled int64
			)
			err := rows.Scan(&p.Person.Key, &p.Person.ID, &p.Person.Wrapped,
				&p.Person.Hashes.Username, &p.Person.Hashes.Email, &p.Person.Hashes.Details, &p.Person.Missing, &p.Person.Revision,
				nullKey{&p.Patient.Key}, &p.Patient.ID, nullKey{&p.Patient.Provider}, nullKey{&status}, nullKey{&cancelled}, &p.Patient.SealedExternal)
			if p.Patient.Key != 0 {
				p.Patient.Person, p.Patient.PersonID, p.Patient.Study = p.Person.Key, p.Person.ID, study
				p.Patient.Status, p.Patient.Cancelled = studymail.Status(status), studymail.Cancelled(cancelled)
			}
			all = append(all, p)
			return err
		})
	})
	return all, err
}

var importHolders = both{
	sqlite: `SELECT pe.email_hash, min(pe.id), max(pe.id) FROM json_each($1) j JOIN people pe ON pe.email_hash = unhex(j.value)
		GROUP BY pe.email_hash`,
	// LATERAL and "+ 0" keep PostgreSQL at the index on email_hash: without
	// statistics, as in the middle of a first import, it reads the whole table
	// for a join, and the primary key in order for a bare min.
	postgres: `SELECT decode(j, 'hex'), pe.lo, pe.hi FROM json_array_elements_text($1::json) j
		CROSS JOIN LATERAL (SELECT min(id + 0) AS lo, max(id + 0) AS hi FROM people WHERE email_hash = decode(j, 'hex')) pe
		WHERE pe.lo IS NOT NULL`,
}

// ImportHolders tells who has the addresses of the hashes: for each that
// somebody has, the lowest and the highest row key of such people. Both are the
// same where it is one person only.
func (s *Store) ImportHolders(ctx context.Context, emails [][]byte) (map[string][2]int64, error) {
	list, err := hashesJSON(emails)
	if err != nil {
		return nil, err
	}
	holders := map[string][2]int64{}
	err = s.Read(ctx, func(t *Tx) error {
		if err := t.planAnew(ctx); err != nil {
			return err
		}
		return t.each(ctx, "find the holders of addresses", t.pick(importHolders), []any{list}, func(rows *sql.Rows) error {
			var (
				hash   []byte
				lo, hi int64
			)
			err := rows.Scan(&hash, &lo, &hi)
			holders[string(hash)] = [2]int64{lo, hi}
			return err
		})
	})
	return holders, err
}

func hashesJSON(hashes [][]byte) (string, error) {
	texts := make([]string, len(hashes))
	for i, h := range hashes {
		texts[i] = hex.EncodeToString(h)
	}
	return rowsJSON(texts)
}

// WriteImport writes a chunk in one transaction, or nothing of it. Conflict
// means that the database is not as the chunk expects it any more: look people
// up again and make the chunk anew.
func (s *Store) WriteImport(ctx context.Context, c *ImportChunk) error {
	return s.Write(ctx, func(t *Tx) error {
		if err := t.planAnew(ctx); err != nil {
			return err
		}
		for _, p := range c.Providers {
			if err := t.AddProvider(ctx, &p); err != nil {
				return err
			}
		}
		for _, step := range []func(context.Context, *ImportChunk) error{
			t.addImportPeople, t.changeImportPeople, t.addImportPatients, t.addExternalIDs, t.recontact,
		} {
			if err := step(ctx, c); err != nil {
				return err
			}
		}
		for _, people := range [][]studymail.Person{c.People, c.Changed} {
			if err := t.suppressUnderNewest(ctx, people...); err != nil {
				return err
			}
		}
		if c.Action == "" {
			return nil
		}
		return t.AddEvent(ctx, c.Actor, c.Action, c.Study.ID, c.Detail)
	})
}

// planAnew keeps PostgreSQL from using the plan that it made for a statement
// when the tables were empty: an import is what fills them, and a plan that
// reads a table of nothing whole is kept until the next ANALYZE (100,000 rows
// looked up again took 69 s with it, 6 s without).
func (t *Tx) planAnew(ctx context.Context) error {
	if t.kind != Postgres {
		return nil
	}
	_, err := t.exec(ctx, "have statements planned anew", `SET LOCAL plan_cache_mode = force_custom_plan`)
	return err
}

// execRows writes rows with one statement, which must touch each of them once.
func (t *Tx) execRows(ctx context.Context, what string, query both, rows [][]any, args ...any) error {
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, what, t.pick(query), append([]any{list}, args...)...)
	if err != nil {
		return err
	}
	if n != int64(len(rows)) {
		return studymail.Errorf(studymail.Conflict, "%s: somebody else changed %d of %d rows meanwhile; nothing was changed, import again", what, int64(len(rows))-n, len(rows))
	}
	return nil
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Rows are in the order of their UUIDs, which is that of the file: the last
// part of the index on uuid is written, nothing in the middle.
var addPeople = both{
	sqlite: `INSERT INTO people (uuid, wrapped_key, details, username_hash, email_hash, details_hash, missing, created_at, updated_at)
		SELECT unhex(j.value->>0), unhex(j.value->>1), unhex(j.value->>2), unhex(j.value->>3), unhex(nullif(j.value->>4, '')), unhex(j.value->>5), j.value->>6, $2, $2
		FROM json_each($1) j WHERE true`,
	postgres: `INSERT INTO people (uuid, wrapped_key, details, username_hash, email_hash, details_hash, missing, created_at, updated_at)
		SELECT decode(j->>0, 'hex'), decode(j->>1, 'hex'), decode(j->>2, 'hex'), decode(j->>3, 'hex'), decode(nullif(j->>4, ''), 'hex'), decode(j->>5, 'hex'), (j->>6)::int, $2::bigint, $2::bigint
		FROM json_array_elements($1::json) j`,
}

func (t *Tx) addImportPeople(ctx context.Context, c *ImportChunk) error {
	rows := make([][]any, len(c.People))
	for i, p := range c.People {
		rows[i] = []any{hexOf(p.ID[:]), hexOf(p.Wrapped), hexOf(p.Sealed), hexOf(p.Hashes.Username), hexOf(p.Hashes.Email), hexOf(p.Hashes.Details), p.Missing}
	}
	return t.execRows(ctx, "add the people of an import", addPeople, rows, ms(t.now))
}

var changePeople = both{
	sqlite: `UPDATE people SET details = unhex(j.value->>2), username_hash = unhex(j.value->>3), email_hash = unhex(nullif(j.value->>4, '')),
			details_hash = unhex(j.value->>5), missing = j.value->>6, revision = revision + 1, updated_at = $2
		FROM json_each($1) j WHERE people.uuid = unhex(j.value->>0) AND people.revision = j.value->>1 AND people.erased_at IS NULL`,
	postgres: `UPDATE people SET details = decode(j->>2, 'hex'), username_hash = decode(j->>3, 'hex'), email_hash = decode(nullif(j->>4, ''), 'hex'),
			details_hash = decode(j->>5, 'hex'), missing = (j->>6)::int, revision = revision + 1, updated_at = $2::bigint
		FROM json_array_elements($1::json) j WHERE people.uuid = decode(j->>0, 'hex') AND people.revision = (j->>1)::bigint AND people.erased_at IS NULL`,
}

func (t *Tx) changeImportPeople(ctx context.Context, c *ImportChunk) error {
	rows := make([][]any, len(c.Changed))
	for i, p := range c.Changed {
		rows[i] = []any{hexOf(p.ID[:]), p.Revision, hexOf(p.Sealed), hexOf(p.Hashes.Username), hexOf(p.Hashes.Email), hexOf(p.Hashes.Details), p.Missing}
	}
	return t.execRows(ctx, "bring details up to date", changePeople, rows, ms(t.now))
}

// A person erased meanwhile is no one to add a patient to. Who opted out of all
// studies of the care provider before is Opted out (30) of this one.
var addPatients = both{
	sqlite: `INSERT INTO patients (uuid, person_id, study_id, provider_id, status, cancelled, external_id, created_at, updated_at)
		SELECT unhex(j.value->>0), pe.id, $3, j.value->>2, j.value->>3,
			CASE WHEN j.value->>4 = 0 AND EXISTS (SELECT 1 FROM opt_outs o WHERE o.person_id = pe.id AND o.provider_id IN (0, j.value->>2)) THEN 30 ELSE j.value->>4 END,
			unhex(nullif(j.value->>5, '')), $2, $2
		FROM json_each($1) j JOIN people pe ON pe.uuid = unhex(j.value->>1) AND pe.erased_at IS NULL ORDER BY j.key`,
	postgres: `INSERT INTO patients (uuid, person_id, study_id, provider_id, status, cancelled, external_id, created_at, updated_at)
		SELECT decode(j->>0, 'hex'), pe.id, $3::bigint, (j->>2)::bigint, (j->>3)::int,
			CASE WHEN (j->>4)::int = 0 AND EXISTS (SELECT 1 FROM opt_outs o WHERE o.person_id = pe.id AND o.provider_id IN (0, (j->>2)::bigint)) THEN 30 ELSE (j->>4)::int END,
			decode(nullif(j->>5, ''), 'hex'), $2::bigint, $2::bigint
		FROM json_array_elements($1::json) WITH ORDINALITY AS l (j, n) JOIN people pe ON pe.uuid = decode(j->>1, 'hex') AND pe.erased_at IS NULL ORDER BY n`,
}

func (t *Tx) addImportPatients(ctx context.Context, c *ImportChunk) error {
	rows := make([][]any, len(c.Patients))
	for i, p := range c.Patients {
		rows[i] = []any{hexOf(p.ID[:]), hexOf(p.PersonID[:]), p.Provider, int(p.Status), int(p.Cancelled), hexOf(p.SealedExternal)}
	}
	if err := t.execRows(ctx, "add the patients of an import", addPatients, rows, ms(t.now), c.Study.Key); err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "note what holds the patients of an import", t.pick(holdPatients), list)
	return err
}

// To undo an opt-out brings those back, too, who were added after it.
var holdPatients = both{
	sqlite: `INSERT INTO feedback_patients (feedback_id, patient_id, was, became)
		SELECT o.feedback_id, pa.id, 0, 30 FROM json_each($1) j
		JOIN patients pa ON pa.uuid = unhex(j.value->>0) AND pa.cancelled = 30
		JOIN opt_outs o ON o.person_id = pa.person_id AND o.provider_id IN (0, pa.provider_id)
		WHERE j.value->>4 = 0 ON CONFLICT (feedback_id, patient_id) DO NOTHING`,
	postgres: `INSERT INTO feedback_patients (feedback_id, patient_id, was, became)
		SELECT o.feedback_id, pa.id, 0, 30 FROM json_array_elements($1::json) j
		JOIN patients pa ON pa.uuid = decode(j->>0, 'hex') AND pa.cancelled = 30
		JOIN opt_outs o ON o.person_id = pa.person_id AND o.provider_id IN (0, pa.provider_id)
		WHERE (j->>4)::int = 0 ON CONFLICT (feedback_id, patient_id) DO NOTHING`,
}

var addExternalIDs = both{
	sqlite: `UPDATE patients SET external_id = unhex(j.value->>1), updated_at = $2
		FROM json_each($1) j WHERE patients.uuid = unhex(j.value->>0) AND patients.external_id IS NULL`,
	postgres: `UPDATE patients SET external_id = decode(j->>1, 'hex'), updated_at = $2::bigint
		FROM json_array_elements($1::json) j WHERE patients.uuid = decode(j->>0, 'hex') AND patients.external_id IS NULL`,
}

func (t *Tx) addExternalIDs(ctx context.Context, c *ImportChunk) error {
	rows := make([][]any, len(c.ExternalIDs))
	for i, p := range c.ExternalIDs {
		rows[i] = []any{hexOf(p.ID[:]), hexOf(p.SealedExternal)}
	}
	return t.execRows(ctx, "add external ids", addExternalIDs, rows, ms(t.now))
}

// Only 40, Not contactable: an import never undoes an opt-out.
var recontact = both{
	sqlite: `UPDATE patients SET cancelled = 0, updated_at = $2
		FROM json_each($1) j WHERE patients.uuid = unhex(j.value->>0) AND patients.cancelled = 40`,
	postgres: `UPDATE patients SET cancelled = 0, updated_at = $2::bigint
		FROM json_array_elements($1::json) j WHERE patients.uuid = decode(j->>0, 'hex') AND patients.cancelled = 40`,
}

func (t *Tx) recontact(ctx context.Context, c *ImportChunk) error {
	rows := make([][]any, len(c.Recontact))
	for i, id := range c.Recontact {
		rows[i] = []any{hexOf(id[:])}
	}
	return t.execRows(ctx, "set patients back who were Not contactable", recontact, rows, ms(t.now))
}
