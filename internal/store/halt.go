package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"studymail"
)

// Running gives the campaigns that mail leaves of, or will at their next time.
func (t *Tx) Running(ctx context.Context) ([]CampaignRow, error) {
	var all []CampaignRow
	err := t.each(ctx, "list running campaigns", campaignQuery+` WHERE c.state IN (10, 20) ORDER BY c.id`, nil, func(rows *sql.Rows) error {
		var c CampaignRow
		err := scanCampaign(rows, &c)
		all = append(all, c)
		return err
	})
	return all, err
}

var failedOf = oddly(`SELECT count(*) FROM messages WHERE odd >= 50 AND odd = 50 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1)`)

// HaltNumbers gives what went wrong with a campaign's letters since a person let it
// go on last; cheaply: without how many were tried, and as if each that failed had
// found a dead address.
func (t *Tx) HaltNumbers(ctx context.Context, c *CampaignRow) (n studymail.HaltNumbers, err error) {
	if n, err = t.wentWrong(ctx, c.Key); err != nil {
		return n, err
	}
	n.Hard += n.Failed
	base, err := c.base()
	return n.Since(base), err
}

// AllHaltNumbers gives all of them.
func (t *Tx) AllHaltNumbers(ctx context.Context, c *CampaignRow) (studymail.HaltNumbers, error) {
	n, err := t.everTried(ctx, c.Key)
	if err != nil {
		return n, err
	}
	base, err := c.base()
	return n.Since(base), err
}

func (t *Tx) wentWrong(ctx context.Context, campaign int64) (n studymail.HaltNumbers, err error) {
	came, err := t.CampaignFeedback(ctx, campaign)
	if err != nil {
		return n, err
	}
	n.Hard, n.Complaints = came[studymail.CameHard], came[studymail.CameComplaint]
	if _, err := t.one(ctx, "count failures", t.pick(failedOf), []any{campaign}, &n.Failed); err != nil {
		return n, err
	}
	return n, nil
}

func (t *Tx) everTried(ctx context.Context, campaign int64) (n studymail.HaltNumbers, err error) {
	if n, err = t.wentWrong(ctx, campaign); err != nil {
		return n, err
	}
	var atOnce int
	if _, err := t.one(ctx, "count dead addresses", t.pick(failedOf)+` AND reason = $2`, []any{campaign, string(studymail.ReasonNoMailbox)}, &atOnce); err != nil {
		return n, err
	}
	n.Hard += atOnce
	counts, err := t.Counts(ctx, campaign)
	n.Tried = counts.Sent + counts.Failed
	return n, err
}

func (c *CampaignRow) base() (n studymail.HaltNumbers, err error) {
	if c.haltBase == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(c.haltBase), &n); err != nil {
		return n, fmt.Errorf("read the numbers of campaign %s: %w", c.ID, err)
	}
	return n, nil
}

// Halt stops a campaign by itself, and writes the event: only a person lets it go on.
// It gives whether it did; another process may have been quicker, or a person.
func (t *Tx) Halt(ctx context.Context, c *CampaignRow, why studymail.HaltReason, detail, actor string) (bool, error) {
	n, err := t.exec(ctx, "halt campaign "+c.ID.String(), `UPDATE campaigns SET state = 30, halt = $1, halt_detail = $2, halted_at = $3 WHERE id = $4 AND state = $5`,
		string(why), detail, ms(t.now), c.Key, int(c.State))
	if err != nil || n == 0 {
		return false, err
	}
	c.State, c.Halt = studymail.Paused, &studymail.Halt{Reason: why, Detail: detail, At: t.now}
	return true, t.AddEvent(ctx, actor, "campaign halted", c.ID, string(why)+": "+detail)
}

// ForgetHalt is for a person who lets a campaign go on: what went wrong so far counts
// no more. The caller moves it.
func (t *Tx) ForgetHalt(ctx context.Context, c *CampaignRow) error {
	if c.Halt == nil {
		return nil
	}
	n, err := t.everTried(ctx, c.Key)
	if err != nil {
		return err
	}
	base, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("note the numbers of campaign %s: %w", c.ID, err)
	}
	_, err = t.exec(ctx, "let campaign "+c.ID.String()+" go on", `UPDATE campaigns SET halt = '', halt_detail = '', halted_at = NULL, halt_base = $1 WHERE id = $2`, string(base), c.Key)
	c.Halt, c.haltBase = nil, string(base)
	return err
}
