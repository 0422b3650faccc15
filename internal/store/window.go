package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"studymail"
)

// MaxWindow is the most messages that a connection may have in doubt.
const MaxWindow = 32

// Standing is a message that is about to stand in a hand-over window.
type Standing struct {
	Key      int64
	Token    int64
	Revision int64 // of the person's details that were rendered
	Run      studymail.ID
	Study    int64  // row key
	Provider int64  // row key
	Merged   []byte // what was merged, sealed
}

// Standing is a claimed message that was rendered.
func (c *Claimed) Standing(merged []byte) Standing {
	return Standing{Key: c.Key, Token: c.Token, Revision: c.Revision, Run: c.Run, Study: c.Study, Provider: c.Provider, Merged: merged}
}

// Verdict is what the guard said of a message that was not let into a window.
type Verdict struct {
	Key    int64
	State  studymail.State // where it stands now: queued, deferred, skipped, cancelled; 0: not ours any more
	Reason studymail.Reason
}

// guard joins a claimed message (m) to everything that may have changed since:
// $1 is today; w the worker.
const guard = `
	JOIN runs r ON r.id = m.run_id
	JOIN campaigns c ON c.id = r.campaign_id
	JOIN patients pa ON pa.id = m.patient_id` + whoIsMailed

// openWindow and PostgreSQL's settle are the statements behind I1: eligibility, suppression, the send
// hours, the campaign's state, the claim, the worker's lease and whether the
// database is armed are checked by the statement that makes the window durable,
// so nothing can come between.
var openWindow = openWindowFor(`json_each($4) j CROSS JOIN messages m ON m.id = j.value->>0`,
	`m.claim_token = j.value->>1 AND pe.revision = j.value->>2`)

// openWindowInRange is SQLite's for messages that stand side by side, under one
// claim and with details of one revision, as nearly all do: it costs half of
// what the list does.
var openWindowInRange = openWindowFor(`messages m`, `m.id BETWEEN $4 AND $6 AND m.claim_token = $7 AND pe.revision = $8`)

func openWindowFor(messages, unchanged string) string {
	return `INSERT INTO windows (id, worker_id, opened_at, members)
		SELECT $5, w.id, $2, json_group_array(m.id)
		FROM ` + messages + guard + `
		JOIN workers w ON w.id = $3
		WHERE +m.state = 10 AND ` + unchanged + `
			AND c.state = 20 AND ` + eligibility + ` = '' AND ` + isOpen("$2") + ` AND w.stopped_at IS NULL AND w.lease_until > $2 AND ` + mayLeave + `
		HAVING count(*) > 0
		RETURNING members`
}

// follows tells that it stands beside another under the same claim, and that their
// details are of one revision.
func (s *Standing) follows(o *Standing) bool {
	return s.Key == o.Key+1 && s.Token == o.Token && s.Revision == o.Revision
}

// sideBySide tells whether openWindowInRange will do for them.
func sideBySide(all []Standing) bool {
	for i := range all[1:] {
		if !all[i+1].follows(&all[i]) {
			return false
		}
	}
	return true
}

// WindowKey makes the row key of a worker's nth window: never used again, for
// what was merged is kept under it.
func WindowKey(worker, n int64) int64 { return ClaimToken(worker, n) }

// Opening asks for a hand-over window. What came of it stands in Members, who are
// in it (without any there is no window), and Refused, a verdict for each other.
type Opening struct {
	Window, Worker int64 // row keys
	All            []Standing

	Members []int64
	Refused []Verdict
}

// OpenWindows opens hand-over windows for those of the messages that may go at this
// moment, and settles the others.
func (t *Tx) OpenWindows(ctx context.Context, today studymail.Date, all ...*Opening) error {
	if t.kind == Postgres {
		s := newSettling(today, t.now)
		s.open(all)
		if err := s.run(ctx, t); err != nil {
			return err
		}
	} else if err := t.openEach(ctx, today, all); err != nil {
		return err
	}
	for _, o := range all {
		o.Refused = nil
		if len(o.Members) == len(o.All) {
			continue
		}
		var err error
		if o.Refused, err = t.refuse(ctx, today, o.All, o.Members); err != nil {
			return err
		}
	}
	return nil
}

// openEach is SQLite's.
func (t *Tx) openEach(ctx context.Context, today studymail.Date, all []*Opening) error {
	for _, o := range all {
		o.Members = nil
		query, args, err := t.openStatement(o, today)
		if err != nil {
			return err
		}
		var text string
		opened, err := t.one(ctx, "open a hand-over window", query, args, &text)
		if err != nil {
			return err
		}
		if !opened {
			continue
		}
		if err := o.entered(text); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "keep what was merged", `INSERT INTO merged (id, at, packed) VALUES ($1, $2, $3)`, o.Window, ms(t.now), pack(o.All)); err != nil {
			return err
		}
	}
	return nil
}

// entered reads who stands in the window.
func (o *Opening) entered(members string) error {
	if err := json.Unmarshal([]byte(members), &o.Members); err != nil {
		return fmt.Errorf("read the members of a hand-over window: %w", err)
	}
	return nil
}

