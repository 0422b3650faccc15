package store

import (
	"context"
	"time"

	"studymail"
)

// What fills a database with invented data in bulk, for measuring (internal/seed).
// Nothing else may use it: it writes messages in any state, past the rules.

// SeedCampaign is a campaign with one run, as it is to stand in the end.
type SeedCampaign struct {
	Campaign studymail.Campaign
	Run      studymail.Run
	Step     studymail.Step
	At       time.Time // when it was planned
	Over     time.Duration
	State    studymail.CampaignState
	Share    int // of the study's patients, in ten thousand
	Halt     studymail.HaltReason
	First    studymail.Run // of a campaign that has a canary: the canary's; Run is the rest's
	// Of ten thousand messages, up to which number they are sent, failed, skipped,
	// deferred, uncertain, cancelled; the rest is queued.
	UpTo [6]int
}

// BeginSeedCampaign writes the campaign, its step and its run.
func (t *Tx) BeginSeedCampaign(ctx context.Context, c *SeedCampaign, version int64) (err error) {
	if c.Step, err = t.AddCampaign(ctx, NewCampaign{Campaign: &c.Campaign, TemplateVersion: version}); err != nil {
		return err
	}
	part := studymail.WholeStep
	if c.Campaign.Canary.First > 0 {
		if c.First, err = t.AddRun(ctx, c.Step, studymail.CanaryPart, 0, 0); err != nil {
			return err
		}
		part = studymail.RestPart
	}
	c.Run, err = t.AddRun(ctx, c.Step, part, 0, 0)
	return err
}

const (
	seedColumns = `INSERT INTO messages (uuid, step_id, run_id, patient_id, state, reason, tries, attempts, attempt_limit, next_attempt_at, expires_at, created_at, updated_at, sent_at) SELECT `
	// $1 step, $2 run, $3 study, $4 from, $5 to, $6 when, $7 over, $8 share, $9… up to which number they are in each state
	seedValues = `, $1, $2, p.id, p.state, CASE p.state WHEN 50 THEN CASE p.h % 3 WHEN 0 THEN 'refused' WHEN 1 THEN 'no such mailbox' ELSE 'attempts used up' END
			WHEN 60 THEN 'opted out' WHEN 70 THEN 'the process died in the hand-over' WHEN 80 THEN 'campaign cancelled' END,
		CASE WHEN p.state IN (30, 40, 50, 70) THEN 1 ELSE 0 END, CASE WHEN p.state IN (30, 40, 50, 70) THEN 1 ELSE 0 END, 8,
		p.at, $6 + 432000000, $6, CASE WHEN p.state = 10 THEN $6 ELSE p.at END, CASE p.state WHEN 40 THEN p.at END
	FROM (SELECT h.id, h.h, $6 + h.h * $7 / 10000 AS at,
			CASE WHEN h.h < $9 THEN 40 WHEN h.h < $10 THEN 50 WHEN h.h < $11 THEN 60 WHEN h.h < $12 THEN 30 WHEN h.h < $13 THEN 70 WHEN h.h < $14 THEN 80 ELSE 10 END AS state
		FROM (SELECT pa.id, (pa.id * 48271 + $1 * 7919) % 10000 AS h FROM patients pa
			WHERE pa.study_id = $3 AND pa.id >= $4 AND pa.id < $5 AND (pa.id * 69621 + $1 * 104729) % 10000 < $8) h) p`
)

var seedMessages = both{
	sqlite: seedColumns + `unhex(printf('%012x7%03x8%015x', $6 + $1, $1 % 4096, p.id))` + seedValues,
	postgres: `WITH args AS (SELECT $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::bigint) ` + seedColumns +
		`decode(lpad(to_hex($6::bigint + $1::bigint), 12, '0') || '7' || lpad(to_hex($1::bigint % 4096), 3, '0') || '8' || lpad(to_hex(p.id), 15, '0'), 'hex')` + seedValues,
}

// SeedMessages writes the messages of a campaign to the patients of a range of row
// keys, with an attempt for each that was tried, and gives how many.
func (t *Tx) SeedMessages(ctx context.Context, c *SeedCampaign, from, to int64) (int64, error) {
	const what = "seed messages"
	args := []any{c.Step.Key, c.Run.Key, c.Campaign.Study, from, to, ms(c.At), c.Over.Milliseconds(), c.Share}
	for _, n := range c.UpTo {
		args = append(args, n)
	}
	n, err := t.exec(ctx, what, t.pick(seedMessages), args...)
	if err != nil {
		return 0, err
	}
	if _, err := t.exec(ctx, what, `INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, transport, took_ms)
		SELECT m.id, 1, 1, m.updated_at, CASE m.state WHEN 40 THEN 1 WHEN 30 THEN 2 WHEN 50 THEN 3 ELSE 7 END,
			CASE m.state WHEN 40 THEN 250 WHEN 30 THEN 451 WHEN 50 THEN 550 ELSE 0 END, CASE m.state WHEN 40 THEN '2.0.0' WHEN 30 THEN '4.2.1' WHEN 50 THEN '5.1.1' ELSE '' END,
			'dot', 'smtp', 5 + m.id % 90
		FROM messages m WHERE m.step_id = $1 AND m.patient_id >= $2 AND m.patient_id < $3 AND m.state IN (30, 40, 50, 70)`, c.Step.Key, from, to); err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, what, `INSERT INTO left_out (step_id, patient_id, run_id, reason) SELECT $1, pa.id, $2, CASE WHEN pa.cancelled = 30 THEN 'opted out' ELSE 'not New' END
		FROM patients pa WHERE pa.study_id = $3 AND pa.id >= $4 AND pa.id < $5 AND (pa.status > 0 OR pa.cancelled > 0)
			AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.step_id = $1 AND m.patient_id = pa.id)`, c.Step.Key, c.Run.Key, c.Campaign.Study, from, to)
	return n, err
}

