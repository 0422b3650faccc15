package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"time"

	"studymail"
)

// Claimed is a message in a sender's hands, with all that rendering needs.
type Claimed struct {
	Key       int64 // row key
	ID        studymail.ID
	Token     int64
	Turn      studymail.Turn
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
	Aside   int // wait for their send hours now
	Passed  Passed
}

// tokenShift leaves room for 16 million claims of one worker.
const tokenShift = 24

// ClaimToken makes the token of a worker's nth claim. It names the worker, so
// that what a dead one held is found, and differs for each claim, so that a
// late outcome cannot be taken for another's.
func ClaimToken(worker, n int64) int64 { return worker<<tokenShift | n&(1<<tokenShift-1) }

// WorkerOf gives the row key of the worker that a token was made by; 0 for none.
func WorkerOf(token int64) int64 { return token >> tokenShift }

// Want says how many messages a claim may take.
type Want struct {
	Total  int // at most
	Others int // at most, of those that are not ad hoc
	Place  int // in the order of turns at which the others go on

	// Passed is how far the claims before went. What lies before it is looked at
	// only when nothing is left behind it: messages that others hold, mostly.
	Passed Passed
}

// Passed is how far claims went in each of their sources.
type Passed map[queue]reached

// reached is where a claim ended, and whether it was given all that it wanted: then
// there is more, nearly always.
type reached struct {
	spot
	more bool
}

// more gives the runs whose queue has more.
func (p Passed) more(tried int) []int64 {
	runs := []int64{}
	for q, r := range p {
		if q.tried == tried && r.more {
			runs = append(runs, q.run)
		}
	}
	return runs
}

// queue is a source's own: a run's fresh messages, or its retries.
type queue struct {
	run   int64
	tried int
}

// spot is a place in the order of a queue.
type spot struct{ at, key int64 }

// ahead is before all others.
var ahead = spot{at: math.MinInt64}

func (s spot) compare(o spot) int { return cmp.Or(cmp.Compare(s.at, o.at), cmp.Compare(s.key, o.key)) }

func (s spot) before(o spot) bool { return s.compare(o) < 0 }

// UpTo wants n messages, whatever they are.
func UpTo(n int) Want { return Want{Total: n, Others: n} }

// tried tells retries from fresh messages. It stands in SQLite's index of what is
// queued, word for word.
const tried = `(CASE WHEN tries = 0 THEN 0 ELSE 1 END)`

// source is where messages of one kind can be claimed: a run's fresh ones, or
// its retries.
type source struct {
	run      studymail.ID
	key      int64 // the run's row key
	campaign studymail.ID
	version  int64
	turn     studymail.Turn
	tried    int
	more     bool // may have more
}

// The lock that StopWorker waits for. PostgreSQL's commit of the transaction does not
// wait for the disk: a window's does, and what was written to the log before it is on
// the disk with it. A crash before that gives the claim back, as if it had not been.
var claimant = both{
	sqlite: `SELECT id FROM workers WHERE id = $1 AND stopped_at IS NULL`,
	postgres: `WITH lazily AS (SELECT set_config('synchronous_commit', 'off', true))
		SELECT w.id FROM lazily, workers w WHERE w.id = $1 AND w.stopped_at IS NULL FOR KEY SHARE OF w`,
}

// Claim takes queued messages of running campaigns under a token: ad hoc ones
// first, then the others by turns (studymail.TurnOf), and of each turn the runs
// share. Who is not eligible any more is skipped on the way. While sending is
// disarmed there is nothing to take. A claim costs nothing to lose; the guard is
// OpenWindow.
//
// A worker that others have declared dead gets nothing: what it held was taken
// back once, and nobody would look for it again.
//
// On PostgreSQL a crash of the server may take the whole transaction back though it
// was committed: nothing else that matters belongs into it.
func (t *Tx) Claim(ctx context.Context, token int64, want Want, today studymail.Date) (ClaimResult, error) {
	res := ClaimResult{Skipped: map[studymail.Reason]int{}, Passed: maps.Clone(want.Passed)}
	if res.Passed == nil {
		res.Passed = Passed{}
	}
	var k int64
	if alive, err := t.one(ctx, "claim messages", t.pick(claimant), []any{WorkerOf(token)}, &k); err != nil || !alive {
		return res, err
	}
	of, err := t.sources(ctx, want.Passed)
	if err != nil {
		return res, err
	}
	take := func(turn studymail.Turn, limit int) error {
		return t.claimFrom(ctx, of[turn], token, limit, want.Place, today, &res)
	}
	if err := take(studymail.AdHocTurn, want.Total); err != nil {
		return res, err
	}
	all := len(res.Claimed) + min(want.Others, want.Total-len(res.Claimed))
	for turn, share := range shares(of, want.Place, all-len(res.Claimed)) {
		if err := take(studymail.Turn(turn), share); err != nil {
			return res, err
		}
	}
	// Whoever waits takes what others leave.
	for _, turn := range []studymail.Turn{studymail.ReminderTurn, studymail.BulkTurn, studymail.RetryTurn} {
		if err := take(turn, all-len(res.Claimed)); err != nil {
			return res, err
		}
	}
	return res, t.noteClaim(ctx, token, res.Claimed)
}

