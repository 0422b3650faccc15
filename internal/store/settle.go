package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"studymail"
)

// settling is what PostgreSQL records and opens by one statement: to begin one takes
// as long as to look at a window's messages, and each is a round trip.
type settling struct {
	today    studymail.Date
	now      time.Time
	asked    asking
	taken    grouped
	closing  []int64            // windows
	keys     []int64            // of what was taken
	only     int                // windows open only if so many messages may go; below 0: those that may
	openings map[int64]*Opening // by their windows

	recorded int // what came of it
}

const settleWhat = "settle what was taken and open hand-over windows"

// settle records what was taken, closes windows and opens others. Of what was taken
// together the attempts are one row; whose message is another claim's by now is left
// out of it.
//
// The guard of the windows is openWindow's. It takes the messages by ranges of row keys,
// for those of a window were planned together and stand side by side: one look into the
// index for all of them. So it does with what leaves the queue. (An UPDATE is given the
// keys: it cannot be kept from turning a join with ranges round, and by the places where
// rows lie, ctid, it would pass over what somebody else changes meanwhile. What belongs
// to a range stands in arrays, ofRange.) It looks at each worker, run, study and care
// provider once: they are few, the sender names them, and of a message that has another
// it finds nothing. It locks the messages, so that a sweep which wants them waits and
// then sees the window, and the worker, so that nobody declares it dead meanwhile.
const settle = `WITH
	parts AS MATERIALIZED (
		SELECT * FROM unnest($19::bigint[], $20::bigint[], $21::bigint[], $22::int[], $23::text[], $24::text[], $25::text[], $26::text[])
			WITH ORDINALITY AS p (size, window_id, first, code, enhanced, stage, transport, members, part)),
	marked AS (
		UPDATE messages SET state = 40, reason = NULL, tries = tries + 1, attempts = attempts + 1, losses = 0,
			merged_id = ($17::bigint[])` + ofRange + `, sent_at = ($18::bigint[])` + ofRange + `, updated_at = ($18::bigint[])` + ofRange + `
		WHERE id = ANY ($28::bigint[]) AND claim_token = ($16::bigint[])` + ofRange + ` AND state IN (10, 70)
		RETURNING ` + itsRange + ` AS nth, id, run_id, next_attempt_at, tries, state),
	gone AS (` + leaveQueue + `),
	counted AS MATERIALIZED (SELECT ($14::bigint[])[nth] AS part, count(*) AS n, array_agg(id) AS ids FROM marked GROUP BY 1),
	noted AS (
		INSERT INTO taken (window_id, first, code, enhanced, stage, transport, members)
		SELECT p.window_id, p.first, p.code, p.enhanced, p.stage, p.transport, CASE WHEN c.n = p.size THEN p.members ELSE
			(SELECT json_agg(j)::text FROM json_array_elements(p.members::json) j WHERE (j->>0)::bigint = ANY (c.ids)) END
		FROM counted c JOIN parts p ON p.part = c.part),
	closed AS (DELETE FROM windows WHERE id = ANY ($27::bigint[])),
	asked AS MATERIALIZED (
		SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
			AS g (window_id, worker_id, first, last, token, revision)),
	alive AS MATERIALIZED (SELECT w.id FROM workers w WHERE w.id = ANY (ARRAY (SELECT worker_id FROM asked))
		AND w.stopped_at IS NULL AND w.lease_until > $2 FOR KEY SHARE),
	ok AS MATERIALIZED (
		SELECT g.window_id, g.worker_id, m.id
		FROM asked g
		CROSS JOIN LATERAL (SELECT id, run_id, patient_id, state, claim_token FROM messages WHERE id BETWEEN g.first AND g.last ORDER BY id FOR UPDATE) m
		` + patientIsMailed + `
		WHERE m.state = 10 AND m.claim_token = g.token AND pe.revision = g.revision AND CASE` + whyNotPatient + ` ELSE '' END = ''
			AND g.worker_id = ANY (ARRAY (SELECT id FROM alive))
			AND m.run_id = ANY (ARRAY (SELECT r.id FROM runs r JOIN campaigns c ON c.id = r.campaign_id WHERE r.uuid = ANY ($11::bytea[]) AND c.state = 20))
			AND pa.study_id = ANY (ARRAY (SELECT st.id FROM studies st WHERE st.id = ANY ($12::bigint[]) AND CASE` + whyNotStudy + ` ELSE '' END = '' AND ` + studyIsOpen + `))
			AND pa.provider_id = ANY (ARRAY (SELECT pr.id FROM providers pr WHERE pr.id = ANY ($13::bigint[]) AND CASE` + whyNotProvider + ` ELSE '' END = '' AND ` + providerIsOpen + `))
			AND ` + mayLeave + `),
	opened AS (
		INSERT INTO windows (id, worker_id, opened_at, members)
		SELECT window_id, max(worker_id), $2, json_agg(id)::text FROM ok WHERE $29::bigint < 0 OR (SELECT count(*) FROM ok) = $29 GROUP BY window_id
		RETURNING id, members),
	kept AS (
		INSERT INTO merged (id, at, packed)
		SELECT o.id, $2, p.packed FROM opened o JOIN unnest($9::bigint[], $10::bytea[]) AS p (id, packed) ON p.id = o.id)
	SELECT 0::bigint AS id, count(*)::text AS what FROM marked UNION ALL SELECT id, members FROM opened`

