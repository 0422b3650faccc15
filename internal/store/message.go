package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"studymail"
)

// MessageRow is a message with the words that lists show.
type MessageRow struct {
	studymail.Message
	CampaignID   studymail.ID
	CampaignName string
	RunID        studymail.ID
	PatientID    studymail.ID
	PersonID     studymail.ID
	StudyName    string
	ODSCode      string
	TemplateName string
	VersionKey   int64
	Version      int
	Provider     int64 // row key
	Study        int64 // row key
	InWindow     bool  // Sending
	Wrapped      []byte
	Sealed       []byte
	Merged       []byte
}

// inWindow tells a claimed message that stands in an open hand-over window of
// the worker that has claimed it.
var inWindow = both{
	sqlite:   `EXISTS (SELECT 1 FROM windows w, json_each(w.members) j WHERE j.value = m.id AND w.worker_id = m.claim_token >> 24)`,
	postgres: `EXISTS (SELECT 1 FROM windows w, json_array_elements_text(w.members::json) j WHERE j::bigint = m.id AND w.worker_id = m.claim_token >> 24)`,
}

func (t *Tx) messageQuery() string {
	return messageSelect + `CASE WHEN m.state = 10 AND m.claim_token <> 0 AND ` + t.pick(inWindow) + ` THEN 1 ELSE 0 END` + messageFrom
}

const (
	messageSelect = `SELECT m.id, m.uuid, m.step_id, m.run_id, m.patient_id, m.state, m.reason, m.attempts, m.attempt_limit, m.losses,
	m.next_attempt_at, m.expires_at, m.claim_token, m.came_back, m.created_at, m.updated_at, m.sent_at,
	c.uuid, c.name, r.uuid, pa.uuid, pe.uuid, st.name, pr.ods_code, te.name, tv.id, tv.number, pr.id, st.id, pe.wrapped_key, pe.details, me.packed, `
	messageFrom = ` FROM messages m
	JOIN runs r ON r.id = m.run_id
	JOIN campaigns c ON c.id = r.campaign_id
	JOIN steps s ON s.id = m.step_id
	JOIN template_versions tv ON tv.id = s.template_version_id
	JOIN templates te ON te.id = tv.template_id
	JOIN patients pa ON pa.id = m.patient_id
	JOIN people pe ON pe.id = pa.person_id
	JOIN studies st ON st.id = pa.study_id
	JOIN providers pr ON pr.id = pa.provider_id
	LEFT JOIN merged me ON me.id = m.merged_id`
)

func scanMessage(row interface{ Scan(...any) error }, m *MessageRow) error {
	err := row.Scan(&m.Key, &m.ID, &m.Step, &m.Run, &m.Patient, &m.State, nullText[studymail.Reason]{&m.Reason}, &m.Attempts, &m.AttemptLimit, &m.Losses,
		at{&m.NextAttemptAt}, at{&m.ExpiresAt}, &m.ClaimToken, &m.CameBack, at{&m.CreatedAt}, at{&m.UpdatedAt}, at{&m.SentAt},
		&m.CampaignID, &m.CampaignName, &m.RunID, &m.PatientID, &m.PersonID, &m.StudyName, &m.ODSCode, &m.TemplateName, &m.VersionKey, &m.Version,
		&m.Provider, &m.Study, &m.Wrapped, &m.Sealed, &m.Merged, &m.InWindow)
	if err != nil {
		return err
	}
	switch {
	case m.InWindow:
		m.State = studymail.Sending
	case m.State == studymail.Queued && m.ClaimToken != 0:
		m.State = studymail.Claimed
	}
	m.Merged, err = mergedOf(m.Merged, m.Key, m.ID)
	return err
}

// MessageByID finds a message.
func (t *Tx) MessageByID(ctx context.Context, id studymail.ID) (MessageRow, error) {
	var m MessageRow
	row := t.tx.QueryRowContext(ctx, t.messageQuery()+` WHERE m.uuid = $1`, id)
	return m, t.found("find message "+id.String(), scanMessage(row, &m),
		"no message %s; `studymail outbox list` shows them", id)
}

// MessageFilter says which messages; the zero value is all.
type MessageFilter struct {
	Campaign studymail.ID
	Step     int // number of the campaign's
	States   []studymail.State
	Patient  studymail.ID
	IDs      []studymail.ID
	Study    int64 // row key of the patient's
	Reason   studymail.Reason
	Since    int64 // row keys from here …
	Until    int64 // … up to, and without, here; 0: all
	After    int64 // row key; for paging
	Limit    int
}