// shares splits n places among those who wait.
func shares(of [studymail.Turns][]source, place, n int) (share [studymail.Turns]int) {
	var waits [studymail.Turns]bool
	for turn := studymail.AdHocTurn + 1; turn < studymail.Turns; turn++ {
		waits[turn] = len(of[turn]) > 0
	}
	for i := range n {
		if turn, ok := studymail.TurnOf(place+i, waits); ok {
			share[turn]++
		}
	}
	return share
}

// some is true when a run has queued messages of a kind. The order keeps PostgreSQL
// at their index, whatever it believes of the table. Of bulk mail those count, too,
// that somebody holds: to pass over a thousand would take longer than to find nothing.
func some(triedOrNot string) both {
	return both{
		sqlite: `CASE WHEN (SELECT m.id FROM messages m WHERE m.run_id = r.id AND m.state = 10 AND ` + tried + ` = ` + triedOrNot + `
			AND (c.ad_hoc = 0 OR m.claim_token = 0) ORDER BY m.next_attempt_at, m.id LIMIT 1) IS NULL THEN 0 ELSE 1 END`,
		postgres: `CASE WHEN (SELECT q.message_id FROM queued q WHERE q.run_id = r.id AND q.tried = ` + triedOrNot + `
			AND (c.ad_hoc = 0 OR (SELECT claim_token FROM messages WHERE id = q.message_id) = 0) ORDER BY q.next_attempt_at, q.message_id LIMIT 1) IS NULL THEN 0 ELSE 1 END`,
	}
}

// openRuns are those of which mail may leave: a campaign to a study that is
// closed now ($1) costs nothing.
const (
	openRuns     = openRunsWith + ` JOIN steps s ON s.id = r.step_id` + openRunsWhere
	openRunsWith = `
	FROM runs r JOIN campaigns c ON c.id = r.campaign_id LEFT JOIN studies cs ON cs.id = c.study_id`
	openRunsWhere = `
	WHERE r.state = 20 AND r.state < 30 AND r.held = 0 AND c.state = 20 AND (cs.id IS NULL OR cs.open_from <= $1 AND $1 < cs.open_until) AND ` + mayLeave
)

var (
	listSources = both{
		listSourcesWith(some("0").sqlite, some("1").sqlite),
		listSourcesWith(surely("$2", some("0").postgres), surely("$3", some("1").postgres)),
	}
	adHocWaits = both{adHocWaitsWith(some("0").sqlite), adHocWaitsWith(some("0").postgres)}
)

func listSourcesWith(fresh, tried string) string {
	return `SELECT r.id, r.uuid, c.uuid, s.template_version_id, c.ad_hoc, s.number, ` + fresh + `, ` + tried + openRuns + ` ORDER BY c.ad_hoc DESC, r.id`
}

// surely does not look whether a run of bulk mail has some, where it is one of those:
// PostgreSQL would pass over all that was sent since it cleaned up.
func surely(those, some string) string {
	return `CASE WHEN c.ad_hoc = 0 AND r.id = ANY (` + those + `::bigint[]) THEN 1 ELSE ` + some + ` END`
}

func adHocWaitsWith(fresh string) string {
	return `SELECT r.id` + openRuns + ` AND c.ad_hoc = 1 AND ` + fresh + ` = 1 LIMIT 1`
}

