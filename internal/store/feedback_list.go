package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"studymail"
)

const feedbackQuery = `SELECT f.id, f.uuid, f.digest, m.uuid, pa.uuid, f.source, f.format, f.kind, f.class, f.code, f.reply, f.diagnostic, f.effect,
	f.state, f.at, f.times, f.applied_at, f.seen_at, CASE WHEN f.kept IS NULL THEN 0 ELSE 1 END
	FROM feedback f
	LEFT JOIN messages m ON m.id = f.message_id
	LEFT JOIN patients pa ON pa.id = m.patient_id`

func scanFeedback(row interface{ Scan(...any) error }, f *studymail.Feedback) error {
	return row.Scan(&f.Key, &f.ID, &f.Digest, &f.Message, &f.Patient, &f.Source, &f.Format, &f.Kind, &f.Class, &f.Code, &f.Reply, &f.Diagnostic, &f.Effect,
		&f.State, at{&f.At}, &f.Times, at{&f.AppliedAt}, at{&f.SeenAt}, &f.HasKept)
}

func (t *Tx) feedback(ctx context.Context, what, where string, args ...any) ([]studymail.Feedback, error) {
	all := []studymail.Feedback{}
	err := t.each(ctx, what, feedbackQuery+where, args, func(rows *sql.Rows) error {
		var f studymail.Feedback
		err := scanFeedback(rows, &f)
		all = append(all, f)
		return err
	})
	return all, err
}

// FeedbackFilter says which feedback; the zero value is all.
type FeedbackFilter struct {
	State   studymail.FeedbackState
	Kind    string
	Class   string
	Source  studymail.FeedbackSource
	Message studymail.ID
	Patient studymail.ID
	Unseen  bool  // nobody looked at it
	Before  int64 // row key: those that came before it
	Limit   int   // 0: 1,000
}

// FeedbackPage lists the newest first.
func (t *Tx) FeedbackPage(ctx context.Context, q FeedbackFilter) ([]studymail.Feedback, error) {
	if q.Limit == 0 {
		q.Limit = 1000
	}
	var p params
	where := q.where(&p)
	if q.Before > 0 {
		where += " AND f.id < " + p.add(q.Before)
	}
	return t.feedback(ctx, "list feedback", where+` ORDER BY f.id DESC LIMIT `+p.add(q.Limit), p...)
}

// CountMatching counts what a filter matches, at most limit and one: who has more is
// told so.
func (t *Tx) CountMatching(ctx context.Context, q FeedbackFilter, limit int) (n int, err error) {
	var p params
	where := q.where(&p)
	_, err = t.one(ctx, "count feedback", `SELECT count(*) FROM (SELECT 1 FROM feedback f`+where+` LIMIT `+p.add(limit+1)+`) f`, p, &n)
	return n, err
}

// where gives the conditions, but for where a page begins.
func (q *FeedbackFilter) where(p *params) string {
	var where strings.Builder
	where.WriteString(" WHERE 1 = 1")
	and := func(condition string, value any) { where.WriteString(" AND " + condition + " " + p.add(value)) }
	if q.State == studymail.FeedbackApplied {
		and("f.state =", int(q.State))
	} else if q.State != 0 {
		and("f.state <> 20 AND f.state =", int(q.State)) // the words of the index
	}
	if q.Kind != "" {
		and("f.kind =", q.Kind)
	}
	if q.Class != "" {
		and("f.class =", q.Class)
	}
	if q.Source != "" {
		and("f.source =", string(q.Source))
	}
	if !q.Message.IsZero() {
		where.WriteString(" AND f.message_id = (SELECT id FROM messages WHERE uuid = " + p.add(q.Message) + ")")
	}
	if !q.Patient.IsZero() {
		where.WriteString(" AND f.message_id IN (SELECT id FROM messages WHERE patient_id = (SELECT id FROM patients WHERE uuid = " + p.add(q.Patient) + "))")
	}
	if q.Unseen {
		where.WriteString(" AND f.seen_at IS NULL")
	}
	return where.String()
}

