package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"studymail"
)

// Claimed is a message in a sender's hands, with all that rendering needs.
type Claimed struct {
	Key       int64 // row key
	ID        studymail.ID
	Token     int64
	Patient   studymail.ID
	Run       studymail.ID
	Campaign  studymail.ID
	Person    studymail.ID
	Wrapped   []byte
	Sealed    []byte
	Revision  int64 // of the person's details
	Provider  int64 // row key
	Study     int64 // row key
	Version   int64 // row key of the template version
	Tries     int
	Attempts  int
	Limit     int
	Losses    int
	ExpiresAt time.Time
}

// ClaimResult is what a claim found.
type ClaimResult struct {
	Claimed []Claimed
	Skipped map[studymail.Reason]int // no longer eligible: set aside on the way
	Expired int
}

// tokenShift leaves room for 16 million claims of one worker.
const tokenShift = 24

// ClaimToken makes the token of a worker's nth claim. It names the worker, so
// that what a dead one held is found, and differs for each claim, so that a
// late outcome cannot be taken for another's.
func ClaimToken(worker, n int64) int64 { return worker<<tokenShift | n&(1<<tokenShift-1) }

// WorkerOf gives the row key of the worker that a token was made by; 0 for none.
func WorkerOf(token int64) int64 { return token >> tokenShift }

type openRun struct {
	key         int64
	id          studymail.ID
	campaign    studymail.ID
	version     int64
	adHoc, full bool
}

// The lock that StopWorker waits for.
var claimant = both{
	sqlite:   `SELECT id FROM workers WHERE id = $1 AND stopped_at IS NULL`,
	postgres: `SELECT id FROM workers WHERE id = $1 AND stopped_at IS NULL FOR KEY SHARE`,
}

// Claim takes up to limit queued messages of running campaigns under a token:
// ad hoc ones first, then campaigns in turns, so that a big one does not hold
// up the others. Who is not eligible any more is skipped on the way. A claim
// costs nothing to lose; the guard is OpenWindow.
//
// A worker that others have declared dead gets nothing: what it held was taken
// back once, and nobody would look for it again.
func (t *Tx) Claim(ctx context.Context, token int64, limit int, today studymail.Date) (ClaimResult, error) {
	res := ClaimResult{Skipped: map[studymail.Reason]int{}}
	var k int64
	if alive, err := t.one(ctx, "claim messages", t.pick(claimant), []any{WorkerOf(token)}, &k); err != nil || !alive {
		return res, err
	}
	runs, err := t.openRuns(ctx)
	if err != nil {
		return res, err
	}
	for pass := range 2 {
		for i := range runs {
			left := limit - len(res.Claimed)
			if left <= 0 {
				return res, nil
			}
			r := &runs[i]
			if pass == 1 && !r.full {
				continue
			}
			if pass == 0 && !r.adHoc {
				left = min(left, (limit+len(runs)-1)/len(runs))
			}
			if r.full, err = t.claimOf(ctx, r, token, left, today, &res); err != nil {
				return res, err
			}
		}
	}
	return res, nil
}

func (t *Tx) openRuns(ctx context.Context) ([]openRun, error) {
	var all []openRun
	err := t.each(ctx, "list open runs", `SELECT r.id, r.uuid, c.uuid, s.template_version_id, c.ad_hoc
		FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN steps s ON s.id = r.step_id
		WHERE r.state = 20 AND r.state < 30 AND c.state = 20 ORDER BY c.ad_hoc DESC, r.id`, nil,
		func(rows *sql.Rows) error {
			var r openRun
			err := rows.Scan(&r.key, &r.id, &r.campaign, &r.version, &r.adHoc)
			all = append(all, r)
			return err
		})
	return all, err
}

const claimColumns = `m.id, m.uuid, m.tries, m.attempts, m.attempt_limit, m.losses, m.expires_at,
	pa.uuid, pa.provider_id, pa.study_id, pe.uuid, pe.wrapped_key, pe.details, pe.revision, ` + eligibility

// What is queued may go: its time only says whose turn is first. To compare that
// with now would hold all up when the clock is put back.
var claim = both{
	sqlite: `SELECT ` + claimColumns + `
		FROM (SELECT * FROM messages WHERE run_id = $2 AND state = 10 ORDER BY next_attempt_at, id LIMIT $3) m
		JOIN patients pa ON pa.id = m.patient_id` + whoIsMailed,
	postgres: `WITH m AS MATERIALIZED (SELECT * FROM messages WHERE run_id = $2 AND state = 10
			ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
		SELECT ` + claimColumns + ` FROM m JOIN patients pa ON pa.id = m.patient_id` + whoIsMailed,
}

// state + 0 keeps PostgreSQL from reading the partial index of a state where it
// is given the rows' keys, here and in other statements.
var markClaimed = both{
	sqlite: `UPDATE messages SET state = 15, claim_token = $1
		WHERE state = 10 AND id IN (SELECT value FROM json_each($2))`,
	postgres: `UPDATE messages SET state = 15, claim_token = $1
		WHERE state + 0 = 10 AND id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($2::json)))`,
}

