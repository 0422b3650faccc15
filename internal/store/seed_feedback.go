package store

import (
	"context"

	"studymail"
)

// What came back for a campaign's letters that were sent, in shares as installations
// see them: of a hundred letters about four and a half bring something back, most of it
// automatic replies. ($1 the campaign's step, $2 and $3 a range of row keys of patients.)
const (
	seedFeedbackColumns = `INSERT INTO feedback (uuid, digest, message_id, source, format, kind, class, code, reply, diagnostic, effect, state, at, applied_at, seen_at) SELECT `
	seedFeedbackValues  = `, b.id,
			CASE WHEN b.kind = 'opt-out' THEN 'link' WHEN b.id % 10 < 6 THEN 'imap' WHEN b.id % 10 < 8 THEN 'smtp' WHEN b.id % 10 < 9 THEN 'import' ELSE 'ses' END,
			CASE b.kind WHEN 'automatic' THEN 'automatic reply' WHEN 'complaint' THEN 'abuse report' WHEN 'opt-out' THEN '' ELSE 'delivery status' END,
			b.kind, b.class, b.code, CASE b.kind WHEN 'hard' THEN 550 WHEN 'soft' THEN 452 WHEN 'policy' THEN 554 WHEN 'delayed' THEN 451 ELSE 0 END,
			CASE WHEN b.code = '' THEN '' ELSE 'said by the other server, addresses taken out' END,
			CASE b.kind WHEN 'hard' THEN 'not contactable: 1; address suppressed' WHEN 'opt-out' THEN 'opted out: 1' WHEN 'complaint' THEN 'opted out: 1; address suppressed' ELSE '' END,
			CASE WHEN b.kind = 'delayed' AND b.h % 20 = 0 THEN 10 WHEN b.kind = 'hard' AND b.h % 50 = 0 THEN 40 ELSE 20 END, b.at,
			CASE WHEN b.kind = 'delayed' AND b.h % 20 = 0 THEN NULL ELSE b.at END, NULL
		FROM (SELECT s.id, s.h, s.sent_at + s.h * 500 AS at,
				CASE WHEN s.h < 800 THEN 'hard' WHEN s.h < 1300 THEN 'soft' WHEN s.h < 1500 THEN 'policy' WHEN s.h < 1600 THEN 'delayed'
					WHEN s.h < 3600 THEN 'automatic' WHEN s.h < 3650 THEN 'complaint' ELSE 'opt-out' END AS kind,
				CASE WHEN s.h < 700 THEN 'no such mailbox' WHEN s.h < 800 THEN 'no such domain' WHEN s.h < 1200 THEN 'mailbox full' WHEN s.h < 1300 THEN 'routing'
					WHEN s.h < 1500 THEN 'policy block' WHEN s.h < 1600 THEN 'delayed' WHEN s.h < 3600 THEN 'automatic reply' WHEN s.h < 3650 THEN 'complaint'
					WHEN s.h < 4350 THEN 'opted out of the study' ELSE 'opted out of all research mail' END AS class,
				CASE WHEN s.h < 700 THEN '5.1.1' WHEN s.h < 800 THEN '5.1.2' WHEN s.h < 1200 THEN '5.2.2' WHEN s.h < 1300 THEN '4.4.7' WHEN s.h < 1500 THEN '5.7.1'
					WHEN s.h < 1600 THEN '4.4.1' ELSE '' END AS code
			FROM (SELECT m.id, m.sent_at, (m.id * 52711 + 13) % 100000 AS h FROM messages m
				WHERE m.step_id = $1 AND m.patient_id >= $2 AND m.patient_id < $3 AND m.state = 40) s
			WHERE s.h < 4450 ORDER BY s.id) b`
)

var seedFeedback = both{
	sqlite:   seedFeedbackColumns + `unhex(printf('%012x7ffe8%015x', b.at, b.id)), unhex(printf('%064x', b.id))` + seedFeedbackValues,
	postgres: seedFeedbackColumns + `decode(lpad(to_hex(b.at), 12, '0') || '7ffe8' || lpad(to_hex(b.id), 15, '0'), 'hex'), decode(lpad(to_hex(b.id), 64, '0'), 'hex')` + seedFeedbackValues,
}