// itsRange is the number of the range that a message stands in: $15 has their first keys,
// in ascending order.
const itsRange = `width_bucket(id, $15::bigint[])`

// ofRange takes of an array what it has for that range.
const ofRange = `[` + itsRange + `]`

// leaveQueue takes what was marked as sent out of the queue: fresh at its first try, else
// tried. What is marked says by nth which messages stand side by side: one look into the
// index for all of these. Asked to join, PostgreSQL goes over all that is queued once it
// has seen the table empty.
const leaveQueue = `DELETE FROM queued WHERE ctid = ANY (ARRAY (SELECT q.spot FROM
	(SELECT run_id, CASE WHEN tries = 1 THEN 0 ELSE 1 END AS tried, next_attempt_at, min(id) AS first, max(id) AS last
		FROM marked WHERE state = 40 GROUP BY nth, 1, 2, 3) m
	CROSS JOIN LATERAL (SELECT ctid AS spot, message_id FROM queued WHERE run_id = m.run_id AND tried = m.tried AND next_attempt_at = m.next_attempt_at
		AND message_id BETWEEN m.first AND m.last OFFSET 0) q
	WHERE q.message_id = ANY (ARRAY (SELECT id FROM marked WHERE state = 40))))`

func newSettling(today studymail.Date, now time.Time) *settling {
	return &settling{today: today, now: now, only: -1, openings: map[int64]*Opening{}}
}

// args are settle's parameters.
func (s *settling) args() []any {
	return slices.Concat([]any{string(s.today), ms(s.now)}, s.asked.columns(), s.taken.columns(), []any{s.closing, s.keys, s.only})
}

// open has windows opened.
func (s *settling) open(all []*Opening) {
	for _, o := range all {
		o.Members, s.openings[o.Window] = nil, o
		s.asked.add(o)
	}
}

// allOrNone opens windows only if all that are asked for may go.
func (s *settling) allOrNone() {
	s.only = 0
	for _, o := range s.openings {
		s.only += len(o.All)
	}
}

// record has outcomes recorded; all are plain.
func (s *settling) record(all []*Recorded) error {
	for k, rs := range alike(all) {
		keys := keysOf(rs)
		if err := s.taken.add(k, rs, keys); err != nil {
			return err
		}
		s.keys = append(s.keys, keys...)
	}
	return s.taken.sort()
}

// run does it in a transaction.
func (s *settling) run(ctx context.Context, t *Tx) error {
	return t.each(ctx, settleWhat, settle, s.args(), func(rows *sql.Rows) error { return s.read(rows.Scan) })
}