// MessagePage lists messages in the order in which they were planned, at most
// Limit; more tells that there may be others behind the last (After).
func (t *Tx) MessagePage(ctx context.Context, f MessageFilter) (page []MessageRow, more bool, err error) {
	where, args := f.where(t)
	args = append(args, f.Limit)
	query := fmt.Sprintf("%s WHERE %s ORDER BY m.id LIMIT $%d", t.messageQuery(), where, len(args))
	err = t.each(ctx, "list messages", query, args, func(rows *sql.Rows) error {
		var m MessageRow
		if err := scanMessage(rows, &m); err != nil {
			return err
		}
		page = append(page, m)
		return nil
	})
	return page, len(page) == f.Limit, err
}

// CountMessages counts the messages that a filter lets through.
func (t *Tx) CountMessages(ctx context.Context, f MessageFilter) (int, error) {
	where, args := f.where(t)
	var n int
	_, err := t.one(ctx, "count messages", `SELECT count(*)`+messageFrom+` WHERE `+where, args, &n)
	return n, err
}

// isQueued leads to the messages (m) that are queued.
var isQueued = both{sqlite: `m.state = 10`, postgres: `m.state = 10 AND m.id IN (SELECT message_id FROM queued)`}

// where gives the filter as SQL.
func (f *MessageFilter) where(t *Tx) (string, []any) {
	inWindow, queued := t.pick(inWindow), t.pick(isQueued)
	where, args := []string{"m.id > $1"}, []any{f.After}
	param := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if !f.Campaign.IsZero() {
		where = append(where, "c.uuid = "+param(f.Campaign))
		if f.Step != 0 {
			where = append(where, "r.step_id = (SELECT id FROM steps WHERE campaign_id = c.id AND number = "+param(f.Step)+")")
		}
	}
	if !f.Patient.IsZero() {
		where = append(where, "pa.uuid = "+param(f.Patient))
	}
	if f.Study != 0 {
		where = append(where, "st.id = "+param(f.Study))
	}
	if f.Reason != "" {
		where = append(where, "m.reason = "+param(string(f.Reason)))
	}
	if f.Since != 0 {
		where = append(where, "m.id >= "+param(f.Since))
	}
	if f.Until != 0 {
		where = append(where, "m.id < "+param(f.Until))
	}
	if len(f.IDs) > 0 {
		var in []string
		for _, id := range f.IDs {
			in = append(in, param(id))
		}
		where = append(where, "m.uuid IN ("+strings.Join(in, ", ")+")")
	}
	if len(f.States) > 0 {
		var in []string
		for _, s := range f.States {
			switch s {
			case studymail.Sending:
				in = append(in, queued+" AND m.claim_token <> 0 AND "+inWindow)
			case studymail.Queued, studymail.Claimed:
				in = append(in, queued+" AND (m.claim_token = 0 OR NOT "+inWindow+")")
			case studymail.Sent:
				in = append(in, "m.state = 40")
			default:
				in = append(in, "m."+t.odd()+" = "+param(int(s)))
			}
		}
		where = append(where, "("+strings.Join(in, " OR ")+")")
	}
	return strings.Join(where, " AND "), args
}

// attempts are those of a message m, as JSON: each has a row, but for the one of the
// window in which it was taken, which has one with the others'.
var attempts = both{
	sqlite: `(SELECT json_group_array(json_array(a.number, a.counts, a.at, a.outcome, a.code, a.enhanced, a.stage, a.reply, a.transport, a.took_ms)) FROM
		(SELECT number, counts, at, outcome, code, enhanced, stage, reply, transport, took_ms FROM attempts WHERE message_id = m.id
		UNION ALL SELECT j.value->>1, 1, j.value->>2, 1, t.code, t.enhanced, t.stage, '', t.transport, j.value->>3
		FROM taken t, json_each(t.members) j WHERE t.window_id = m.merged_id AND j.value->>0 = m.id ORDER BY 1) a)`,
	postgres: `(SELECT coalesce(json_agg(json_build_array(a.number, a.counts, a.at, a.outcome, a.code, a.enhanced, a.stage, a.reply, a.transport, a.took_ms) ORDER BY a.number), '[]')::text FROM
		(SELECT number, counts, at, outcome, code, enhanced, stage, reply, transport, took_ms FROM attempts WHERE message_id = m.id
		UNION ALL SELECT (j->>1)::int, 1, (j->>2)::bigint, 1, t.code, t.enhanced, t.stage, '', t.transport, (j->>3)::bigint
		FROM taken t CROSS JOIN LATERAL json_array_elements(t.members::json) j WHERE t.window_id = m.merged_id AND (j->>0)::bigint = m.id) a)`,
}