// openStatement chooses SQLite's statement, with its arguments.
func (t *Tx) openStatement(o *Opening, today studymail.Date) (string, []any, error) {
	all := o.All
	if sideBySide(all) {
		return openWindowInRange, []any{string(today), ms(t.now), o.Worker, all[0].Key, o.Window, all[len(all)-1].Key, all[0].Token, all[0].Revision}, nil
	}
	rows := make([][3]int64, len(all))
	for i, s := range all {
		rows[i] = [3]int64{s.Key, s.Token, s.Revision}
	}
	list, err := rowsJSON(rows)
	return openWindow, []any{string(today), ms(t.now), o.Worker, list, o.Window}, err
}

// whyOpen: whether it may leave by the hours, and whether it belongs to a
// campaign to a study that is closed.
var whyOpen = `, CASE WHEN ` + isOpen("$3") + ` THEN 1 ELSE 0 END,
	CASE WHEN c.study_id IS NOT NULL AND NOT (st.open_from <= $3 AND $3 < st.open_until) THEN 1 ELSE 0 END`

var whyNot = both{
	sqlite: `SELECT m.id, m.claim_token = j.value->>1 AND m.state = 10, c.state, ` + eligibility + whyOpen + `
		FROM json_each($2) j CROSS JOIN messages m ON m.id = j.value->>0` + guard,
	postgres: `SELECT m.id, CASE WHEN m.claim_token = (j->>1)::bigint AND m.state = 10 THEN 1 ELSE 0 END, c.state, ` + eligibility + whyOpen + `
		FROM json_array_elements($2::json) j JOIN messages m ON m.id = (j->>0)::bigint` + guard,
}

// refuse settles those that the guard kept out: skipped with the reason, back
// in the queue (campaign paused, study closed, sending disarmed, details changed:
// they are read again), set aside until their care provider's hours, or cancelled
// with their campaign.
func (t *Tx) refuse(ctx context.Context, today studymail.Date, all []Standing, members []int64) ([]Verdict, error) {
	in := make(map[int64]bool, len(members))
	for _, k := range members {
		in[k] = true
	}
	var out [][2]int64
	for _, s := range all {
		if !in[s.Key] {
			out = append(out, [2]int64{s.Key, s.Token})
		}
	}
	list, err := rowsJSON(out)
	if err != nil {
		return nil, err
	}
	var (
		verdicts []Verdict
		end      []ending
		back     []int64
		aside    []int64
	)
	err = t.each(ctx, "settle what the guard refused", t.pick(whyNot), []any{string(today), list, ms(t.now)}, func(rows *sql.Rows) error {
		var (
			v        Verdict
			ours     bool
			open     bool
			waits    bool
			campaign studymail.CampaignState
		)
		if err := rows.Scan(&v.Key, &ours, &campaign, &v.Reason, &open, &waits); err != nil {
			return err
		}
		switch {
		case !ours:
			v.State, v.Reason = 0, ""
		case campaign == studymail.CampaignCanceled:
			v.State, v.Reason = studymail.MessageCanceled, studymail.ReasonCancelled
			end = append(end, ending{v.Key, v.State, v.Reason})
		case v.Reason != "":
			v.State = studymail.Skipped
			end = append(end, ending{v.Key, v.State, v.Reason})
		case !open && !waits && campaign == studymail.Running:
			v.State, v.Reason = studymail.Deferred, studymail.ReasonOutsideHours
			aside = append(aside, v.Key)
		default:
			v.State = studymail.Queued
			back = append(back, v.Key)
		}
		verdicts = append(verdicts, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := t.end(ctx, "settle what the guard refused", studymail.Claimed, end); err != nil {
		return nil, err
	}
	if len(back) > 0 {
		if _, err := t.exec(ctx, "queue again what the guard refused", t.pick(requeue), keysJSON(back)); err != nil {
			return nil, err
		}
	}
	if len(aside) > 0 {
		what := "set aside what the guard refused"
		all, err := t.listBound(ctx, what, t.pick(hoursByKey), keysJSON(aside))
		if err != nil {
			return nil, err
		}
		if _, err := t.setAside(ctx, what, studymail.Claimed, all); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

var requeue = both{
	sqlite: `UPDATE messages SET claim_token = 0
		WHERE +state = 10 AND claim_token <> 0 AND id IN (SELECT value FROM json_each($1))`,
	postgres: `UPDATE messages SET claim_token = 0
		WHERE state = 10 AND claim_token <> 0 AND id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
}

var closeWindows = both{
	sqlite:   `DELETE FROM windows WHERE id IN (SELECT value FROM json_each($1))`,
	postgres: `DELETE FROM windows WHERE id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
}

// CloseWindows closes windows whose outcomes are recorded in this transaction.
func (t *Tx) CloseWindows(ctx context.Context, windows []int64) error {
	if len(windows) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "close hand-over windows", t.pick(closeWindows), keysJSON(windows))
	return err
}
