package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"studymail"
)

// Resend is many messages that a job sends again, and how far it is.
type Resend struct {
	ID        studymail.ID
	Key       int64
	Actor     string
	Filter    MessageFilter // its After is how far it is
	Total     int           // how many they were when it began
	Looked    int
	Queued    int
	Left      map[studymail.Reason]int // stay as they are
	Done      bool
	CreatedAt time.Time
	EndedAt   time.Time
}

// resendFilter is a filter as it is stored: no field of it is a personal detail.
type resendFilter struct {
	Campaign studymail.ID     `json:"campaign,omitzero"`
	Step     int              `json:"step,omitempty"`
	State    int              `json:"state"`
	Study    int64            `json:"study,omitempty"`
	Reason   studymail.Reason `json:"reason,omitempty"`
	Since    int64            `json:"since,omitempty"`
	Until    int64            `json:"until,omitempty"`
}

// AddResend notes what a job is to send again: messages of one state. It sets ID, Key
// and time.
func (t *Tx) AddResend(ctx context.Context, r *Resend) error {
	f := &r.Filter
	if len(f.States) != 1 || len(f.IDs) > 0 || !f.Patient.IsZero() {
		return studymail.Errorf(studymail.Internal, "a job sends messages of one state again")
	}
	filter, err := json.Marshal(resendFilter{Campaign: f.Campaign, Step: f.Step, State: int(f.States[0]), Study: f.Study, Reason: f.Reason, Since: f.Since, Until: f.Until})
	if err != nil {
		return fmt.Errorf("note what is sent again: %w", err)
	}
	r.ID, r.CreatedAt, r.Left = studymail.NewID(), t.now, map[studymail.Reason]int{}
	r.Key, err = t.insert(ctx, "note what is sent again", `INSERT INTO resends (uuid, actor, filter, state, total, created_at) VALUES ($1, $2, $3, 10, $4, $5) RETURNING id`,
		r.ID, r.Actor, string(filter), r.Total, ms(r.CreatedAt))
	return err
}

// ResendByID finds one.
func (t *Tx) ResendByID(ctx context.Context, id studymail.ID) (r Resend, err error) {
	var (
		filter, left string
		state        int
		f            resendFilter
	)
	row := t.row(ctx, `SELECT id, uuid, actor, filter, state, total, behind, looked, queued, left_as, created_at, ended_at FROM resends WHERE uuid = $1`, id)
	err = row.Scan(&r.Key, &r.ID, &r.Actor, &filter, &state, &r.Total, &r.Filter.After, &r.Looked, &r.Queued, &left, at{&r.CreatedAt}, at{&r.EndedAt})
	if err := t.found("find what is sent again "+id.String(), err, "nothing is sent again under %s", id); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(filter), &f); err != nil {
		return r, fmt.Errorf("read what is sent again %s: %w", id, err)
	}
	if err := json.Unmarshal([]byte(left), &r.Left); err != nil {
		return r, fmt.Errorf("read what was left %s: %w", id, err)
	}
	r.Done = state == 20
	r.Filter.Campaign, r.Filter.Step, r.Filter.States = f.Campaign, f.Step, []studymail.State{studymail.State(f.State)}
	r.Filter.Study, r.Filter.Reason, r.Filter.Since, r.Filter.Until = f.Study, f.Reason, f.Since, f.Until
	return r, nil
}

// AdvanceResend notes how far it is: behind is where it stood before. It fails with
// Conflict when another worker was quicker, whose transaction did the same messages.
func (t *Tx) AdvanceResend(ctx context.Context, r *Resend, behind int64) error {
	left, err := json.Marshal(r.Left)
	if err != nil {
		return fmt.Errorf("note what was left: %w", err)
	}
	state, ended := 10, any(nil)
	if r.Done {
		state, r.EndedAt = 20, t.now
		ended = ms(t.now)
	}
	n, err := t.exec(ctx, "note how far sending again is", `UPDATE resends SET behind = $1, looked = $2, queued = $3, left_as = $4, state = $5, ended_at = $6 WHERE id = $7 AND behind = $8 AND state = 10`,
		r.Filter.After, r.Looked, r.Queued, string(left), state, ended, r.Key, behind)
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "sending again %s went on elsewhere", r.ID)
	}
	return err
}