// Attempts lists a message's attempts in order.
func (t *Tx) Attempts(ctx context.Context, message int64) ([]studymail.Attempt, error) {
	var text string
	found, err := t.one(ctx, "list attempts", `SELECT `+t.pick(attempts)+` FROM messages m WHERE m.id = $1`, []any{message}, &text)
	if err != nil || !found {
		return []studymail.Attempt{}, err
	}
	return attemptsOf(text)
}

// SendAgain queues a failed, skipped or uncertain message again, with attempts
// and time of its own on top of what it had. It is guarded on the state and the
// token that the operator saw. The run is opened again with it.
func (t *Tx) SendAgain(ctx context.Context, m *MessageRow, moreAttempts int, expiresAfter time.Duration) error {
	what := "send message " + m.ID.String() + " again"
	n, err := t.exec(ctx, what, `UPDATE messages SET state = 10, reason = NULL, came_back = 0, claim_token = 0, losses = 0, attempt_limit = attempts + $1,
		next_attempt_at = $2, expires_at = $3, updated_at = $2 WHERE id = $4 AND state = $5 AND claim_token = $6`,
		moreAttempts, ms(t.now), ms(t.now.Add(expiresAfter)), m.Key, int(m.State), m.ClaimToken)
	if err != nil {
		return err
	}
	if n != 1 {
		return changed(m)
	}
	// What came back for the first sending is not counted for the second.
	if m.CameBack != 0 {
		if _, err := t.exec(ctx, what, `UPDATE campaign_feedback SET messages = messages - 1 WHERE came & $1 <> 0
			AND campaign_id = (SELECT campaign_id FROM runs WHERE id = $2)`, int(m.CameBack), m.Run); err != nil {
			return err
		}
	}
	if err := t.lock(ctx, what, stayOpen, keysJSON([]int64{m.Key})); err != nil {
		return err
	}
	if _, err := t.exec(ctx, what, `UPDATE runs SET state = 20, ended_at = NULL WHERE id = $1 AND state = 30`, m.Run); err != nil {
		return err
	}
	if _, err = t.exec(ctx, what, `UPDATE campaigns SET state = 20, ended_at = NULL WHERE uuid = $1 AND state IN (10, 40)`, m.CampaignID); err != nil {
		return err
	}
	_, err = t.moveLastMessages(ctx, m.Key)
	return err
}

// SettleAsSent settles a message by hand: an uncertain one at any time, one that
// waits only while sending is disarmed, since it was restored from before it left.
func (t *Tx) SettleAsSent(ctx context.Context, m *MessageRow) error {
	n, err := t.exec(ctx, "settle message "+m.ID.String(),
		`UPDATE messages SET state = 40, reason = $1, claim_token = 0, sent_at = CASE WHEN state = 70 THEN updated_at ELSE $2 END, updated_at = $2
		WHERE id = $3 AND state = $4 AND claim_token = $5 AND (state = 70 OR state IN (10, 30) AND NOT `+mayLeave+`)`,
		string(studymail.ReasonResolved), ms(t.now), m.Key, stored(m.State), m.ClaimToken)
	if err == nil && n != 1 {
		return changed(m)
	}
	if err == nil {
		_, err = t.moveLastMessages(ctx, m.Key)
	}
	return err
}

// stored is how a message's row has a state: a claimed one is queued, with a token.
func stored(s studymail.State) int {
	if s == studymail.Claimed {
		return int(studymail.Queued)
	}
	return int(s)
}

func changed(m *MessageRow) error {
	return studymail.Errorf(studymail.Conflict, "message %s changed meanwhile; look at it again with `studymail outbox show %s`", m.ID, m.ID)
}

// HandOverOver tells whether nothing can come any more of the hand-over that a
// token was made for: its worker is known to be gone.
func (t *Tx) HandOverOver(ctx context.Context, token int64) (bool, error) {
	dead := 1
	_, err := t.one(ctx, "look for a message's worker", `SELECT proven_dead FROM workers WHERE id = $1`, []any{WorkerOf(token)}, &dead)
	return dead == 1, err
}