// markRangeClaimed is SQLite's for those that stand side by side.
const markRangeClaimed = `UPDATE messages SET state = 15, claim_token = $1 WHERE +state = 10 AND id BETWEEN $2 AND $3`

func (t *Tx) markClaimed(ctx context.Context, what string, token int64, keys []int64) (int64, error) {
	inList := func(list string) (int64, error) { return t.exec(ctx, what, t.pick(markClaimed), token, list) }
	if t.kind == Postgres {
		return inList(keysJSON(keys))
	}
	slices.Sort(keys)
	return eachRange(keys, func(first, last int64) (int64, error) { return t.exec(ctx, what, markRangeClaimed, token, first, last) }, inList)
}

// claimOf claims of one run; full tells that the run may have more.
func (t *Tx) claimOf(ctx context.Context, r *openRun, token int64, limit int, today studymail.Date, res *ClaimResult) (full bool, err error) {
	var (
		keys []int64
		end  []ending
		n    int
	)
	what := "claim messages of run " + r.id.String()
	err = t.each(ctx, what, t.pick(claim), []any{string(today), r.key, limit}, func(rows *sql.Rows) error {
		c := Claimed{Token: token, Run: r.id, Campaign: r.campaign, Version: r.version}
		var why studymail.Reason
		if err := rows.Scan(&c.Key, &c.ID, &c.Tries, &c.Attempts, &c.Limit, &c.Losses, at{&c.ExpiresAt},
			&c.Patient, &c.Provider, &c.Study, &c.Person, &c.Wrapped, &c.Sealed, &c.Revision, &why); err != nil {
			return err
		}
		n++
		switch {
		case why != "":
			end = append(end, ending{c.Key, studymail.Skipped, why})
			res.Skipped[why]++
		case !c.ExpiresAt.After(t.now):
			end = append(end, ending{c.Key, studymail.Failed, studymail.ReasonExpired})
			res.Expired++
		default:
			keys = append(keys, c.Key)
			res.Claimed = append(res.Claimed, c)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if err := t.end(ctx, what, studymail.Queued, end); err != nil {
		return false, err
	}
	if len(keys) > 0 {
		marked, err := t.markClaimed(ctx, what, token, keys)
		if err != nil {
			return false, err
		}
		if marked != int64(len(keys)) {
			return false, studymail.Errorf(studymail.Internal, "%s: %d of %d rows were still queued", what, marked, len(keys))
		}
	}
	return n == limit, nil
}

// ending is a message that ends without a hand-over.
type ending struct {
	key    int64
	state  studymail.State
	reason studymail.Reason
}

var endMessages = both{
	sqlite: `UPDATE messages SET state = j.value->>1, reason = j.value->>2, claim_token = 0, updated_at = $1
		FROM json_each($2) j WHERE messages.id = j.value->>0 AND messages.state = $3`,
	postgres: `UPDATE messages SET state = (j->>1)::int, reason = j->>2, claim_token = 0, updated_at = $1
		FROM json_array_elements($2::json) j WHERE messages.id = (j->>0)::bigint AND messages.state + 0 = $3`,
}

func (t *Tx) end(ctx context.Context, what string, from studymail.State, all []ending) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([][3]any, len(all))
	for i, e := range all {
		rows[i] = [3]any{e.key, int(e.state), e.reason}
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, what, t.pick(endMessages), ms(t.now), list, int(from))
	return err
}

var unclaim = both{
	sqlite: `UPDATE messages SET state = 10, claim_token = 0
		WHERE state = 15 AND claim_token = $1 AND id IN (SELECT value FROM json_each($2))`,
	postgres: `UPDATE messages SET state = 10, claim_token = 0
		WHERE state + 0 = 15 AND claim_token = $1 AND id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($2::json)))`,
}

// Unclaim gives back claimed messages that stand in no window.
func (t *Tx) Unclaim(ctx context.Context, claimed []Claimed) error {
	byToken := map[int64][]int64{}
	for i := range claimed {
		byToken[claimed[i].Token] = append(byToken[claimed[i].Token], claimed[i].Key)
	}
	for token, keys := range byToken {
		if _, err := t.exec(ctx, "give back claimed messages", t.pick(unclaim), token, keysJSON(keys)); err != nil {
			return err
		}
	}
	return nil
}

// UnclaimToken gives back whatever a claim holds of which its maker does not
// know whether it came through: nothing of it can stand in a window.
func (t *Tx) UnclaimToken(ctx context.Context, token int64) error {
	_, err := t.exec(ctx, "give back a claim", `UPDATE messages SET state = 10, claim_token = 0 WHERE state = 15 AND claim_token = $1`, token)
	return err
}
