package store

import (
	"context"
	"database/sql"
	"math"

	"studymail"
)

// AddSuppression puts an address, by hash, on the list of those that must not
// be mailed, and sets ID and time. An address that is on it stays as it is:
// added is false then.
func (t *Tx) AddSuppression(ctx context.Context, s *studymail.Suppression) (added bool, err error) {
	s.ID, s.CreatedAt = studymail.NewID(), t.now
	n, err := t.exec(ctx, "suppress an address",
		`INSERT INTO suppressions (uuid, email_hash, reason, source, created_at, feedback_id) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_hash) DO NOTHING`,
		s.ID, s.EmailHash, s.Reason, s.Source, ms(s.CreatedAt), key(s.Feedback))
	return n == 1, err
}

// Suppressed tells whether an address is on the list, by its hashes under
// every key (sealed.Sealer.Hashes): those of erased people cannot be made again.
func (t *Tx) Suppressed(ctx context.Context, hashes [][]byte) (bool, error) {
	for _, h := range hashes {
		var one int
		found, err := t.one(ctx, "look for a suppression", `SELECT 1 FROM suppressions WHERE email_hash = $1`, []any{h}, &one)
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

const suppressionColumns = `SELECT id, uuid, email_hash, reason, source, created_at, feedback_id FROM suppressions`

func scanSuppression(row interface{ Scan(...any) error }, s *studymail.Suppression) error {
	return row.Scan(&s.Key, &s.ID, &s.EmailHash, &s.Reason, &s.Source, at{&s.CreatedAt}, nullKey{&s.Feedback})
}

// Suppressions lists the newest first, at most limit; 0 is 1,000.
func (t *Tx) Suppressions(ctx context.Context, limit int) ([]studymail.Suppression, error) {
	return t.SuppressionPage(ctx, 0, limit)
}

// SuppressionPage lists the newest first, those that came before a row key (0: all),
// at most limit; 0 is 1,000.
func (t *Tx) SuppressionPage(ctx context.Context, before int64, limit int) ([]studymail.Suppression, error) {
	if limit == 0 {
		limit = 1000
	}
	if before == 0 {
		before = math.MaxInt64
	}
	all := []studymail.Suppression{}
	err := t.each(ctx, "list suppressions", suppressionColumns+` WHERE id < $1 ORDER BY id DESC LIMIT $2`, []any{before, limit},
		func(rows *sql.Rows) error {
			var s studymail.Suppression
			err := scanSuppression(rows, &s)
			all = append(all, s)
			return err
		})
	return all, err
}

// CountSuppressions counts them.
func (t *Tx) CountSuppressions(ctx context.Context) (n int, err error) {
	_, err = t.one(ctx, "count suppressions", `SELECT count(*) FROM suppressions`, nil, &n)
	return n, err
}

// SuppressionByID finds one.
func (t *Tx) SuppressionByID(ctx context.Context, id studymail.ID) (studymail.Suppression, error) {
	var s studymail.Suppression
	return s, t.found("find suppression "+id.String(), scanSuppression(t.row(ctx, suppressionColumns+` WHERE uuid = $1`, id), &s),
		"no suppression %s; `studymail suppression list` shows them", id)
}

// SuppressionsOf gives those of an address, by its hashes under every key.
func (t *Tx) SuppressionsOf(ctx context.Context, hashes [][]byte) (all []studymail.Suppression, err error) {
	for _, h := range hashes {
		err := t.each(ctx, "find the suppressions of an address", suppressionColumns+` WHERE email_hash = $1`, []any{h}, func(rows *sql.Rows) error {
			var s studymail.Suppression
			err := scanSuppression(rows, &s)
			all = append(all, s)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// RemoveSuppression takes an address off the list; the caller writes the event.
func (t *Tx) RemoveSuppression(ctx context.Context, s *studymail.Suppression) error {
	n, err := t.exec(ctx, "lift suppression "+s.ID.String(), `DELETE FROM suppressions WHERE id = $1 AND uuid = $2`, s.Key, s.ID)
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "suppression %s was lifted meanwhile", s.ID)
	}
	return err
}

// CameBackDead tells whether an address, by its hashes under every key, was suppressed by
// what came back for a letter to it: a dead address, or a complaint.
func (t *Tx) CameBackDead(ctx context.Context, hashes [][]byte) (bool, error) {
	for _, h := range hashes {
		var one int
		// What was undone moved email_at on; what came for an earlier address is no matter.
		found, err := t.one(ctx, "look for letters that came back", `SELECT 1 FROM people pe
			JOIN patients pa ON pa.person_id = pe.id JOIN messages m ON m.patient_id = pa.id JOIN feedback f ON f.message_id = m.id
			WHERE pe.email_hash = $1 AND f.kind IN ('hard', 'complaint') AND f.state IN (20, 40)
				AND (f.state = 40 OR m.sent_at >= coalesce(pe.email_at, 0)) LIMIT 1`, []any{h}, &one)
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// SuppressAddress puts an address on the list by its hashes under every key, the newest
// first: under the newest, and under each older one that somebody's address stands
// under. It gives what it added.
func (t *Tx) SuppressAddress(ctx context.Context, hashes [][]byte, reason, source string) (added []studymail.Suppression, err error) {
	for i, h := range hashes {
		if i > 0 {
			people, err := t.PeopleByEmail(ctx, [][]byte{h})
			if err != nil {
				return nil, err
			}
			if len(people) == 0 {
				continue
			}
		}
		s := studymail.Suppression{EmailHash: h, Reason: reason, Source: source}
		fresh, err := t.AddSuppression(ctx, &s)
		if err != nil {
			return nil, err
		}
		if fresh {
			added = append(added, s)
		}
	}
	return added, nil
}

var suppressedAmong = both{
	sqlite:   suppressionColumns + ` WHERE email_hash IN (SELECT unhex(value) FROM json_each($1))`,
	postgres: suppressionColumns + ` WHERE email_hash = ANY (ARRAY (SELECT decode(value, 'hex') FROM json_array_elements_text($1::json)))`,
}

// suppressUnderNewest has the addresses of people suppressed under the newest key who
// are so under an older one: the guard of the hand-over compares just the hash that a
// person has. With one key there is nothing to do.
func (t *Tx) suppressUnderNewest(ctx context.Context, people ...studymail.Person) error {
	newest := map[string][]byte{} // by the hash under an older key
	var older [][]byte
	for _, p := range people {
		for _, h := range p.Hashes.Older {
			newest[string(h)] = p.Hashes.Email
			older = append(older, h)
		}
	}
	if len(older) == 0 {
		return nil
	}
	list, err := hashesJSON(older)
	if err != nil {
		return err
	}
	var found []studymail.Suppression
	err = t.each(ctx, "look for suppressions under older keys", t.pick(suppressedAmong), []any{list}, func(rows *sql.Rows) error {
		var s studymail.Suppression
		err := scanSuppression(rows, &s)
		found = append(found, s)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		s.EmailHash = newest[string(s.EmailHash)]
		if _, err := t.AddSuppression(ctx, &s); err != nil {
			return err
		}
	}
	return nil
}

// PeopleAfter gives the people behind a row key who were not erased, in order: what
// their details are opened with, and the hash of their address.
func (t *Tx) PeopleAfter(ctx context.Context, after int64, limit int) ([]studymail.Person, error) {
	all := []studymail.Person{}
	err := t.each(ctx, "go through people", `SELECT `+personColumns+` FROM people WHERE id > $1 AND email_hash IS NOT NULL ORDER BY id LIMIT $2`,
		[]any{after, limit}, func(rows *sql.Rows) error {
			var p studymail.Person
			err := scanPerson(rows, &p)
			all = append(all, p)
			return err
		})
	return all, err
}
