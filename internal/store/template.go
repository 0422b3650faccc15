package store

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"

	"studymail"
)

const (
	templateQuery = `SELECT t.id, t.uuid, t.name, (SELECT max(v.number) FROM template_versions v WHERE v.template_id = t.id),
		t.kind, t.archived, t.created_at, t.updated_at FROM templates t`
	versionQuery = `SELECT id, uuid, template_id, number, format, subject, body, created_at FROM template_versions`
)

func scanTemplate(row interface{ Scan(...any) error }, m *studymail.Template) error {
	return row.Scan(&m.Key, &m.ID, &m.Name, &m.Versions, &m.Kind, &m.Archived, at{&m.CreatedAt}, at{&m.UpdatedAt})
}

func scanVersion(row interface{ Scan(...any) error }, v *studymail.TemplateVersion) error {
	return row.Scan(&v.Key, &v.ID, &v.Template, &v.Number, &v.Format, &v.Subject, &v.Body, at{&v.CreatedAt})
}

// AddTemplate adds a template with its version 1 and sets IDs, keys and times; an
// invitation, where it has no kind.
func (t *Tx) AddTemplate(ctx context.Context, m *studymail.Template, v *studymail.TemplateVersion) error {
	m.ID, m.CreatedAt, m.UpdatedAt, m.Kind = studymail.NewID(), t.now, t.now, cmp.Or(m.Kind, studymail.Invitation)
	k, err := t.insert(ctx, "add template "+m.ID.String(),
		`INSERT INTO templates (uuid, name, kind, archived, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		m.ID, m.Name, string(m.Kind), flag(m.Archived), ms(m.CreatedAt), ms(m.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a template named %q already; `studymail template edit` makes a new version of it", m.Name)
	}
	if err != nil {
		return err
	}
	m.Key, m.Versions = k, 0
	return t.AddTemplateVersion(ctx, m, v)
}

// AddTemplateVersion adds the version after m.Versions, the newest that the
// editor has seen, and moves m on. It fails with Conflict when someone else
// was quicker: versions are numbered once.
func (t *Tx) AddTemplateVersion(ctx context.Context, m *studymail.Template, v *studymail.TemplateVersion) error {
	v.ID, v.Template, v.Number, v.CreatedAt = studymail.NewID(), m.Key, m.Versions+1, t.now
	k, err := t.insert(ctx, "add a version of template "+m.ID.String(),
		`INSERT INTO template_versions (uuid, template_id, number, format, subject, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		v.ID, v.Template, v.Number, v.Format, v.Subject, v.Body, ms(v.CreatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "someone else saved a version of template %q after version %d meanwhile; look at it with `studymail template show`, then repeat your edit", m.Name, m.Versions)
	}
	if err != nil {
		return err
	}
	v.Key = k
	m.Versions = v.Number
	return nil
}

// UpdateTemplate stores a template's name, kind and whether it is archived. It
// fails with Conflict when someone else changed them since m was read, or has the
// new name.
func (t *Tx) UpdateTemplate(ctx context.Context, m *studymail.Template) error {
	updated := t.later(m.UpdatedAt)
	n, err := t.exec(ctx, "edit template "+m.ID.String(),
		`UPDATE templates SET name = $1, kind = $2, archived = $3, updated_at = $4 WHERE id = $5 AND updated_at = $6`,
		m.Name, string(m.Kind), flag(m.Archived), ms(updated), m.Key, ms(m.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a template named %q already; choose another name", m.Name)
	}
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.TemplateByID(ctx, m.ID); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed template %s meanwhile; look at it again, then repeat your edit", m.ID)
	}
	m.UpdatedAt = updated
	return nil
}

// TemplateByID finds a template.
func (t *Tx) TemplateByID(ctx context.Context, id studymail.ID) (studymail.Template, error) {
	var m studymail.Template
	row := t.row(ctx, templateQuery+` WHERE t.uuid = $1`, id)
	return m, t.found("find template "+id.String(), scanTemplate(row, &m),
		"no template %s; `studymail template list` shows them", id)
}

// TemplateByName finds a template by its exact name.
func (t *Tx) TemplateByName(ctx context.Context, name string) (studymail.Template, error) {
	var m studymail.Template
	row := t.tx.QueryRowContext(ctx, templateQuery+` WHERE t.name = $1`, name)
	return m, t.found("find a template by name", scanTemplate(row, &m),
		"no template of that name; `studymail template list` shows them")
}

// Templates lists all templates by name.
func (t *Tx) Templates(ctx context.Context) ([]studymail.Template, error) {
	all := []studymail.Template{}
	err := t.each(ctx, "list templates", templateQuery+` ORDER BY t.name, t.id`, nil, func(rows *sql.Rows) error {
		var m studymail.Template
		err := scanTemplate(rows, &m)
		all = append(all, m)
		return err
	})
	return all, err
}

// TemplateVersion finds one version of a template.
func (t *Tx) TemplateVersion(ctx context.Context, template int64, number int) (studymail.TemplateVersion, error) {
	var v studymail.TemplateVersion
	row := t.tx.QueryRowContext(ctx, versionQuery+` WHERE template_id = $1 AND number = $2`, template, number)
	return v, t.found("find version "+strconv.Itoa(number)+" of a template", scanVersion(row, &v),
		"the template has no version %d; `studymail template list` shows how many there are", number)
}

// TemplateVersionByKey finds a version by its row key.
func (t *Tx) TemplateVersionByKey(ctx context.Context, k int64) (studymail.TemplateVersion, error) {
	var v studymail.TemplateVersion
	row := t.tx.QueryRowContext(ctx, versionQuery+` WHERE id = $1`, k)
	return v, t.found("find template version number "+strconv.FormatInt(k, 10), scanVersion(row, &v),
		"no such version of a template")
}

// TemplateVersions lists the versions of a template, the newest first.
func (t *Tx) TemplateVersions(ctx context.Context, template int64) ([]studymail.TemplateVersion, error) {
	all := []studymail.TemplateVersion{}
	err := t.each(ctx, "list the versions of a template", versionQuery+` WHERE template_id = $1 ORDER BY number DESC`, []any{template},
		func(rows *sql.Rows) error {
			var v studymail.TemplateVersion
			err := scanVersion(rows, &v)
			all = append(all, v)
			return err
		})
	return all, err
}