// EndSeedCampaign has the campaign and its run stand as they are to.
func (t *Tx) EndSeedCampaign(ctx context.Context, c *SeedCampaign, planned int64) error {
	const what = "seed a campaign"
	run, ended := studymail.Released, time.Time{}
	switch c.State {
	case studymail.Finished, studymail.CampaignCanceled:
		run, ended = studymail.RunDone, c.At.Add(c.Over)
	case studymail.Draft, studymail.Scheduled, studymail.Running, studymail.Paused:
	}
	held, goes := false, time.Time{}
	if c.Campaign.Canary.First > 0 {
		n, err := t.seedCanary(ctx, c)
		if err != nil {
			return err
		}
		planned, held, goes = planned-n, true, t.now.Add(c.Campaign.Canary.Wait)
	}
	if _, err := t.exec(ctx, what, `UPDATE runs SET state = $1, planned = $2, created_at = $3, released_at = $3, ended_at = $4, held = $5, goes_at = $6 WHERE id = $7`,
		int(run), planned, ms(c.At), ms(ended), flag(held), ms(goes), c.Run.Key); err != nil {
		return err
	}
	halted, detail := time.Time{}, ""
	if c.Halt != "" {
		halted, detail = c.At.Add(c.Over), "61 of 1200, 5.1 %; the limit is 5 %"
	}
	_, err := t.exec(ctx, what, `UPDATE campaigns SET state = $1, created_at = $2, started_at = $2, ended_at = $3, halt = $4, halt_detail = $5, halted_at = $6 WHERE id = $7`,
		int(c.State), ms(c.At), ms(ended), string(c.Halt), detail, ms(halted), c.Campaign.Key)
	return err
}

// SeedRange gives the lowest and the highest row key of a study's patients.
func (t *Tx) SeedRange(ctx context.Context, study int64) (from, to int64, err error) {
	_, err = t.one(ctx, "find a study's patients", `SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM patients WHERE study_id = $1`, []any{study}, &from, &to)
	return from, to + 1, err
}

var seedEvents = both{
	sqlite: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
		SELECT unhex(printf('%012x7%03x8%015x', pa.created_at, 4095, pa.id)), pa.created_at, 'cli:seed', CASE pa.id % 3 WHEN 0 THEN 'patient added' WHEN 1 THEN 'patient status set' ELSE 'details shown' END, pa.uuid, '', ''
		FROM patients pa WHERE pa.id >= $1 AND pa.id < $2 AND pa.id % 4 = 0`,
	postgres: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
		SELECT decode(lpad(to_hex(pa.created_at), 12, '0') || '7fff8' || lpad(to_hex(pa.id), 15, '0'), 'hex'), pa.created_at, 'cli:seed', CASE pa.id % 3 WHEN 0 THEN 'patient added' WHEN 1 THEN 'patient status set' ELSE 'details shown' END, pa.uuid, '', ''
		FROM patients pa WHERE pa.id >= $1 AND pa.id < $2 AND pa.id % 4 = 0`,
}

// SeedEvents writes an event about every fourth of a range of patients.
func (t *Tx) SeedEvents(ctx context.Context, from, to int64) error {
	_, err := t.exec(ctx, "seed events", t.pick(seedEvents), from, to)
	return err
}

// EndSeed counts patients and figures anew, and has PostgreSQL tidy its tables up.
func (s *Store) EndSeed(ctx context.Context) error {
	err := s.Write(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, "seed figures", `DELETE FROM figures WHERE span = 86400`); err != nil {
			return err
		}
		for state, column := range map[studymail.State]string{studymail.Sent: "sent_at", studymail.Failed: "updated_at", studymail.Deferred: "updated_at"} {
			if _, err := t.exec(ctx, "seed figures", `INSERT INTO figures (span, at, what, n)
				SELECT 86400, `+column+` / 86400000 * 86400000, $1, count(*) FROM messages WHERE state = $2 GROUP BY `+column+` / 86400000`, state.String(), int(state)); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "seed figures", `INSERT INTO figures (span, at, what, n)
			SELECT 86400, at / 86400000 * 86400000, $1, count(*) FROM feedback WHERE kind IN ('hard', 'soft', 'policy') AND message_id IS NOT NULL GROUP BY at / 86400000`, studymail.FigureBounced); err != nil {
			return err
		}
		return t.RecountPatients(ctx)
	})
	if err != nil || s.kind != Postgres {
		return err
	}
	// As autovacuum leaves them, an hour later.
	if _, err := s.write.ExecContext(ctx, `VACUUM (ANALYZE)`); err != nil {
		return explain("look at the tables", err)
	}
	return nil
}
