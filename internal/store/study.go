package store

import (
	"context"
	"database/sql"
	"strconv"

	"studymail"
)

const studyColumns = `id, uuid, name, approval_reference, from_name, opens_on, closes_on, active, allow_shared_address,
	send_hours, send_zone, closed_on, created_at, updated_at`

func scanStudy(row interface{ Scan(...any) error }, s *studymail.Study) error {
	return row.Scan(&s.Key, &s.ID, &s.Name, &s.ApprovalReference, &s.FromName, &s.OpensOn, &s.ClosesOn,
		&s.Active, &s.AllowSharedAddress, &s.Hours, &s.Zone, &s.ClosedOn, at{&s.CreatedAt}, at{&s.UpdatedAt})
}

// AddStudy adds a study and sets its ID, Key and times.
func (t *Tx) AddStudy(ctx context.Context, s *studymail.Study) error {
	from, until, err := interval(&s.SendHours, t.now)
	if err != nil {
		return err
	}
	s.ID, s.CreatedAt, s.UpdatedAt = studymail.NewID(), t.now, t.now
	k, err := t.insert(ctx, "add study "+s.ID.String(),
		`INSERT INTO studies (uuid, name, approval_reference, from_name, opens_on, closes_on, active, allow_shared_address,
			send_hours, send_zone, closed_on, open_from, open_until, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
		s.ID, s.Name, s.ApprovalReference, s.FromName, string(s.OpensOn), string(s.ClosesOn), flag(s.Active), flag(s.AllowSharedAddress),
		s.Hours, s.Zone, s.ClosedOn, from, until, ms(s.CreatedAt), ms(s.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a study named %q already; `studymail study edit` changes it", s.Name)
	}
	s.Key = k
	return err
}

// UpdateStudy stores an edited study, its name too. It fails with Conflict
// when someone else changed it since s was read, or has the new name.
func (t *Tx) UpdateStudy(ctx context.Context, s *studymail.Study) error {
	from, until, err := interval(&s.SendHours, t.now)
	if err != nil {
		return err
	}
	updated := t.later(s.UpdatedAt)
	n, err := t.exec(ctx, "edit study "+s.ID.String(),
		`UPDATE studies SET name = $1, approval_reference = $2, from_name = $3, opens_on = $4, closes_on = $5, active = $6,
			allow_shared_address = $7, updated_at = $8, send_hours = $11, send_zone = $12, closed_on = $13, open_from = $14, open_until = $15,
			recall_at = CASE WHEN send_hours = $11 AND send_zone = $12 AND closed_on = $13 THEN recall_at ELSE $16 END
		WHERE id = $9 AND updated_at = $10`,
		s.Name, s.ApprovalReference, s.FromName, string(s.OpensOn), string(s.ClosesOn), flag(s.Active), flag(s.AllowSharedAddress),
		ms(updated), s.Key, ms(s.UpdatedAt), s.Hours, s.Zone, s.ClosedOn, from, until, ms(t.now))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a study named %q already; choose another name", s.Name)
	}
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.StudyByKey(ctx, s.Key); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed study %s meanwhile; look at it again with `studymail study show`, then repeat your edit", s.ID)
	}
	s.UpdatedAt = updated
	return nil
}

// StudyByName finds a study by its exact name.
func (t *Tx) StudyByName(ctx context.Context, name string) (studymail.Study, error) {
	var s studymail.Study
	row := t.tx.QueryRowContext(ctx, `SELECT `+studyColumns+` FROM studies WHERE name = $1`, name)
	return s, t.found("find a study by name", scanStudy(row, &s),
		"no study of that name; `studymail study list` shows them")
}

// StudyByKey finds a study by its row key.
func (t *Tx) StudyByKey(ctx context.Context, k int64) (studymail.Study, error) {
	var s studymail.Study
	row := t.tx.QueryRowContext(ctx, `SELECT `+studyColumns+` FROM studies WHERE id = $1`, k)
	return s, t.found("find study number "+strconv.FormatInt(k, 10), scanStudy(row, &s),
		"no such study; `studymail study list` shows them")
}

// StudyByID finds a study.
func (t *Tx) StudyByID(ctx context.Context, id studymail.ID) (studymail.Study, error) {
	var s studymail.Study
	row := t.row(ctx, `SELECT `+studyColumns+` FROM studies WHERE uuid = $1`, id)
	return s, t.found("find study "+id.String(), scanStudy(row, &s), "no study %s; `studymail study list` shows them", id)
}

// Studies lists all studies by name.
func (t *Tx) Studies(ctx context.Context) ([]studymail.Study, error) {
	all := []studymail.Study{}
	err := t.each(ctx, "list studies", `SELECT `+studyColumns+` FROM studies ORDER BY name, id`, nil, func(rows *sql.Rows) error {
		var s studymail.Study
		err := scanStudy(rows, &s)
		all = append(all, s)
		return err
	})
	return all, err
}
