package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// feedbackView is a feedback as commands print it: no personal detail.
type feedbackView struct {
	ID         studymail.ID             `json:"id"`
	At         string                   `json:"at"`
	State      string                   `json:"state"`
	Source     studymail.FeedbackSource `json:"source"`
	Kind       string                   `json:"kind"`
	Class      string                   `json:"class"`
	Code       string                   `json:"code"`
	Message    studymail.ID             `json:"message"`
	Patient    studymail.ID             `json:"patient"`
	Effect     string                   `json:"effect"`
	Diagnostic string                   `json:"diagnostic"`
	Times      int                      `json:"times"`
	Seen       string                   `json:"seen_at"`
	Kept       bool                     `json:"kept"`           // the mail can be read with --reveal
	Mail       string                   `json:"mail,omitempty"` // revealed
}

func feedbackOf(f *studymail.Feedback) feedbackView {
	v := feedbackView{
		ID: f.ID, At: stamp(f.At), State: f.State.String(), Source: f.Source, Kind: f.Kind, Class: f.Class, Code: f.Code,
		Message: f.Message, Patient: f.Patient, Effect: f.Effect, Diagnostic: f.Diagnostic, Times: f.Times, Seen: stamp(f.SeenAt), Kept: f.HasKept,
	}
	if v.Code == "" && f.Reply != 0 {
		v.Code = strconv.Itoa(f.Reply)
	}
	return v
}

// feedbackStates are the words of --state.
var feedbackStates = map[string]studymail.FeedbackState{
	"waits": studymail.FeedbackWaits, "applied": studymail.FeedbackApplied, "kept": studymail.FeedbackKept, "undone": studymail.FeedbackUndone,
}

func (e *env) feedbackList() *cobra.Command {
	var (
		f                       store.FeedbackFilter
		state, message, patient string
	)
	cmd := &cobra.Command{
		Use:   "list [--state STATE] [--kind KIND] [--message UUID] [--patient UUID] [--limit N]",
		Short: "List what came back, the newest first",
		Long: `List what came back, the newest first. The states: applied; waits for our own record
of the hand-over; kept for a person to look at, since nobody understood it or it is
of no message of ours; undone. Without --limit the newest 1,000 are listed.`,
		Example: `  studymail feedback list --state kept
  studymail feedback list --message 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) (err error) {
			if state != "" {
				var known bool
				if f.State, known = feedbackStates[strings.ToLower(state)]; !known {
					return wrongUse("--state is applied, waits, kept or undone")
				}
			}
			if message != "" {
				if f.Message, err = studymail.ParseID(message); err != nil {
					return misused(err)
				}
			}
			if patient != "" {
				if f.Patient, err = studymail.ParseID(patient); err != nil {
					return misused(err)
				}
			}
			return e.listFeedback(ctx, j, f)
		}),
	}
	cmd.Flags().StringVar(&state, "state", "", "only in this `state`: applied, waits, kept or undone")
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this `kind`: hard, soft, policy, delayed, automatic, complaint, opt-out or none")
	cmd.Flags().StringVar(&message, "message", "", "only for the message with this `UUID`")
	cmd.Flags().StringVar(&patient, "patient", "", "only for messages to the patient with this `UUID`")
	cmd.Flags().BoolVar(&f.Unseen, "unseen", false, "only what nobody looked at")
	cmd.Flags().IntVar(&f.Limit, "limit", 0, "at most `N`")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) listFeedback(ctx context.Context, j *job, f store.FeedbackFilter) error {
	var all []studymail.Feedback
	err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.FeedbackPage(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	if e.asJSON {
		out := e.array()
		for i := range all {
			if err := out.add(feedbackOf(&all[i])); err != nil {
				return err
			}
		}
		return out.end()
	}
	if len(all) == 0 {
		return e.say("Nothing came back, or nothing like that.")
	}
	t := e.table("at", "id", "state", "class", "code", "message", "effect")
	for i := range all {
		v := feedbackOf(&all[i])
		t.row(j.clock(all[i].At), v.ID, v.State, v.Class, v.Code, v.Message, v.Effect)
	}
	return t.end()
}

func (e *env) feedbackShow() *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "show UUID [--reveal]",
		Short: "Show one feedback: what was said, and what followed",
		Long: `Show one feedback: what was said, scrubbed, and what followed. With --reveal also the
mail, where it was kept; an event is written.`,
		Example: `  studymail feedback show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail feedback show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --reveal`,
		Args: exactly("the feedback's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			return e.showFeedback(ctx, j, id, reveal)
		}),
	}
	revealFlag(cmd, &reveal)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) showFeedback(ctx context.Context, j *job, id studymail.ID, reveal bool) error {
	var f studymail.Feedback
	err := j.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if f, err = tx.FeedbackByID(ctx, id); err != nil {
			return err
		}
		if !reveal {
			return nil
		}
		if f.Kept, err = tx.KeptMail(ctx, &f); err != nil {
			return err
		}
		if f.Kept == nil {
			return studymail.Errorf(studymail.Conflict, "the mail of feedback %s is not kept: it was understood, or it is older than FEEDBACK_KEEP", id)
		}
		if err := tx.SawFeedback(ctx, &f); err != nil {
			return err
		}
		return e.event(ctx, tx, "feedback shown", id, "")
	})
	if err != nil {
		return err
	}
	v := feedbackOf(&f)
	if reveal {
		values, err := j.Keys.Opener().OpenMaster(sealed.FeedbackMail, f.ID, f.Kept)
		if err != nil {
			return err
		}
		v.Mail = values[0]
	}
	if e.asJSON {
		return e.print(v)
	}
	err = e.facts([][2]string{
		{"Feedback", v.ID.String()},
		{"Came", j.clock(f.At) + ", " + count(v.Times, "time") + ", first by " + string(v.Source)},
		{"State", v.State},
		{"Kind", v.Kind},
		{"Class", v.Class},
		{"Code", v.Code},
		{"They said", v.Diagnostic},
		{"Message", v.Message.String()},
		{"Patient", v.Patient.String()},
		{"Followed", v.Effect},
		{"Looked at", j.clock(f.SeenAt)},
		{"Mail kept", yesNo(v.Kept)},
	}...)
	if err != nil || v.Mail == "" {
		return err
	}
	return e.say("\n%s", strings.ReplaceAll(v.Mail, "\r\n", "\n"))
}

// undoReasons are the codes of --why: free text could hold a name.
var undoReasons = []string{"mistake", "asked", "address", "other"}

func (e *env) feedbackUndo() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "undo UUID --why REASON",
		Short: "Take back what followed from a feedback",
		Long: `Take back what followed from a feedback: the patients stand as before, unless somebody
set them otherwise since, and the address is suppressed no more. The reasons: mistake;
asked (the patient asked to be contacted again); address (the practice gave a new
one); other.`,
		Example: `  studymail feedback undo 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --why mistake`,
		Args:    exactly("the feedback's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			if !slices.Contains(undoReasons, why) {
				return wrongUse("--why is %s", strings.Join(undoReasons, ", "))
			}
			n := 0
			err = j.Store.Write(ctx, func(tx *store.Tx) error {
				f, err := tx.FeedbackByID(ctx, id)
				if err != nil {
					return err
				}
				n, err = tx.UndoFeedback(ctx, &f, e.actor(), why)
				return err
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(map[string]any{"id": id, "patients": n})
			}
			return e.say("Undone: %s set back.", count(n, "patient"))
		}),
	}
	cmd.Flags().StringVar(&why, "why", "", "the `reason`: "+strings.Join(undoReasons, ", "))
	e.jsonFlag(cmd)
	return cmd
}
