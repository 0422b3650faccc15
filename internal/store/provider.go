package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

const providerColumns = `id, uuid, name, ods_code, contact, contact_name, from_name, reply_to, phone, active,
	send_hours, send_zone, closed_on, created_at, updated_at`

func scanProvider(row interface{ Scan(...any) error }, p *studymail.Provider) error {
	return row.Scan(&p.Key, &p.ID, &p.Name, &p.ODSCode, &p.Contact, &p.ContactName, &p.FromName, &p.ReplyTo, &p.Phone,
		&p.Active, &p.Hours, &p.Zone, &p.ClosedOn, at{&p.CreatedAt}, at{&p.UpdatedAt})
}

// later is the time of an edit: strictly after the one that it replaces, also
// within one millisecond, so that it can serve as the row's version.
func (t *Tx) later(than time.Time) time.Time {
	if t.now.After(than) {
		return t.now
	}
	return than.Add(time.Millisecond)
}

// AddProvider adds a care provider and sets its ID, Key and times.
func (t *Tx) AddProvider(ctx context.Context, p *studymail.Provider) error {
	from, until, err := interval(&p.SendHours, t.now)
	if err != nil {
		return err
	}
	p.ID, p.CreatedAt, p.UpdatedAt = studymail.NewID(), t.now, t.now
	k, err := t.insert(ctx, "add care provider "+p.ODSCode,
		`INSERT INTO providers (uuid, name, ods_code, contact, contact_name, from_name, reply_to, phone, active,
			send_hours, send_zone, closed_on, open_from, open_until, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id`,
		p.ID, p.Name, p.ODSCode, p.Contact, p.ContactName, p.FromName, p.ReplyTo, p.Phone, flag(p.Active),
		p.Hours, p.Zone, p.ClosedOn, from, until, ms(p.CreatedAt), ms(p.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a care provider with ODS code %s already; `studymail provider edit %s` changes it", p.ODSCode, p.ODSCode)
	}
	p.Key = k
	return err
}

// UpdateProvider stores an edited care provider. Its ODS code stays. It fails
// with Conflict when someone else changed it since p was read.
func (t *Tx) UpdateProvider(ctx context.Context, p *studymail.Provider) error {
	from, until, err := interval(&p.SendHours, t.now)
	if err != nil {
		return err
	}
	updated := t.later(p.UpdatedAt)
	n, err := t.exec(ctx, "edit care provider "+p.ODSCode,
		`UPDATE providers SET name = $1, contact = $2, contact_name = $3, from_name = $4, reply_to = $5, phone = $6, active = $7, updated_at = $8,
			send_hours = $11, send_zone = $12, closed_on = $13, open_from = $14, open_until = $15,
			recall_at = CASE WHEN send_hours = $11 AND send_zone = $12 AND closed_on = $13 THEN recall_at ELSE $16 END
		WHERE id = $9 AND updated_at = $10`,
		p.Name, p.Contact, p.ContactName, p.FromName, p.ReplyTo, p.Phone, flag(p.Active), ms(updated), p.Key, ms(p.UpdatedAt),
		p.Hours, p.Zone, p.ClosedOn, from, until, ms(t.now))
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.ProviderByODS(ctx, p.ODSCode); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed care provider %s meanwhile; look at it again with `studymail provider show %s`, then repeat your edit", p.ODSCode, p.ODSCode)
	}
	p.UpdatedAt = updated
	return nil
}

// ProviderByODS finds a care provider by its ODS code in stored form.
func (t *Tx) ProviderByODS(ctx context.Context, code string) (studymail.Provider, error) {
	var p studymail.Provider
	row := t.tx.QueryRowContext(ctx, `SELECT `+providerColumns+` FROM providers WHERE ods_code = $1`, code)
	return p, t.found("find care provider "+code, scanProvider(row, &p),
		"no care provider with that ODS code; `studymail provider list` shows them")
}

// ProviderByID finds a care provider.
func (t *Tx) ProviderByID(ctx context.Context, id studymail.ID) (studymail.Provider, error) {
	var p studymail.Provider
	row := t.row(ctx, `SELECT `+providerColumns+` FROM providers WHERE uuid = $1`, id)
	return p, t.found("find care provider "+id.String(), scanProvider(row, &p), "no care provider %s; `studymail provider list` shows them", id)
}

// Providers lists all care providers by name.
func (t *Tx) Providers(ctx context.Context) ([]studymail.Provider, error) {
	return t.providers(ctx, `SELECT `+providerColumns+` FROM providers ORDER BY name, id`)
}

var providersByKey = both{
	sqlite:   `SELECT ` + providerColumns + ` FROM providers WHERE id IN (SELECT value FROM json_each($1)) ORDER BY name, id`,
	postgres: `SELECT ` + providerColumns + ` FROM providers WHERE id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) ORDER BY name, id`,
}

// ProvidersByKey gives the care providers of some row keys, by name. A key
// without a care provider gives nothing.
func (t *Tx) ProvidersByKey(ctx context.Context, keys []int64) ([]studymail.Provider, error) {
	return t.providers(ctx, t.pick(providersByKey), keysJSON(keys))
}

func (t *Tx) providers(ctx context.Context, query string, args ...any) ([]studymail.Provider, error) {
	all := []studymail.Provider{}
	err := t.each(ctx, "list care providers", query, args, func(rows *sql.Rows) error {
		var p studymail.Provider
		err := scanProvider(rows, &p)
		all = append(all, p)
		return err
	})
	return all, err
}