// read reads a row that it gives.
func (s *settling) read(scan func(...any) error) (err error) {
	var (
		id   int64
		what string
	)
	if err := scan(&id, &what); err != nil {
		return err
	}
	if o := s.openings[id]; o != nil {
		return o.entered(what)
	}
	s.recorded, err = strconv.Atoi(what)
	return err
}

// asking is what is to stand in windows: ranges of messages side by side, under one
// claim and with details of one revision; what is kept with the windows; and what all
// of these belong to.
type asking struct {
	window, worker, first, last, token, revision []int64

	windows []int64
	packed  [][]byte

	runs               [][]byte
	studies, providers []int64
}

func (a *asking) columns() []any {
	return []any{a.window, a.worker, a.first, a.last, a.token, a.revision, a.windows, a.packed, a.runs, a.studies, a.providers}
}

func (a *asking) add(o *Opening) {
	a.windows, a.packed = append(a.windows, o.Window), append(a.packed, pack(o.All))
	for i := range o.All {
		s := &o.All[i]
		if i > 0 && s.follows(&o.All[i-1]) {
			a.last[len(a.last)-1] = s.Key
		} else {
			a.window, a.worker = append(a.window, o.Window), append(a.worker, o.Worker)
			a.first, a.last = append(a.first, s.Key), append(a.last, s.Key)
			a.token, a.revision = append(a.token, s.Token), append(a.revision, s.Revision)
		}
		if !slices.ContainsFunc(a.runs, func(run []byte) bool { return string(run) == string(s.Run[:]) }) {
			a.runs = append(a.runs, s.Run[:])
		}
		if !slices.Contains(a.studies, s.Study) {
			a.studies = append(a.studies, s.Study)
		}
		if !slices.Contains(a.providers, s.Provider) {
			a.providers = append(a.providers, s.Provider)
		}
	}
}

// grouped is what was taken: ranges of messages side by side; and for each part what
// its attempts share.
type grouped struct {
	ranges []stretch

	size, of, begin, code               []int64
	enhanced, stage, transport, members []string
}

// stretch is a range of a part's messages, by their keys.
type stretch struct{ part, first, last, token, window, at int64 }

func (g *grouped) columns() []any {
	n := len(g.ranges)
	part, first, token, window, at := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, r := range g.ranges {
		part[i], first[i], token[i], window[i], at[i] = r.part, r.first, r.token, r.window, r.at
	}
	return []any{part, first, token, window, at, g.size, g.of, g.begin, g.code, g.enhanced, g.stage, g.transport, g.members}
}

func (g *grouped) add(k together, rs []*Recorded, keys []int64) error {
	members, err := rowsJSON(membersOf(rs))
	if err != nil {
		return err
	}
	g.size, g.of, g.begin = append(g.size, int64(len(rs))), append(g.of, k.window), append(g.begin, keys[0])
	g.code, g.enhanced, g.stage = append(g.code, int64(k.code)), append(g.enhanced, k.enhanced), append(g.stage, k.stage)
	g.transport, g.members = append(g.transport, k.transport), append(g.members, members)
	part, at := int64(len(g.size)), lastAt(rs)
	first, last := rangesOf(keys)
	for i := range first {
		g.ranges = append(g.ranges, stretch{part, first[i], last[i], k.token, k.window, at})
	}
	return nil
}

// sort puts the ranges in order, so that a message's is found by its key. Two outcomes of
// a message are two hand-overs': each has to be recorded by itself.
func (g *grouped) sort() error {
	slices.SortFunc(g.ranges, func(a, b stretch) int { return cmp.Compare(a.first, b.first) })
	for i := 1; i < len(g.ranges); i++ {
		if g.ranges[i].first <= g.ranges[i-1].last {
			return studymail.Errorf(studymail.Internal, "%s: two outcomes of the message with row key %d at once", settleWhat, g.ranges[i].first)
		}
	}
	return nil
}