// sources finds where there is something to claim, by whose turn it is.
func (t *Tx) sources(ctx context.Context, passed Passed) (of [studymail.Turns][]source, err error) {
	args := []any{ms(t.now)}
	if t.kind == Postgres {
		args = append(args, passed.more(0), passed.more(1))
	}
	err = t.each(ctx, "list open runs", t.pick(listSources), args, func(rows *sql.Rows) error {
		var (
			s                      source
			adHoc, fresh, triedOne bool
			step                   int
		)
		if err := rows.Scan(&s.key, &s.run, &s.campaign, &s.version, &adHoc, &step, &fresh, &triedOne); err != nil {
			return err
		}
		s.more = true
		if fresh {
			switch {
			case adHoc:
				s.turn = studymail.AdHocTurn
			case step > 1:
				s.turn = studymail.ReminderTurn
			default:
				s.turn = studymail.BulkTurn
			}
			of[s.turn] = append(of[s.turn], s)
		}
		if triedOne {
			s.turn, s.tried = studymail.RetryTurn, 1
			of[s.turn] = append(of[s.turn], s)
		}
		return nil
	})
	return of, err
}

// AdHocWaits tells whether there is an ad hoc mail to claim.
func (t *Tx) AdHocWaits(ctx context.Context) (bool, error) {
	var run int64
	return t.one(ctx, "look for ad hoc mail", t.pick(adHocWaits), []any{ms(t.now)}, &run)
}

// claimFrom claims up to limit messages: the same number of each source first,
// then what some left.
func (t *Tx) claimFrom(ctx context.Context, from []source, token int64, limit, place int, today studymail.Date, res *ClaimResult) error {
	end := len(res.Claimed) + limit
	each := (limit + len(from) - 1) / max(len(from), 1)
	for pass := range 2 {
		for i := range from {
			left := end - len(res.Claimed)
			if left <= 0 {
				return nil
			}
			s := &from[(place+i)%len(from)] // a small claim does not begin with the same run each time
			if !s.more {
				continue
			}
			if pass == 0 {
				left = min(left, each)
			}
			if err := t.claimOf(ctx, s, token, left, today, res); err != nil {
				return err
			}
		}
	}
	return nil
}

const claimColumns = `m.id, m.next_attempt_at, m.uuid, m.tries, m.attempts, m.attempt_limit, m.losses, m.expires_at,
	pa.uuid, pa.provider_id, pa.study_id, pe.uuid, pe.wrapped_key, pe.details, pe.revision, `

// What claim takes are a queue's messages behind a spot that nobody holds. PostgreSQL's
// marks them at once, where they lie, and leaves their studies and care providers to be
// looked at once each (askOnce); what may not go is given back at once. A message that
// somebody changed since the statement began it leaves to the next claim.
//
// What is queued may go: its time only says whose turn is first. To compare that
// with now would hold all up when the clock is put back.
var claim = both{
	sqlite: `SELECT ` + claimColumns + eligibility + `, CASE WHEN ` + isOpen("$7") + ` THEN 1 ELSE 0 END
		FROM (SELECT * FROM messages WHERE run_id = $2 AND state = 10 AND ` + tried + ` = $4 AND claim_token = 0 AND (next_attempt_at, id) > ($5, $6)
			ORDER BY next_attempt_at, id LIMIT $3) m
		JOIN patients pa ON pa.id = m.patient_id` + whoIsMailed,
	postgres: `WITH free AS MATERIALIZED (SELECT m.spot FROM
			(SELECT message_id FROM queued WHERE run_id = $1 AND tried = $3 AND (next_attempt_at, message_id) > ($4, $5) ORDER BY next_attempt_at, message_id) q
			CROSS JOIN LATERAL (SELECT ctid AS spot FROM messages WHERE id = q.message_id AND state = 10 AND claim_token = 0 FOR UPDATE SKIP LOCKED) m LIMIT $2),
		m AS (UPDATE messages SET claim_token = $6 WHERE ctid = ANY (ARRAY (SELECT spot FROM free)) AND state = 10 AND claim_token = 0
			RETURNING id, next_attempt_at, uuid, tries, attempts, attempt_limit, losses, expires_at, patient_id)
		SELECT ` + claimColumns + `CASE` + whyNotPatient + ` ELSE '' END, 1 FROM m` + patientIsMailed,
}

