package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// TemplateRow is a template as lists show it.
type TemplateRow struct {
	studymail.Template
	Subject   string    // of the newest version
	WrittenAt time.Time // when that was written
	Campaigns int       // that use a version of it
}

// TemplateRows lists all templates by name.
func (t *Tx) TemplateRows(ctx context.Context) ([]TemplateRow, error) {
	all := []TemplateRow{}
	err := t.each(ctx, "list templates", `SELECT t.id, t.uuid, t.name, v.number, t.kind, t.archived, t.created_at, t.updated_at, v.subject, v.created_at,
			(SELECT count(DISTINCT s.campaign_id) FROM template_versions o JOIN steps s ON s.template_version_id = o.id WHERE o.template_id = t.id)
		FROM templates t JOIN template_versions v ON v.template_id = t.id
			AND v.number = (SELECT max(n.number) FROM template_versions n WHERE n.template_id = t.id)
		ORDER BY t.name, t.id`, nil, func(rows *sql.Rows) error {
		var m TemplateRow
		err := rows.Scan(&m.Key, &m.ID, &m.Name, &m.Versions, &m.Kind, &m.Archived, at{&m.CreatedAt}, at{&m.UpdatedAt},
			&m.Subject, at{&m.WrittenAt}, &m.Campaigns)
		all = append(all, m)
		return err
	})
	return all, err
}

// CampaignsOfTemplate lists the newest campaigns that use a version of a template.
func (t *Tx) CampaignsOfTemplate(ctx context.Context, template int64, limit int) ([]CampaignRow, error) {
	all := []CampaignRow{}
	err := t.each(ctx, "list the campaigns of a template", campaignQuery+` WHERE c.id IN
		(SELECT s.campaign_id FROM template_versions o JOIN steps s ON s.template_version_id = o.id WHERE o.template_id = $1)
		ORDER BY c.id DESC LIMIT $2`, []any{template, limit}, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all = append(all, c)
		return err
	})
	return all, err
}

// Lacking counts those in study who lack some of their details.
type Lacking struct {
	Of    map[studymail.Missing]int // by all that they lack
	About bool                      // there are more: not all people were looked at
}

// lookedForLacking bounds the people whom LackingDetails looks at: a letter's
// editor asks while somebody types.
const lookedForLacking = 10_000

// LackingDetails counts the patients in study whose person lacks exactly those
// details, for each of the sets; of one study, or of all (0).
func (t *Tx) LackingDetails(ctx context.Context, study int64, sets []studymail.Missing) (Lacking, error) {
	l := Lacking{Of: map[studymail.Missing]int{}}
	if len(sets) == 0 {
		return l, nil
	}
	words := make([]string, len(sets))
	for i, m := range sets {
		words[i] = strconv.Itoa(int(m))
	}
	// The condition on 0 is that of the index.
	some := `(SELECT id, missing FROM people WHERE missing <> 0 AND missing IN (` + strings.Join(words, ", ") + `) LIMIT $1) pe`
	looked := 0
	if _, err := t.one(ctx, "count who lacks details", `SELECT count(*) FROM `+some, []any{lookedForLacking + 1}, &looked); err != nil {
		return l, err
	}
	l.About = looked > lookedForLacking
	ofStudy, args := "", []any{lookedForLacking}
	if study != 0 {
		ofStudy, args = ` AND pa.study_id = $2`, append(args, study)
	}
	// One look by the index for each of them, however many patients there are.
	err := t.each(ctx, "count who lacks details", `SELECT pe.missing, sum((SELECT count(*) FROM patients pa
			WHERE pa.person_id = pe.id AND pa.status = 0 AND pa.cancelled = 0`+ofStudy+`)) FROM `+some+` GROUP BY pe.missing`, args,
		func(rows *sql.Rows) error {
			var (
				m studymail.Missing
				n int
			)
			err := rows.Scan(&m, &n)
			if n > 0 {
				l.Of[m] = n
			}
			return err
		})
	return l, err
}
