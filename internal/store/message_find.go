package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"studymail"
)

// MessageQuery says which messages a list shows, the newest first; zero fields are
// all.
type MessageQuery struct {
	Campaign studymail.ID
	Step     int   // number of the campaign's: 1 is the first letter
	Study    int64 // row key of the patient's
	State    studymail.State
	Reason   studymail.Reason
	Since    time.Time // planned at or after
	Until    time.Time // … and before
	Before   int64     // row key: a page begins behind it
	Limit    int
}

// MessagesFound is a page of a list.
type MessagesFound struct {
	Rows  []MessageRow
	Next  int64 // where the next page begins; 0: there is none
	Short bool  // only a part was looked through: there may be more
	Total int   // -1: not counted
}

// lookedThrough bounds how many messages a page looks at that no index tells apart.
const lookedThrough = 20_000

// FindMessages finds a page. Messages that ended otherwise than sent, and those that
// were put off, are few, and have indexes; they are counted, too (+ 0: by those
// indexes, never by the row keys through all that were sent). The others are
// looked through by their row keys, for a bounded time.
func (t *Tx) FindMessages(ctx context.Context, q *MessageQuery) (MessagesFound, error) {
	f, err := t.findMessages(ctx, q)
	if err != nil || len(f.Rows) == 0 {
		return f, err
	}
	keys := make([]int64, len(f.Rows))
	for i := range f.Rows {
		keys[i] = f.Rows[i].Key
	}
	in := t.pick(both{`m.id IN (SELECT value FROM json_each($1))`, `m.id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`})
	f.Rows = f.Rows[:0]
	err = t.each(ctx, "list messages", t.messageQuery()+` WHERE `+in+` ORDER BY m.id DESC`, []any{keysJSON(keys)}, func(rows *sql.Rows) error {
		var m MessageRow
		err := scanMessage(rows, &m)
		f.Rows = append(f.Rows, m)
		return err
	})
	return f, err
}

// findMessages finds the row keys.
func (t *Tx) findMessages(ctx context.Context, q *MessageQuery) (MessagesFound, error) {
	f := MessagesFound{Total: -1}
	since, until, err := t.MessagesBetween(ctx, q.Since, q.Until)
	if err != nil {
		return f, err
	}
	var p params
	where := q.wheres(&p, t.pick(inWindow), t.odd())
	take := func(query string, args params) error {
		return t.each(ctx, "find messages", query, args, func(rows *sql.Rows) error {
			var m MessageRow
			err := rows.Scan(&m.Key)
			f.Rows = append(f.Rows, m)
			return err
		})
	}
	if q.indexed() {
		if !q.Since.IsZero() || !q.Until.IsZero() {
			where = append(where, fmt.Sprintf("m.id + 0 >= %s AND m.id + 0 < %s", p.add(since), p.add(until)))
		}
		ways := q.ways(&p)
		all, of := everyWay(ways, where), slices.Clone(p)
		if q.Before != 0 {
			where = append(where, "m.id + 0 < "+p.add(q.Before))
		}
		query := `SELECT id FROM ` + everyWay(ways, where) + ` ORDER BY id DESC LIMIT ` + p.add(q.Limit+1)
		if err := take(query, p); err != nil {
			return f, err
		}
		if !f.cut(q.Limit) && q.Before == 0 {
			f.Total = len(f.Rows)
			return f, nil
		}
		_, err := t.one(ctx, "count messages", `SELECT count(*) FROM `+all, of, &f.Total)
		return f, err
	}
	where = append(where, q.ofStudy(&p)...)
	if q.Before != 0 {
		until = min(until, q.Before)
	}
	some := `(SELECT * FROM messages WHERE id >= ` + p.add(since) + ` AND id < ` + p.add(until) + ` ORDER BY id DESC LIMIT ` + p.add(lookedThrough) + `) m`
	query := `SELECT m.id FROM ` + some
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	if err := take(query+` ORDER BY m.id DESC LIMIT `+p.add(q.Limit+1), p); err != nil || f.cut(q.Limit) {
		return f, err
	}
	var (
		looked int
		last   int64
	)
	_, err = t.one(ctx, "find messages", `SELECT count(*), coalesce(min(id), 0) FROM (SELECT id FROM messages WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT $3) m`,
		[]any{since, until, lookedThrough}, &looked, &last)
	if looked == lookedThrough && last > since {
		f.Next, f.Short = last, true
	}
	return f, err
}

// cut keeps a page of what was asked for with one more, and tells whether it is full.
func (f *MessagesFound) cut(limit int) bool {
	if len(f.Rows) <= limit {
		return false
	}
	f.Rows = f.Rows[:limit]
	f.Next = f.Rows[limit-1].Key
	return true
}

// indexed tells whether an index leads to all that match.
func (q *MessageQuery) indexed() bool {
	switch q.State {
	case studymail.Deferred, studymail.Failed, studymail.Skipped, studymail.Uncertain:
		return true
	case 0:
		return q.Reason != "" && q.Reason != studymail.ReasonResolved && q.Reason != studymail.ReasonOutsideHours
	case studymail.Queued, studymail.Claimed, studymail.Sending, studymail.Sent, studymail.MessageCanceled:
	}
	return false
}