// FeedbackByID finds a feedback.
func (t *Tx) FeedbackByID(ctx context.Context, id studymail.ID) (studymail.Feedback, error) {
	var f studymail.Feedback
	return f, t.found("find feedback "+id.String(), scanFeedback(t.row(ctx, feedbackQuery+` WHERE f.uuid = $1`, id), &f),
		"no feedback %s; `studymail feedback list` shows it", id)
}

// KeptMail gives the mail that is kept of a feedback, sealed; nil when there is none
// any more.
func (t *Tx) KeptMail(ctx context.Context, f *studymail.Feedback) (sealed []byte, err error) {
	_, err = t.one(ctx, "read a mail that is kept", `SELECT kept FROM feedback WHERE id = $1`, []any{f.Key}, &sealed)
	return sealed, err
}

// SawFeedback notes that a person looked at it.
func (t *Tx) SawFeedback(ctx context.Context, f *studymail.Feedback) error {
	_, err := t.exec(ctx, "note that feedback was looked at", `UPDATE feedback SET seen_at = $1 WHERE id = $2 AND seen_at IS NULL`, ms(t.now), f.Key)
	return err
}

// CountFeedback counts what stands in each state.
func (t *Tx) CountFeedback(ctx context.Context) (map[studymail.FeedbackState]int, error) {
	n := map[studymail.FeedbackState]int{}
	err := t.each(ctx, "count feedback", `SELECT state, count(*) FROM feedback GROUP BY state`, nil, func(rows *sql.Rows) error {
		var (
			state studymail.FeedbackState
			count int
		)
		err := rows.Scan(&state, &count)
		n[state] = count
		return err
	})
	return n, err
}

// CampaignFeedback gives of how many of a campaign's messages each thing came back.
func (t *Tx) CampaignFeedback(ctx context.Context, campaign int64) (map[studymail.CameBack]int, error) {
	n := map[studymail.CameBack]int{}
	err := t.each(ctx, "count what came back", `SELECT came, messages FROM campaign_feedback WHERE campaign_id = $1 AND messages > 0`, []any{campaign}, func(rows *sql.Rows) error {
		var (
			came  studymail.CameBack
			count int
		)
		err := rows.Scan(&came, &count)
		n[came] = count
		return err
	})
	return n, err
}

// PersonOfMessage gives what the details of a message's person are opened with: to
// take them out of what other servers say. found is false for no message of ours.
func (t *Tx) PersonOfMessage(ctx context.Context, message studymail.ID) (person studymail.Person, found bool, err error) {
	found, err = t.one(ctx, "find the person of message "+message.String(), `SELECT pe.uuid, pe.wrapped_key, pe.details
		FROM messages m JOIN patients pa ON pa.id = m.patient_id JOIN people pe ON pe.id = pa.person_id WHERE m.uuid = $1`,
		[]any{message}, &person.ID, &person.Wrapped, &person.Sealed)
	return person, found, err
}

// PurgeFeedback forgets what came before a time: mails that were kept and what other
// servers said, and altogether what is of no message of ours. It gives how many
// rows it changed; at most 1,000 of each: call it again while it gives any.
func (t *Tx) PurgeFeedback(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for _, query := range []string{
		`DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE at < $1 AND message_id IS NULL ORDER BY at LIMIT 1000)`,
		`UPDATE feedback SET kept = NULL WHERE id IN (SELECT id FROM feedback WHERE at < $1 AND kept IS NOT NULL ORDER BY at LIMIT 1000)`,
		`UPDATE feedback SET diagnostic = '' WHERE id IN (SELECT id FROM feedback WHERE at < $1 AND diagnostic <> '' ORDER BY at LIMIT 1000)`,
	} {
		n, err := t.exec(ctx, "forget old feedback", query, ms(before))
		if err != nil {
			return total, err
		}
		total += int(n)
	}
	return total, nil
}