// The bit of a kind that came back (studymail.CameBack).
const seedCame = `CASE f.kind WHEN 'hard' THEN 64 WHEN 'soft' THEN 32 WHEN 'policy' THEN 8 WHEN 'delayed' THEN 4 WHEN 'automatic' THEN 2 WHEN 'complaint' THEN 128 ELSE 256 END`

// What followed from the feedback behind row key $1.
var seedFollows = []both{
	same(`UPDATE messages SET came_back = (SELECT ` + seedCame + ` FROM feedback f WHERE f.message_id = messages.id AND f.id > $1)
		WHERE id IN (SELECT message_id FROM feedback WHERE id > $1)`),
	same(`INSERT INTO feedback_patients (feedback_id, patient_id, was, became)
		SELECT f.id, pa.id, 0, CASE WHEN f.kind = 'hard' THEN 40 ELSE 30 END
		FROM feedback f JOIN messages m ON m.id = f.message_id JOIN patients pa ON pa.id = m.patient_id
		WHERE f.id > $1 AND f.kind IN ('hard', 'complaint', 'opt-out') AND f.state = 20 AND pa.cancelled = 0`),
	same(`UPDATE patients SET cancelled = (SELECT became FROM feedback_patients fp WHERE fp.patient_id = patients.id AND fp.feedback_id > $1),
			updated_at = (SELECT f.at FROM feedback_patients fp JOIN feedback f ON f.id = fp.feedback_id WHERE fp.patient_id = patients.id AND fp.feedback_id > $1)
		WHERE id IN (SELECT patient_id FROM feedback_patients WHERE feedback_id > $1)`),
	{
		sqlite: `INSERT INTO suppressions (uuid, email_hash, reason, source, created_at, feedback_id)
			SELECT unhex(printf('%012x7ffd8%015x', f.at, f.id)), pe.email_hash, CASE f.kind WHEN 'hard' THEN f.class WHEN 'complaint' THEN 'complaint' ELSE 'opted out' END, f.source, f.at, f.id` + seedSuppressed,
		postgres: `INSERT INTO suppressions (uuid, email_hash, reason, source, created_at, feedback_id)
			SELECT decode(lpad(to_hex(f.at), 12, '0') || '7ffd8' || lpad(to_hex(f.id), 15, '0'), 'hex'), pe.email_hash,
				CASE f.kind WHEN 'hard' THEN f.class WHEN 'complaint' THEN 'complaint' ELSE 'opted out' END, f.source, f.at, f.id` + seedSuppressed,
	},
	same(`INSERT INTO opt_outs (person_id, provider_id, feedback_id, at)
		SELECT pa.person_id, 0, f.id, f.at FROM feedback f JOIN messages m ON m.id = f.message_id JOIN patients pa ON pa.id = m.patient_id
		WHERE f.id > $1 AND f.class = 'opted out of all research mail' ON CONFLICT DO NOTHING`),
	{
		sqlite: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
			SELECT unhex(printf('%012x7ffc8%015x', f.at, f.id)), f.at, 'feedback'` + seedFollowed,
		postgres: `INSERT INTO events (uuid, at, actor, action, about, detail, origin)
			SELECT decode(lpad(to_hex(f.at), 12, '0') || '7ffc8' || lpad(to_hex(f.id), 15, '0'), 'hex'), f.at, 'feedback'` + seedFollowed,
	},
}

const (
	seedSuppressed = ` FROM feedback f JOIN messages m ON m.id = f.message_id JOIN patients pa ON pa.id = m.patient_id JOIN people pe ON pe.id = pa.person_id
		WHERE f.id > $1 AND f.state = 20 AND (f.kind IN ('hard', 'complaint') OR f.class = 'opted out of all research mail') ORDER BY f.id ON CONFLICT DO NOTHING`
	seedFollowed = `, CASE WHEN fp.became = 40 THEN 'patient marked not contactable' ELSE 'patient opted out' END, pa.uuid, f.class, ''
		FROM feedback_patients fp JOIN feedback f ON f.id = fp.feedback_id JOIN patients pa ON pa.id = fp.patient_id WHERE fp.feedback_id > $1 ORDER BY f.id`
)

func same(query string) both { return both{query, query} }

// SeedFeedback writes what came back for the letters of a campaign to the patients of a
// range of row keys, and what followed.
func (t *Tx) SeedFeedback(ctx context.Context, c *SeedCampaign, from, to int64) error {
	const what = "seed feedback"
	var last int64
	if _, err := t.one(ctx, what, `SELECT coalesce(max(id), 0) FROM feedback`, nil, &last); err != nil {
		return err
	}
	n, err := t.exec(ctx, what, t.pick(seedFeedback), c.Step.Key, from, to)
	if err != nil || n == 0 {
		return err
	}
	for _, query := range seedFollows {
		if _, err := t.exec(ctx, what, t.pick(query), last); err != nil {
			return err
		}
	}
	return nil
}

// SeedCameBack counts what came back for a campaign's letters.
func (t *Tx) SeedCameBack(ctx context.Context, c *SeedCampaign) error {
	_, err := t.exec(ctx, "seed what came back", `INSERT INTO campaign_feedback (campaign_id, came, messages)
		SELECT $1, came_back, count(*) FROM messages WHERE step_id = $2 AND came_back <> 0 GROUP BY came_back`, c.Campaign.Key, c.Step.Key)
	return err
}

var seedOdd = both{
	sqlite: `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
		INSERT INTO feedback (uuid, digest, source, format, kind, class, diagnostic, state, at, seen_at)
		SELECT unhex(printf('%012x7ffb8%015x', $2 - n * 60000, n)), unhex(printf('ff%062x', n))` + seedOddValues,
	postgres: `WITH n (n) AS (SELECT generate_series(1, $1::bigint))
		INSERT INTO feedback (uuid, digest, source, format, kind, class, diagnostic, state, at, seen_at)
		SELECT decode(lpad(to_hex($2::bigint - n * 60000), 12, '0') || '7ffb8' || lpad(to_hex(n), 15, '0'), 'hex'), decode('ff' || lpad(to_hex(n), 62, '0'), 'hex')` + seedOddValues,
}

const seedOddValues = `, CASE WHEN n % 3 = 0 THEN 'smtp' ELSE 'imap' END, CASE WHEN n % 4 = 0 THEN 'not understood' ELSE 'mail' END, 'none',
		CASE WHEN n % 4 = 0 THEN 'unknown' ELSE 'not a bounce' END, 'said by somebody', 30, $2 - n * 60000, CASE WHEN n % 5 > 0 THEN $2 ELSE NULL END FROM n WHERE n <= $1 ON CONFLICT DO NOTHING`

// SeedOddFeedback writes mails that nobody understood: of ten a person looked at eight.
func (t *Tx) SeedOddFeedback(ctx context.Context, n int) error {
	_, err := t.exec(ctx, "seed feedback", t.pick(seedOdd), n, ms(t.now))
	return err
}

// seedCanary has the first letters of a campaign be its canary's, and sent.
func (t *Tx) seedCanary(ctx context.Context, c *SeedCampaign) (int64, error) {
	const what = "seed a canary"
	first := c.Campaign.Canary.First
	n, err := t.exec(ctx, what, `UPDATE messages SET run_id = $1, state = 40, tries = 1, attempts = 1, sent_at = $2, updated_at = $2
		WHERE id IN (SELECT id FROM messages WHERE step_id = $3 AND run_id = $4 ORDER BY patient_id LIMIT $5)`, c.First.Key, ms(c.At), c.Step.Key, c.Run.Key, first)
	if err != nil {
		return 0, err
	}
	if _, err := t.exec(ctx, what, `INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, transport, took_ms)
		SELECT id, 1, 1, $1, 1, 250, '2.0.0', 'dot', 'smtp', 12 FROM messages WHERE step_id = $2 AND run_id = $3 AND state = 40`, ms(c.At), c.Step.Key, c.First.Key); err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, what, `UPDATE runs SET state = $1, planned = $2, created_at = $3, released_at = $3, ended_at = $3 WHERE id = $4`,
		int(studymail.RunDone), n, ms(c.At), c.First.Key)
	return n, err
}
