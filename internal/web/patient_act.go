package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

// Actions on many patients go in three steps, all of them POSTs to one path: what is
// to be done is chosen; then it is shown with exact numbers; then it is done, if the
// numbers are still those that were shown.

// patientAction is one kind of them.
type patientAction struct {
	path   string                // /patients/status
	title  string                // "Set the status"
	event  string                // what history says of each patient
	many   string                // … and of all of them
	check  func(f *form)         // what was chosen
	fields func(f *form) []field // to choose by
	// plan says what will become of a patient who stands so: change is nil for who
	// stays, and why says it.
	plan func(f *form, p *studymail.Patient) (change *store.PatientChange, why string)
	// button says what is done to how many.
	button func(f *form, n int) string
	note   func(f *form) string
}

type patientActPage struct {
	Heading heading
	Words   string
	Path    string
	Hidden  []hidden
	Form    *form
	Fields  []field // to choose; none: they are in Hidden
	Changes []actLine
	Stays   []actLine
	Changed string // what changed since it was shown
	Note    string
	Button  string
	Back    string
	Nothing bool
}

// actLine is a group of patients of the plan.
type actLine struct {
	From, To string
	Count    int
}

func (s *site) patientStatus(v *visit) error  { return s.act(v, setStatus) }
func (s *site) patientCancel(v *visit) error  { return s.act(v, cancelPatients) }
func (s *site) patientRestore(v *visit) error { return s.act(v, restorePatients) }

func (s *site) act(v *visit, a *patientAction) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var (
		sel selection
		now []store.PatientCount
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if sel, err = v.readSelection(tx, f); err != nil {
			return err
		}
		now, err = sel.standings(v.ctx(), tx)
		return err
	})
	if err != nil {
		return err
	}
	p := patientActPage{Path: a.path, Form: f, Back: sel.back(), Hidden: sel.hidden()}
	n := patientsIn(now)
	p.Heading = heading{Title: a.title, Up: link{"Patients", p.Back}}
	p.Words = "This is for " + sel.words(n) + "."
	if n == 0 {
		return studymail.Errorf(studymail.Conflict, "nobody of those is there any more; nothing was changed: go back to the patients and choose again")
	}
	status := http.StatusOK
	if f.Get("chosen") != "" {
		a.check(f)
		status = http.StatusUnprocessableEntity
	}
	if f.Get("chosen") == "" || !f.OK() {
		p.Fields = a.fields(f)
		return v.pageAs(status, "patient_act", a.title, p)
	}
	if f.Get("expect") == frozen(now) {
		err := s.doAct(v, a, f, &sel)
		if !errors.Is(err, errChanged) {
			return err
		}
		err = v.read(func(tx *store.Tx) (err error) {
			now, err = sel.standings(v.ctx(), tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.confirmAct(v, a, f, p, now)
}

// confirmAct shows what would be done, with exact numbers.
func (s *site) confirmAct(v *visit, a *patientAction, f *form, p patientActPage, now []store.PatientCount) error {
	status := http.StatusOK
	if f.Get("expect") != "" && f.Get("expect") != frozen(now) {
		p.Changed = "Meanwhile something changed: the numbers below are new. Nothing was done yet."
		status = http.StatusConflict
	}
	n := 0
	for _, c := range now {
		from := standing(c.Status, c.Cancelled)
		change, why := a.plan(f, &studymail.Patient{Status: c.Status, Cancelled: c.Cancelled})
		if change == nil {
			p.Stays = append(p.Stays, actLine{from, why, c.Patients})
			continue
		}
		p.Changes = append(p.Changes, actLine{from, standing(change.ToStatus, change.ToCancelled), c.Patients})
		n += c.Patients
	}
	for _, field := range a.fields(f) {
		p.Hidden = append(p.Hidden, hidden{field.Name, f.Get(field.Name)})
	}
	p.Hidden = append(p.Hidden, hidden{"chosen", "yes"}, hidden{"expect", frozen(now)})
	p.Button, p.Nothing = a.button(f, n), n == 0
	if a.note != nil {
		p.Note = a.note(f)
	}
	return v.pageAs(status, "patient_act", a.title, p)
}

// errChanged tells that the numbers are not those that were shown.
var errChanged = errors.New("the patients changed since they were shown")

// doAct does it, chunk by chunk. Whoever goes away meanwhile does not stop it half-way.
func (s *site) doAct(v *visit, a *patientAction, f *form, sel *selection) error {
	ctx := context.WithoutCancel(v.ctx())
	var (
		walk  store.PatientWalk
		done  bool
		where string
	)
	err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		now, err := sel.standings(ctx, tx)
		if err != nil {
			return err
		}
		if done, where, err = v.once(tx, f, sel.back()); err != nil || done {
			return err
		}
		if frozen(now) != f.Get("expect") {
			return errChanged
		}
		walk, err = sel.walk(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if done {
		v.flash("That was done already, once.")
		return v.redirect(where)
	}
	changed, err := s.actOn(ctx, v, a, f, walk)
	if err != nil {
		if changed > 0 {
			return studymail.Errorf(studymail.Unavailable, "%s were changed, then it could not go on; the others stand as they did. Choose the same again to go on: %w", countOf(int64(changed), "patient"), err)
		}
		return err
	}
	v.flash("Done: %s.", a.button(f, changed))
	return v.redirect(where)
}

// actOn walks through the patients and gives how many it changed.
func (s *site) actOn(ctx context.Context, v *visit, a *patientAction, f *form, walk store.PatientWalk) (changed int, err error) {
	for !walk.Over() {
		v.keepOpen()
		var (
			next store.PatientWalk
			n    int
		)
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			rows, w, err := tx.NextPatients(ctx, walk)
			if err != nil {
				return err
			}
			next = w
			var changes []store.PatientChange
			for i := range rows {
				p := rows[i].Patient
				if change, _ := a.plan(f, &p); change != nil {
					change.Patient = &p
					changes = append(changes, *change)
				}
			}
			n, err = tx.SetPatients(ctx, v.actor(), a.event, changes)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed, walk = changed+n, next
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddEvent(ctx, v.actor(), a.many, studymail.ID{}, "patients="+strconv.Itoa(changed))
	})
	return changed, err
}
