package web

import (
	"context"
	"fmt"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

// sendAgain queues messages again: those that were ticked at once, all that match by a
// job, which goes on when the user goes away.
func (s *site) sendAgain(v *visit, f *form, which store.MessageFilter, n int, back string) error {
	var (
		r     = store.Resend{Actor: v.actor(), Filter: which, Total: n}
		done  bool
		where = back
		many  = len(which.IDs) == 0
	)
	err := v.write(func(tx *store.Tx) (err error) {
		if many {
			if err := tx.AddResend(v.ctx(), &r); err != nil {
				return err
			}
			where = "/resends/" + r.ID.String()
		}
		if done, where, err = v.once(tx, f, where); err != nil {
			return err
		}
		if done {
			return errDone
		}
		if err := v.event(tx, "messages sent again", r.ID, "messages="+strconv.Itoa(n)); err != nil || !many {
			return err
		}
		return s.QueueResend(v.ctx(), tx, r.ID)
	})
	if done {
		v.flash("That was done already, once.")
		return v.redirect(where)
	}
	if err != nil || many {
		if err == nil {
			err = v.redirect(where)
		}
		return err
	}
	res, _, _, err := s.Planner.RetryPage(context.WithoutCancel(v.ctx()), &which, v.actor())
	if err != nil {
		return err
	}
	v.flash("%s queued again; %s left as they are, because the patient may not be mailed now.", sentenceWord(countOf(int64(res.Queued), "letter")), commas(sumOf(res.Left)))
	return v.redirect(where)
}

type resendShowPage struct {
	Heading  heading
	Live     string // "": it is done
	Progress progress
	Left     []reasonLine
	Facts    []fact
	History  []entry
}

// resendShow shows how far sending again is.
func (s *site) resendShow(v *visit) error {
	r, err := s.resendOf(v)
	if err != nil {
		return err
	}
	list := "/messages?state=" + r.Filter.States[0].String()
	p := resendShowPage{
		Heading:  heading{Title: "Sending messages again", Up: link{"Messages", "/messages"}, Words: "Each patient is looked at anew. You need not stay on this page: it goes on by itself."},
		Progress: progress{Label: "Messages that were looked at", Done: int64(r.Looked), All: int64(max(r.Total, r.Looked, 1))},
		Left:     reasonsOf(r.Left, func(studymail.Reason) string { return "" }),
		Facts: []fact{
			{"Began", s.timeOf(r.CreatedAt)}, {"Ended", s.timeOf(r.EndedAt)}, {"By", whoOf(r.Actor)}, {"Messages", link{"Those that are still " + r.Filter.States[0].String(), list}}, {"UUID", r.ID.String()},
		},
	}
	left := 0
	for _, n := range r.Left {
		left += n
	}
	p.Progress.Text = fmt.Sprintf("%s of %s looked at: %s queued again, %s left as they are.", commas(r.Looked), countOf(int64(r.Total), "message"), countOf(int64(r.Queued), "letter"), commas(left))
	if r.Done {
		p.Progress.Text = "Done. " + p.Progress.Text
	} else {
		p.Live = "/resends/" + r.ID.String() + "/live"
	}
	if p.History, err = s.history(v, r.ID); err != nil {
		return err
	}
	return v.page("resend_show", p.Heading.Title, p)
}

func (s *site) resendOf(v *visit) (r store.Resend, err error) {
	id, err := v.id("id")
	if err != nil {
		return r, err
	}
	err = v.read(func(tx *store.Tx) error {
		r, err = tx.ResendByID(v.ctx(), id)
		return err
	})
	return r, err
}

func (s *site) resendLive(v *visit) error {
	return v.live(func() (string, bool, error) {
		r, err := s.resendOf(v)
		return fmt.Sprint(r.Looked, r.Done), !r.Done, err
	})
}
