package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// Recorded is a hand-over's outcome as it is stored: where the message stands
// now, and the attempt to append.
type Recorded struct {
	Key           int64
	Token         int64
	Window        int64 // in which it stood: what was merged is kept there; 0: nothing of it left
	State         studymail.State
	Reason        studymail.Reason
	Tries         int // before this one
	Attempts      int
	Losses        int
	NextAttemptAt time.Time // of a deferred message
	Transport     string
	At            time.Time // when the hand-over ended
	Outcome       studymail.Outcome
	Counts        bool // against the message's limit
}

// isTry tells whether the message was tried at all: one that never left our
// hands leaves no attempt.
func (r *Recorded) isTry() bool { return r.Outcome.Kind != studymail.NotSent }

// plain tells the outcome that nearly all have: taken, at this attempt.
func (r *Recorded) plain() bool {
	return r.State == studymail.Sent && r.Outcome.Kind == studymail.Accepted && r.Counts && r.Window != 0 && r.Outcome.Reply == ""
}

// Record stores outcomes and appends their attempts. It gives how many were
// not recorded because the message is no longer this claim's: a sleeper's,
// settled by others meanwhile.
func (t *Tx) Record(ctx context.Context, all []Recorded) (late int, err error) {
	var (
		others []Recorded
		plain  []*Recorded
	)
	for i := range all {
		if all[i].plain() {
			plain = append(plain, &all[i])
		} else {
			others = append(others, all[i])
		}
	}
	t.behind.noteAll(all)
	sent, err := t.recordSent(ctx, plain)
	if err != nil {
		return 0, err
	}
	n, err := t.recordOthers(ctx, others)
	if err != nil {
		return 0, err
	}
	return len(all) - sent - n, t.noteTransportIDs(ctx, all)
}

// Of an outcome that comes late, for a message that is uncertain by now, the
// token tells whether it is still the same hand-over's.
var record = both{
	sqlite: `UPDATE messages SET state = j.value->>2, reason = nullif(j.value->>3, ''), tries = tries + (j.value->>9), attempts = j.value->>4, losses = j.value->>5,
			next_attempt_at = coalesce(j.value->>6, next_attempt_at), merged_id = coalesce(nullif(j.value->>7, 0), merged_id), sent_at = j.value->>8,
			claim_token = CASE WHEN j.value->>2 IN (10, 30) THEN 0 ELSE claim_token END, updated_at = $1
		FROM json_each($2) j
		WHERE messages.id = j.value->>0 AND messages.claim_token = j.value->>1 AND messages.state IN (10, 70)
		RETURNING id, tries`,
	postgres: `WITH marked AS (UPDATE messages SET state = (j->>2)::int, reason = nullif(j->>3, ''), tries = tries + (j->>9)::int, attempts = (j->>4)::int, losses = (j->>5)::int,
			next_attempt_at = coalesce((j->>6)::bigint, next_attempt_at), merged_id = coalesce(nullif((j->>7)::bigint, 0), merged_id), sent_at = (j->>8)::bigint,
			claim_token = CASE WHEN (j->>2)::int IN (10, 30) THEN 0 ELSE claim_token END, updated_at = $1
		FROM json_array_elements($2::json) j
		WHERE messages.id = (j->>0)::bigint AND messages.claim_token = (j->>1)::bigint AND messages.state IN (10, 70)
			RETURNING messages.id AS nth, messages.id, run_id, next_attempt_at, tries, state),
		gone AS (` + leaveQueue + `)
		SELECT id, tries FROM marked`,
}

// recordOthers records outcomes of any kind, and gives how many were recorded.
func (t *Tx) recordOthers(ctx context.Context, all []Recorded) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	rows := make([][10]any, len(all))
	for i := range all {
		r := &all[i]
		var sentAt, nextAt any // one that is sent stays where it stood, so that leaveQueue finds it
		switch {
		case r.State == studymail.Sent:
			sentAt = r.At.UnixMilli()
		case r.NextAttemptAt.IsZero():
			nextAt = r.At.UnixMilli()
		default:
			nextAt = r.NextAttemptAt.UnixMilli()
		}
		rows[i] = [10]any{
			r.Key, r.Token, int(r.State), r.Reason, r.Attempts, r.Losses,
			nextAt, r.Window, sentAt, flag(r.isTry()),
		}
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return 0, err
	}
	number := make(map[int64]int, len(all))
	err = t.each(ctx, "record outcomes", t.pick(record), []any{ms(t.now), list}, func(rows *sql.Rows) error {
		var (
			k     int64
			tries int
		)
		err := rows.Scan(&k, &tries)
		number[k] = tries
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := t.addAttempts(ctx, all, number); err != nil {
		return 0, err
	}
	return len(number), t.reopen(ctx, moving(all))
}

// moving gives those that will be tried again. One that comes late, when all
// thought it uncertain, may find its run ended.
func moving(all []Recorded) (keys []int64) {
	for i := range all {
		if s := all[i].State; s == studymail.Queued || s == studymail.Deferred {
			keys = append(keys, all[i].Key)
		}
	}
	return keys
}

var addAttempts = both{
	sqlite: `INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, reply, transport, took_ms)
		SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6, j.value->>7, j.value->>8, j.value->>9, j.value->>10
		FROM json_each($1) j`,
	postgres: `INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, reply, transport, took_ms)
		SELECT (j->>0)::bigint, (j->>1)::int, (j->>2)::int, (j->>3)::bigint, (j->>4)::int, (j->>5)::int, j->>6, j->>7, j->>8, j->>9, (j->>10)::bigint
		FROM json_array_elements($1::json) j`,
}

func (t *Tx) addAttempts(ctx context.Context, all []Recorded, number map[int64]int) error {
	rows := make([][11]any, 0, len(all))
	for i := range all {
		r := &all[i]
		n, recorded := number[r.Key]
		if !recorded || !r.isTry() {
			continue
		}
		o := &r.Outcome
		rows = append(rows, [11]any{
			r.Key, n, flag(r.Counts), r.At.UnixMilli(), int(o.Kind), o.Code, o.Enhanced, o.Stage, o.Reply, r.Transport, o.Took.Milliseconds(),
		})
	}
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "append attempts", t.pick(addAttempts), list)
	return err
}