const inRuns = "m.run_id IN (SELECT r.id FROM campaigns c JOIN runs r ON r.campaign_id = c.id WHERE "

// ways are the conditions by which the indexes of runs lead to all that may match.
func (q *MessageQuery) ways(p *params) [][]string {
	switch {
	case !q.Campaign.IsZero():
		return [][]string{q.ofStudy(p)}
	case q.Study != 0:
		return q.studyWays(p)
	}
	return [][]string{{"m.run_id IN (SELECT id FROM runs)"}}
}

// studyWays lead to a study's messages: by its campaigns, which go to its patients, and by
// letters to chosen patients, who are looked at one by one.
func (q *MessageQuery) studyWays(p *params) [][]string {
	study := p.add(q.Study)
	return [][]string{
		{inRuns + "c.study_id = " + study + ")"},
		{inRuns + "c.study_id IS NULL)", "EXISTS (SELECT 1 FROM patients pa WHERE pa.id = m.patient_id AND pa.study_id = " + study + ")"},
	}
}

// everyWay is where the messages stand that match. (+ 0: an order that no index has.)
func everyWay(ways [][]string, where []string) string {
	all := make([]string, len(ways))
	for i, way := range ways {
		all[i] = `SELECT m.id + 0 AS id FROM messages m WHERE ` + strings.Join(slices.Concat(way, where), " AND ")
	}
	return `(` + strings.Join(all, ` UNION ALL `) + `) m`
}

// ofStudy are the conditions that the messages are a study's, where no index leads to them
// or they are of one campaign.
func (q *MessageQuery) ofStudy(p *params) []string {
	if q.Study == 0 {
		return nil
	}
	var either []string
	for _, way := range q.studyWays(p) {
		either = append(either, strings.Join(way, " AND "))
	}
	return []string{"(" + strings.Join(either, " OR ") + ")"}
}

// wheres gives the conditions but for the dates and the study.
func (q *MessageQuery) wheres(p *params, inWindow, odd string) (where []string) {
	if !q.Campaign.IsZero() {
		runs := inRuns + "c.uuid = " + p.add(q.Campaign)
		if q.Step != 0 {
			runs += " AND r.step_id = (SELECT id FROM steps WHERE campaign_id = c.id AND number = " + p.add(q.Step) + ")"
		}
		where = append(where, runs+")")
	}
	switch q.State {
	case 0:
		if q.indexed() {
			where = append(where, "m."+odd+" >= 50 AND m."+odd+" IN (50, 60, 70, 80)") // each a step into the index
		}
	case studymail.Queued, studymail.Claimed:
		where = append(where, "m.state = 10")
	case studymail.Sending:
		where = append(where, "m.state = 10 AND m.claim_token <> 0 AND "+inWindow)
	case studymail.Failed, studymail.Skipped, studymail.Uncertain, studymail.MessageCanceled:
		where = append(where, "m."+odd+" >= 50 AND m."+odd+" = "+p.add(int(q.State)))
	case studymail.Deferred:
		where = append(where, "m."+odd+" = 30")
	case studymail.Sent:
		where = append(where, "m.state = 40")
	}
	if q.Reason != "" {
		where = append(where, "m.reason = "+p.add(string(q.Reason)))
	}
	return where
}

// MessagesBetween gives the row keys between which the messages stand that were
// planned in a time: UUIDs are in the order of time, and so are row keys, but for
// runs that were planned at the same time.
func (t *Tx) MessagesBetween(ctx context.Context, since, until time.Time) (from, to int64, err error) {
	from, to = 0, int64(1)<<62
	bound := func(at time.Time, key *int64) error {
		if at.IsZero() {
			return nil
		}
		var uuid [16]byte
		for i, n := 0, at.UnixMilli(); i < 6; i++ {
			uuid[i] = byte(n >> (40 - 8*i))
		}
		_, err := t.one(ctx, "find messages by their time", `SELECT id FROM messages WHERE uuid >= $1 ORDER BY uuid LIMIT 1`, []any{uuid[:]}, key)
		return err
	}
	if !since.IsZero() {
		from = to // nothing is newer
	}
	if err = bound(since, &from); err == nil {
		err = bound(until, &to)
	}
	return from, to, err
}

// CountAllMessages counts all that were planned: of one campaign (row key) or of all, of
// one step of it (number) or of all.
func (t *Tx) CountAllMessages(ctx context.Context, campaign int64, step int) (int, error) {
	query, args := `SELECT coalesce(sum(planned), 0) FROM runs`, []any(nil)
	if campaign != 0 {
		query, args = query+` WHERE campaign_id = $1`, []any{campaign}
		if step != 0 {
			query, args = query+` AND step_id = (SELECT id FROM steps WHERE campaign_id = $1 AND number = $2)`, append(args, step)
		}
	}
	var n int
	_, err := t.one(ctx, "count messages", query, args, &n)
	return n, err
}
