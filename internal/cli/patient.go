package cli

import (
	"context"
	"errors"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) patientCommand() *cobra.Command {
	return group("patient", "Patients: list, show, set",
		"A patient is one person in one study, through one care provider. Patients come by\n`studymail import`. Those whose status is New and who are not cancelled are in\nstudy: only they are mailed.",
		`  studymail patient list --study A --in-study
  studymail patient set 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --cancelled "Opted out"`,
		e.patientList(), e.patientShow(), e.patientSet())
}

// patientView is a patient as commands print it: masked, or revealed.
type patientView struct {
	ID         studymail.ID `json:"id"`
	Study      string       `json:"study"`
	Provider   string       `json:"provider"` // ODS code
	Status     string       `json:"status"`
	Cancelled  string       `json:"cancelled"` // "" for none
	InStudy    bool         `json:"in_study"`
	Person     studymail.ID `json:"person"`
	Username   string       `json:"username"`
	FirstName  string       `json:"first_name"`
	LastName   string       `json:"last_name"`
	Email      string       `json:"email"`
	ExternalID string       `json:"external_id"`
	Revealed   bool         `json:"revealed"`
	Erased     bool         `json:"erased"`
}

// view opens a patient's details and masks them, unless they are to be revealed.
func view(opener *sealed.Opener, p *store.PatientRow, reveal bool) (patientView, error) {
	v := patientView{
		ID: p.ID, Study: p.StudyName, Provider: p.ODSCode, Status: p.Status.String(), Cancelled: p.Cancelled.String(),
		InStudy: p.InStudy(), Person: p.PersonID, Revealed: reveal,
	}
	key, err := opener.Key(p.PersonID, p.Wrapped)
	if errors.Is(err, sealed.ErrErased) {
		v.Erased, v.Revealed = true, false
		return v, nil
	}
	if err != nil {
		return v, err
	}
	d, err := studymail.OpenDetails(key, p.PersonID, p.Sealed)
	if err != nil {
		return v, err
	}
	var external sealed.Name
	if p.SealedExternal != nil {
		opened, err := key.Open(sealed.PatientDetails, p.ID, p.SealedExternal)
		if err != nil {
			return v, err
		}
		if len(opened) == 1 {
			external = sealed.NewName(opened[0])
		}
	}
	name, email := sealed.Name.Masked, sealed.Email.Masked
	if reveal {
		name, email = sealed.Name.Reveal, sealed.Email.Reveal
	}
	v.Username, v.FirstName, v.LastName, v.ExternalID = name(d.Username), name(d.FirstName), name(d.LastName), name(external)
	if !d.Email.IsEmpty() {
		v.Email = email(d.Email)
	}
	return v, nil
}

// shown notes, before they are shown, whose details are.
func (e *env) shown(ctx context.Context, s *store.Store, rows ...store.PatientRow) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		for i := range rows {
			if err := e.event(ctx, tx, "details shown", rows[i].ID, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func revealFlag(cmd *cobra.Command, reveal *bool) {
	cmd.Flags().BoolVar(reveal, "reveal", false, "show personal details in full; an event is written for each patient")
}

func (e *env) patientShow() *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "show UUID [--reveal]",
		Short: "Show a patient",
		Long:  "Show where a patient stands. Personal details are masked unless --reveal.",
		Example: `  studymail patient show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail patient show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --reveal`,
		Args: exactly("the patient's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			var p store.PatientRow
			err = j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				p, err = tx.PatientByID(ctx, id)
				return err
			})
			if err != nil {
				return err
			}
			if reveal {
				if err := e.shown(ctx, j.Store, p); err != nil {
					return err
				}
			}
			v, err := view(j.Keys.Opener(), &p, reveal)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(v)
			}
			facts := [][2]string{
				{"Patient", v.ID.String()},
				{"Study", v.Study},
				{"Care provider", v.Provider + " " + p.ProviderName},
				{"Status", v.Status},
				{"Cancelled", v.Cancelled},
				{"In study", yesNo(v.InStudy)},
				{"Person", v.Person.String()},
			}
			if v.Erased {
				facts = append(facts, [2]string{"Details", "erased"})
			} else {
				facts = append(facts,
					[2]string{"Username", v.Username}, [2]string{"First name", v.FirstName}, [2]string{"Last name", v.LastName},
					[2]string{"E-mail", v.Email}, [2]string{"External ID", v.ExternalID})
			}
			facts = append(facts, [2]string{"Added", j.clock(p.CreatedAt)}, [2]string{"Edited", j.clock(p.UpdatedAt)})
			return e.facts(facts...)
		}),
	}
	revealFlag(cmd, &reveal)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) patientSet() *cobra.Command {
	var status, cancelled string
	cmd := &cobra.Command{
		Use:   "set UUID [--status …] [--cancelled …]",
		Short: "Set a patient's status, or that they left",
		Long: `Set how far a patient is in the study, or that they left it and why; what is not
mentioned stays. Mail to a patient who is not in study any more does not leave.

Status: New (0), Engaged (10), Consented (20), Complete (30).
Cancelled: Not eligible (10), Not consented (20), Opted out (30),
Not contactable (40); "none" for a patient who has not left.`,
		Example: `  studymail patient set 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --status Engaged
  studymail patient set 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --cancelled "Opted out"
  studymail patient set 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --cancelled none`,
		Args: exactly("the patient's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			if !anyChanged(j.cmd, "status", "cancelled") {
				return wrongUse("say what to set: --status, --cancelled, or both")
			}
			toStatus, err := studymail.ParseStatus(status)
			if err != nil {
				return wrongUse("--status: %w", err)
			}
			toCancelled, err := studymail.ParseCancelled(cancelled)
			if err != nil {
				return wrongUse("--cancelled: %w", err)
			}
			var (
				p       store.PatientRow
				changed bool
			)
			err = j.Store.Write(ctx, func(tx *store.Tx) (err error) {
				if p, err = tx.PatientByID(ctx, id); err != nil {
					return err
				}
				from := p.Patient
				if j.cmd.Flags().Changed("status") {
					p.Status = toStatus
				}
				if j.cmd.Flags().Changed("cancelled") {
					p.Cancelled = toCancelled
				}
				if changed = p.Status != from.Status || p.Cancelled != from.Cancelled; !changed {
					return nil
				}
				if err := tx.SetPatient(ctx, id, from.Status, from.Cancelled, p.Status, p.Cancelled); err != nil {
					return err
				}
				return e.event(ctx, tx, "patient set", id, standing(&from)+" → "+standing(&p.Patient))
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				v, err := view(j.Keys.Opener(), &p, false)
				if err != nil {
					return err
				}
				return e.print(v)
			}
			if !changed {
				return e.say("Patient %s stays as they are: %s.", id, standing(&p.Patient))
			}
			if p.InStudy() {
				return e.say("Patient %s: %s. In study.", id, standing(&p.Patient))
			}
			return e.say("Patient %s: %s. Not in study: no mail goes to them.", id, standing(&p.Patient))
		}),
	}
	cmd.Flags().StringVar(&status, "status", "", "New, Engaged, Consented or Complete (or 0, 10, 20, 30)")
	cmd.Flags().StringVar(&cancelled, "cancelled", "", "Not eligible, Not consented, Opted out, Not contactable (or 10, 20, 30, 40), or none")
	e.jsonFlag(cmd)
	return cmd
}

// standing words where a patient stands: "New, Opted out".
func standing(p *studymail.Patient) string {
	if p.Cancelled == studymail.NotCancelled {
		return p.Status.String()
	}
	return p.Status.String() + ", " + p.Cancelled.String()
}
