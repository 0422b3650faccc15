package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/when"
)

// Messages that must wait for the send hours of their care provider, or of the
// study of an ad hoc one, are set aside until these begin: left in the queue,
// each claim would find them again. (A campaign to a study that is closed stays in
// the queue: the claim passes over its runs.)

// aheadAtOnce is how much of a queue is looked through for messages to set aside
// once one is found.
const aheadAtOnce = 1000

const hoursColumns = `m.id, m.created_at, m.expires_at, st.send_hours, st.send_zone, st.closed_on, pr.send_hours, pr.send_zone, pr.closed_on`

const hoursOfMessage = ` JOIN patients pa ON pa.id = m.patient_id JOIN studies st ON st.id = pa.study_id JOIN providers pr ON pr.id = pa.provider_id`

var (
	shutAhead = both{
		sqlite: `SELECT ` + hoursColumns + ` FROM (SELECT * FROM messages WHERE run_id = $1 AND state = 10 AND ` + tried + ` = $2 AND claim_token = 0
			ORDER BY next_attempt_at, id LIMIT $3) m` + hoursOfMessage + ` WHERE NOT ` + isOpen("$4"),
		postgres: `WITH m AS MATERIALIZED (SELECT m.* FROM
				(SELECT message_id FROM queued WHERE run_id = $1 AND tried = $2 ORDER BY next_attempt_at, message_id) q
				CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = q.message_id AND state = 10 AND claim_token = 0 FOR UPDATE SKIP LOCKED) m LIMIT $3)
			SELECT ` + hoursColumns + ` FROM m` + hoursOfMessage + ` WHERE NOT ` + isOpen("$4"),
	}
	hoursByKey = both{
		sqlite:   `SELECT ` + hoursColumns + ` FROM json_each($1) j CROSS JOIN messages m ON m.id = j.value` + hoursOfMessage,
		postgres: `SELECT ` + hoursColumns + ` FROM json_array_elements_text($1::json) j JOIN messages m ON m.id = j::bigint` + hoursOfMessage,
	}
	setAside = both{
		sqlite: `UPDATE messages SET state = 30, reason = $1, claim_token = 0, next_attempt_at = j.value->>1, updated_at = $2
			FROM json_each($3) j WHERE messages.id = j.value->>0 AND messages.state = 10 AND ` + held + ` = $4`,
		postgres: `UPDATE messages SET state = 30, reason = $1, claim_token = 0, next_attempt_at = (j->>1)::bigint, updated_at = $2
			FROM json_array_elements($3::json) j WHERE messages.id = (j->>0)::bigint AND messages.state = 10 AND ` + held + ` = $4`,
	}
)

// pairOfHours are those of a message's study and care provider.
type pairOfHours [2]studymail.SendHours

func (p *pairOfHours) parse() ([]when.Hours, error) {
	all := make([]when.Hours, len(p))
	for i := range p {
		h, err := when.ParseHours(p[i])
		if err != nil {
			return nil, err
		}
		all[i] = h
	}
	return all, nil
}

// bound is a message and the hours that it is bound to.
type bound struct {
	key              int64
	created, expires time.Time
	hours            pairOfHours
}

func (t *Tx) listBound(ctx context.Context, what, query string, args ...any) (all []bound, err error) {
	err = t.each(ctx, what, query, args, func(rows *sql.Rows) error {
		var b bound
		st, pr := &b.hours[0], &b.hours[1]
		err := rows.Scan(&b.key, at{&b.created}, at{&b.expires}, &st.Hours, &st.Zone, &st.ClosedOn, &pr.Hours, &pr.Zone, &pr.ClosedOn)
		all = append(all, b)
		return err
	})
	return all, err
}

// setAsideAhead sets the next messages of a source aside that may not leave now.
func (t *Tx) setAsideAhead(ctx context.Context, s *source) (int, error) {
	what := "set messages of run " + s.run.String() + " aside"
	all, err := t.listBound(ctx, what, t.pick(shutAhead), s.key, s.tried, aheadAtOnce, ms(t.now))
	if err != nil {
		return 0, err
	}
	return t.setAside(ctx, what, studymail.Queued, all)
}

// setAside lets messages wait until they may leave.
func (t *Tx) setAside(ctx context.Context, what string, from studymail.State, all []bound) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	until := map[pairOfHours]int64{}
	rows := make([][2]int64, len(all))
	for i := range all {
		b := &all[i]
		opens, known := until[b.hours]
		if !known {
			hours, err := b.hours.parse()
			if err != nil {
				return 0, fmt.Errorf("%s: %w", what, err)
			}
			// When it is open by now, and nobody has refreshed the interval yet, a
			// moment is enough.
			next := t.now.Add(time.Second)
			if closed := when.ClosedUntil(t.now, hours...); closed.After(next) {
				next = closed
			}
			opens = next.UnixMilli()
			until[b.hours] = opens
		}
		rows[i] = [2]int64{b.key, opens}
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, what, t.pick(setAside), string(studymail.ReasonOutsideHours), ms(t.now), list, isHeld(from))
	return int(n), err
}

// inTime gives those of messages past their time that are not: time in which
// they could not leave does not count.
func (t *Tx) inTime(ctx context.Context, what string, late []*claimable) (map[int64]bool, error) {
	if len(late) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(late))
	for i, c := range late {
		keys[i] = c.Key
	}
	all, err := t.listBound(ctx, what, t.pick(hoursByKey), keysJSON(keys))
	if err != nil {
		return nil, err
	}
	in := map[int64]bool{}
	for i := range all {
		b := &all[i]
		hours, err := b.hours.parse()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		closed := t.now.Sub(b.created) - when.OpenTime(b.created, t.now, hours...)
		in[b.key] = b.expires.Add(closed).After(t.now)
	}
	return in, nil
}

var waiting = oddly(`SELECT count(*), min(m.next_attempt_at) FROM runs r
	JOIN messages m ON m.run_id = r.id AND m.odd = 30 WHERE r.campaign_id = $1 AND r.state < 30 AND m.reason = $2`)

// Waiting gives how many messages of a campaign are set aside until they may
// leave, and when the first of them may; zero when none is.
func (t *Tx) Waiting(ctx context.Context, campaign int64) (n int, first time.Time, err error) {
	_, err = t.one(ctx, "count messages that are set aside", t.pick(waiting), []any{campaign, string(studymail.ReasonOutsideHours)}, &n, at{&first})
	return n, first, err
}
