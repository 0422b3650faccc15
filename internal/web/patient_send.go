package web

import (
	"context"
	"net/http"

	"studymail"
	"studymail/internal/store"
)

// Mail to chosen patients is a campaign of one letter. Choosing the letter freezes
// who it is for as a draft; its review shows exactly who will get it, and the button
// there sends it. So a page left open, a second click or Back sends nothing twice.

type patientSendPage struct {
	Heading heading
	Words   string
	Hidden  []hidden
	Form    *form
	Letters []option
	Empty   empty
	Back    string
}

func (s *site) patientSend(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var (
		sel       selection
		n         int
		templates []studymail.Template
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if sel, err = v.readSelection(tx, f); err != nil {
			return err
		}
		now, err := sel.standings(v.ctx(), tx)
		n = patientsIn(now)
		if err != nil {
			return err
		}
		templates, err = tx.Templates(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return studymail.Errorf(studymail.Conflict, "nobody of those is there any more; nothing was sent: go back to the patients and choose again")
	}
	p := patientSendPage{
		Heading: heading{Title: "Send e-mail", Up: link{"Patients", sel.back()}}, Form: f, Back: sel.back(),
		Words:  "This is for " + sel.words(n) + ". Nothing is sent before you have seen who will get it, and who is left out and why.",
		Hidden: append(sel.hidden(), hidden{"chosen", "yes"}), Letters: anyOf("Choose a letter"),
	}
	names := map[string]string{}
	for i := range templates {
		if t := &templates[i]; !t.Archived {
			names[t.ID.String()] = t.Name
			p.Letters = append(p.Letters, option{Value: t.ID.String(), Text: t.Name})
		}
	}
	if len(names) == 0 {
		p.Empty = empty{"No letter yet", "A letter is a template that somebody wrote. Nothing was sent.", v.linkTo("Write a template", "/templates/new")}
	}
	status := http.StatusOK
	if f.Get("chosen") != "" {
		name, known := names[f.Get("letter")]
		if known {
			return s.draftSend(v, f, &sel, name, n)
		}
		f.Problem("letter", "choose the letter to send")
		status = http.StatusUnprocessableEntity
	}
	return v.pageAs(status, "patient_send", "Send e-mail", p)
}

// draftSend makes the draft and goes to its review. Whoever goes away meanwhile
// leaves a draft, which sends nothing.
func (s *site) draftSend(v *visit, f *form, sel *selection, template string, n int) error {
	ctx := context.WithoutCancel(v.ctx())
	var (
		c     studymail.Campaign
		walk  store.PatientWalk
		done  bool
		where string
	)
	err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if c, err = s.Planner.DraftAdHoc(ctx, tx, template+" to "+countOf(int64(n), "chosen patient"), template, f.Yes("again"), v.actor()); err != nil {
			return err
		}
		if done, where, err = v.once(tx, f, "/campaigns/"+c.ID.String()+"/start"); err != nil {
			return err
		}
		if done {
			return errDone
		}
		walk, err = sel.walk(ctx, tx)
		return err
	})
	if done {
		return v.redirect(where)
	}
	if err != nil {
		return err
	}
	for !walk.Over() {
		v.keepOpen()
		next := walk
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			keys, w, err := tx.NextPatientKeys(ctx, walk)
			if err != nil {
				return err
			}
			next = w
			return tx.AddCampaignPatients(ctx, &c, keys)
		})
		if err != nil {
			return s.dropDraft(ctx, v, c.ID, err)
		}
		walk = next
	}
	return v.redirect(where)
}

// errDone rolls back what a second click had begun.
var errDone = studymail.Errorf(studymail.Conflict, "it was done already, once")

// dropDraft discards a draft that is not whole.
func (s *site) dropDraft(ctx context.Context, v *visit, id studymail.ID, why error) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.Planner.Discard(ctx, tx, id, v.actor()) })
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "the list of patients could not be written, and nothing was sent. A draft with a part of them is left among the campaigns: discard it. %w", why)
	}
	return studymail.Errorf(studymail.Unavailable, "the list of patients could not be written. Nothing was sent; choose them again: %w", why)
}
