package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/when"
)

// forever is the end of the time in which mail may leave when there is no limit.
const forever = 253402300799999

// isOpen is true while mail may leave by the hours of the patient's study (st)
// and care provider (pr). An interval that has passed counts as closed until
// RefreshHours gives the next one.
func isOpen(now string) string {
	return `(st.open_from <= ` + now + ` AND ` + now + ` < st.open_until AND pr.open_from <= ` + now + ` AND ` + now + ` < pr.open_until)`
}

// The same of each, where $2 is now.
const (
	studyIsOpen    = `st.open_from <= $2 AND $2 < st.open_until`
	providerIsOpen = `pr.open_from <= $2 AND $2 < pr.open_until`
)

// interval checks hours, and gives the time in which mail may leave that holds
// now, or the next one.
func interval(h *studymail.SendHours, now time.Time) (from, until int64, err error) {
	parsed, err := when.ParseHours(*h)
	if err != nil {
		return 0, 0, err
	}
	if parsed.Always() {
		h.Zone = ""
		return 0, forever, nil
	}
	f, u := parsed.Interval(now)
	return f.UnixMilli(), u.UnixMilli(), nil
}

// hoursOf is how the tables that have hours are gone through.
var hoursOf = []tableWithHours{
	hoursOfTable("studies", "study", "study_id"),
	hoursOfTable("providers", "care provider", "provider_id"),
}

type tableWithHours struct {
	table, what, list, refresh, clear string
	recalled                          both
}

func hoursOfTable(table, what, column string) tableWithHours {
	return tableWithHours{
		table: table, what: what,
		list: `SELECT id, uuid, send_hours, send_zone, closed_on, open_from, open_until FROM ` + table + `
			WHERE (send_hours <> '' OR closed_on <> '') AND (open_until <= $1 OR $2 = 1)`,
		refresh: `UPDATE ` + table + ` SET open_from = $1, open_until = $2 WHERE id = $3 AND send_hours = $4 AND send_zone = $5 AND closed_on = $6`,
		recalled: oddly(`UPDATE messages SET state = 10, reason = NULL, updated_at = $1 WHERE state = 30 AND id IN
			(SELECT m.id FROM runs r JOIN messages m ON m.run_id = r.id AND m.odd = 30 JOIN patients pa ON pa.id = m.patient_id
			WHERE r.state = 20 AND r.state < 30 AND m.reason = $2 AND m.updated_at < $3 AND pa.` + column + ` = $4 LIMIT $5)`),
		clear: `UPDATE ` + table + ` SET recall_at = 0 WHERE id = $1 AND recall_at = $2`,
	}
}

type hoursRow struct {
	key         int64
	id          studymail.ID
	hours       studymail.SendHours
	from, until int64
}

// RefreshHours gives studies and care providers whose time to send has passed
// the next one; all looks at those that are still in time, too: the clock may
// have been set back. It gives how many it changed. One whose hours cannot be
// read stays closed, and does not keep the others from theirs.
func (s *Store) RefreshHours(ctx context.Context, all bool) (changed int, err error) {
	stale := make([][]hoursRow, len(hoursOf))
	now := s.Now()
	if err := s.Read(ctx, func(tx *Tx) error {
		for i, h := range hoursOf {
			stale[i] = nil
			if err := tx.each(ctx, "look at the send hours of the "+h.table, h.list, []any{ms(now), flag(all)}, func(rows *sql.Rows) error {
				var r hoursRow
				err := rows.Scan(&r.key, &r.id, &r.hours.Hours, &r.hours.Zone, &r.hours.ClosedOn, &r.from, &r.until)
				stale[i] = append(stale[i], r)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	var unread error
	for i, h := range hoursOf {
		for _, r := range stale[i] {
			from, until, err := interval(&r.hours, now)
			if err != nil {
				unread = errors.Join(unread, fmt.Errorf("the send hours of %s %s cannot be read, so none of its mail leaves: %w", h.what, r.id, err))
				continue
			}
			if from == r.from && until == r.until {
				continue
			}
			if err := s.Write(ctx, func(tx *Tx) error {
				// Hours that were edited meanwhile have their own interval.
				_, err := tx.exec(ctx, "refresh the send hours of "+h.what+" "+r.id.String(), h.refresh,
					from, until, r.key, r.hours.Hours, r.hours.Zone, r.hours.ClosedOn)
				return err
			}); err != nil {
				return changed, err
			}
			changed++
		}
	}
	return changed, unread
}

// Opened tells whether the time to send of a study or care provider began since
// then, or somebody edited their hours: what waits for them is to be brought back.
func (t *Tx) Opened(ctx context.Context, since time.Time) (bool, error) {
	var one int
	return t.one(ctx, "look for send hours that began", `SELECT 1 FROM
		(SELECT open_from, recall_at FROM studies UNION ALL SELECT open_from, recall_at FROM providers) h
		WHERE open_from > $1 AND open_from <= $2 OR recall_at > 0 LIMIT 1`, []any{ms(since), ms(t.now)}, &one)
}

// Somebody may have set messages aside by the old hours in a transaction that
// began before the edit was committed: for a while they are looked for again.
const (
	recallSlack = 2 * time.Second
	recallFor   = 5 * time.Second
)

// Recall queues messages again that wait for hours which were edited since, at
// most 1,000: the claim looks at them by the new ones. Call it again while it
// gives that many.
func (t *Tx) Recall(ctx context.Context) (int, error) {
	moved := 0
	for _, h := range hoursOf {
		edited := map[int64]int64{}
		if err := t.each(ctx, "list edited send hours", `SELECT id, recall_at FROM `+h.table+` WHERE recall_at > 0`, nil, func(rows *sql.Rows) error {
			var k, at int64
			err := rows.Scan(&k, &at)
			edited[k] = at
			return err
		}); err != nil {
			return moved, err
		}
		for k, at := range edited {
			if moved >= sweepAtOnce {
				return moved, nil
			}
			since := time.UnixMilli(at)
			n, err := t.exec(ctx, "queue again what waits for edited send hours", t.pick(h.recalled),
				ms(t.now), string(studymail.ReasonOutsideHours), ms(since.Add(recallSlack)), k, sweepAtOnce-moved)
			if err != nil {
				return moved, err
			}
			moved += int(n)
			if n > 0 || t.now.Before(since.Add(recallFor)) {
				continue
			}
			if _, err := t.exec(ctx, "note that edited send hours are in force", h.clear, k, at); err != nil {
				return moved, err
			}
		}
	}
	return moved, nil
}