// A claimed message is a queued one with a token: no index has to know of it, so
// that both databases write nothing but the row, where it lies.
//
// +state keeps SQLite from reading the partial index of a state where it is given the
// rows' keys, here and in other statements.
const (
	markClaimed = `UPDATE messages SET claim_token = $1
		WHERE +state = 10 AND claim_token = 0 AND id IN (SELECT value FROM json_each($2))`

	// For those that stand side by side.
	markRangeClaimed = `UPDATE messages SET claim_token = $1 WHERE +state = 10 AND claim_token = 0 AND id BETWEEN $2 AND $3`

	// PostgreSQL's, for what its claim gave back and is claimed all the same.
	markAllClaimed = `UPDATE messages SET claim_token = $1 WHERE state = 10 AND claim_token = 0 AND id = ANY ($2::bigint[])`
)

func (t *Tx) markClaimed(ctx context.Context, what string, token int64, keys []int64) (int64, error) {
	slices.Sort(keys)
	if t.kind == Postgres {
		return t.exec(ctx, what, markAllClaimed, token, keys)
	}
	inList := func(list string) (int64, error) { return t.exec(ctx, what, markClaimed, token, list) }
	return eachRange(keys, func(first, last int64) (int64, error) { return t.exec(ctx, what, markRangeClaimed, token, first, last) }, inList)
}

// claimOf claims of one source, from where the last claim ended; when that gives
// too little, from the beginning.
func (t *Tx) claimOf(ctx context.Context, s *source, token int64, limit int, today studymail.Date, res *ClaimResult) error {
	q := queue{s.key, s.tried}
	from := ahead
	last, passed := res.Passed[q]
	if passed {
		from = last.spot
	}
	before := len(res.Claimed)
	if err := t.claimBehind(ctx, s, from, token, limit, today, res); err != nil {
		return err
	}
	if left := limit - (len(res.Claimed) - before); !s.more && passed && left > 0 {
		return t.claimBehind(ctx, s, ahead, token, left, today, res)
	}
	return nil
}

// claimBehind claims of one source behind a spot.
func (t *Tx) claimBehind(ctx context.Context, s *source, from spot, token int64, limit int, today studymail.Date, res *ClaimResult) error {
	what := "claim messages of run " + s.run.String()
	found, err := t.claimables(ctx, what, s, from, token, limit, today)
	if err != nil {
		return err
	}
	var (
		mark, back []int64
		end        []ending
		late       []*claimable
		shut       bool
	)
	res.Claimed = slices.Grow(res.Claimed, len(found))
	for i := range found {
		c := &found[i]
		if from.before(c.spot) {
			from = c.spot
		}
		switch {
		case c.why != "":
			end = append(end, ending{c.Key, studymail.Skipped, c.why})
			res.Skipped[c.why]++
		case !c.open:
			shut = true
		case !c.ExpiresAt.After(t.now):
			late = append(late, c)
		default:
			mark = append(mark, c.Key)
			res.Claimed = append(res.Claimed, c.Claimed)
			continue
		}
		back = append(back, c.Key)
	}
	if t.kind == Postgres {
		mark = nil // all are
		if err := t.unclaimKeys(ctx, token, back); err != nil {
			return err
		}
	}
	s.more = len(found) == limit
	res.Passed[queue{s.key, s.tried}] = reached{from, s.more}
	if shut {
		aside, err := t.setAsideAhead(ctx, s)
		if err != nil {
			return err
		}
		res.Aside += aside
		s.more = true
	}
	in, err := t.inTime(ctx, what, late)
	if err != nil {
		return err
	}
	for _, c := range late {
		if in[c.Key] {
			mark = append(mark, c.Key)
			res.Claimed = append(res.Claimed, c.Claimed)
			continue
		}
		end = append(end, ending{c.Key, studymail.Failed, studymail.ReasonExpired})
		res.Expired++
	}
	if err := t.end(ctx, what, studymail.Queued, end); err != nil || len(mark) == 0 {
		return err
	}
	marked, err := t.markClaimed(ctx, what, token, mark)
	if err == nil && marked != int64(len(mark)) {
		err = studymail.Errorf(studymail.Internal, "%s: %d of %d rows were still queued", what, marked, len(mark))
	}
	return err
}
