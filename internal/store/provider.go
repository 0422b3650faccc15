package store

import (
	"context"
	"database/sql"

	"studymail"
)

const providerColumns = `id, uuid, name, ods_code, contact, contact_name, from_name, reply_to, phone, active, created_at, updated_at`

func scanProvider(row interface{ Scan(...any) error }, p *studymail.Provider) error {
	return row.Scan(&p.Key, &p.ID, &p.Name, &p.ODSCode, &p.Contact, &p.ContactName, &p.FromName, &p.ReplyTo, &p.Phone,
		&p.Active, at{&p.CreatedAt}, at{&p.UpdatedAt})
}

// AddProvider adds a care provider and sets its ID, Key and times.
func (t *Tx) AddProvider(ctx context.Context, p *studymail.Provider) error {
	p.ID, p.CreatedAt, p.UpdatedAt = studymail.NewID(), t.now, t.now
	k, err := t.insert(ctx, "add care provider "+p.ODSCode,
		`INSERT INTO providers (uuid, name, ods_code, contact, contact_name, from_name, reply_to, phone, active, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		p.ID, p.Name, p.ODSCode, p.Contact, p.ContactName, p.FromName, p.ReplyTo, p.Phone, flag(p.Active), ms(p.CreatedAt), ms(p.UpdatedAt))
	p.Key = k
	return err
}

// UpdateProvider stores an edited care provider. Its ODS code stays.
func (t *Tx) UpdateProvider(ctx context.Context, p *studymail.Provider) error {
	p.UpdatedAt = t.now
	n, err := t.exec(ctx, "edit care provider "+p.ODSCode,
		`UPDATE providers SET name = $1, contact = $2, contact_name = $3, from_name = $4, reply_to = $5, phone = $6, active = $7, updated_at = $8
		WHERE id = $9`,
		p.Name, p.Contact, p.ContactName, p.FromName, p.ReplyTo, p.Phone, flag(p.Active), ms(p.UpdatedAt), p.Key)
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.NotFound, "no care provider with ODS code %s", p.ODSCode)
	}
	return err
}

// ProviderByODS finds a care provider by its ODS code in stored form.
func (t *Tx) ProviderByODS(ctx context.Context, code string) (studymail.Provider, error) {
	var p studymail.Provider
	row := t.tx.QueryRowContext(ctx, `SELECT `+providerColumns+` FROM providers WHERE ods_code = $1`, code)
	return p, t.found("find care provider "+code, scanProvider(row, &p),
		"no care provider with ODS code %s; `studymail provider list` shows them", code)
}

// Providers lists all care providers by name.
func (t *Tx) Providers(ctx context.Context) ([]studymail.Provider, error) {
	all := []studymail.Provider{}
	err := t.each(ctx, "list care providers", `SELECT `+providerColumns+` FROM providers ORDER BY name, id`, nil,
		func(rows *sql.Rows) error {
			var p studymail.Provider
			err := scanProvider(rows, &p)
			all = append(all, p)
			return err
		})
	return all, err
}
