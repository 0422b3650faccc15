package cli

import (
	"context"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) studyCommand() *cobra.Command {
	return group("study", "Research studies: add, list, show, edit",
		"Studies have patients, who are imported, and campaigns. Other commands name a\nstudy by its name.",
		`  studymail study add --name A --opens 2026-03-01 --closes 2026-12-31
  studymail study list`,
		e.studyAdd(), e.studyList(), e.studyShow(), e.studyEdit())
}

// studyFlags are what is told of a study.
type studyFlags struct {
	name, approval, fromName, opens, closes string
	active, shared                          bool
	hours                                   hoursFlags
}

func (f *studyFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "`name` of the study, unique")
	cmd.Flags().StringVar(&f.approval, "approval", "", "`reference` of its ethical approval")
	cmd.Flags().StringVar(&f.fromName, "from-name", "", "display `name` of From; empty: EMAIL_DISPLAY_NAME")
	cmd.Flags().StringVar(&f.opens, "opens", "", "first `day` on which it may mail, as 2026-03-01; empty: no limit")
	cmd.Flags().StringVar(&f.closes, "closes", "", "last `day` on which it may mail; empty: no limit")
	cmd.Flags().BoolVar(&f.active, "active", true, "whether its patients are mailed")
	cmd.Flags().BoolVar(&f.shared, "allow-shared-address", false, "also mail people who share an address, as families do")
	f.hours.on(cmd)
}

func (f *studyFlags) apply(s *edits, st *studymail.Study, here *time.Location) {
	editText(s, "name", &st.Name, f.name, required(line))
	editText(s, "approval", &st.ApprovalReference, f.approval, line)
	editText(s, "from-name", &st.FromName, f.fromName, line)
	editText(s, "opens", &st.OpensOn, f.opens, date)
	editText(s, "closes", &st.ClosesOn, f.closes, date)
	edit(s, "active", &st.Active, f.active)
	edit(s, "allow-shared-address", &st.AllowSharedAddress, f.shared)
	if s.err == nil && st.OpensOn != "" && st.ClosesOn != "" && st.OpensOn > st.ClosesOn {
		s.err = wrongUse("the study would close (%s) before it opens (%s)", st.ClosesOn, st.OpensOn)
	}
	f.hours.apply(s, &st.SendHours, here)
}

func (e *env) studyAdd() *cobra.Command {
	var f studyFlags
	cmd := &cobra.Command{
		Use:   "add --name NAME [--opens DATE] [--closes DATE] [--approval REF] [--allow-shared-address]",
		Short: "Add a study",
		Long:  "Add a study. It mails nobody before the day it opens and after the day it closes.\nOutside its send hours its mail waits.",
		Example: `  studymail study add --name A
  studymail study add --name "Sleep and heart" --approval "REC 26/0001" --opens 2026-03-01 --closes 2026-12-31
  studymail study add --name B --send-hours "Mon-Fri 09:00-17:00" --closed-on england`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			st := studymail.Study{Active: true}
			s := edits{cmd: j.cmd}
			f.apply(&s, &st, j.Config.TimeZone)
			if s.err != nil {
				return s.err
			}
			err := j.Store.Write(ctx, func(tx *store.Tx) error {
				if err := tx.AddStudy(ctx, &st); err != nil {
					return err
				}
				return e.event(ctx, tx, "study added", st.ID, "")
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(st)
			}
			return e.say("Study %q added.", st.Name)
		}),
	}
	f.on(cmd)
	require(cmd, "name")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) studyList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the studies",
		Long:  "List all studies by name, with how many patients each has and how many of them\nare in study (New, and not cancelled).",
		Example: `  studymail study list
  studymail study list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			views, err := studyViews(ctx, j, func(ctx context.Context, tx *store.Tx) ([]studymail.Study, error) { return tx.Studies(ctx) })
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return e.print(views)
			case len(views) == 0:
				return e.say("No studies yet. Add the first one:\n  studymail study add --name A")
			}
			t := e.table("name", "patients", "in study", "opens", "closes", "active")
			for _, v := range views {
				t.row(v.Name, thousands(v.Patients), thousands(v.InStudy), v.OpensOn, v.ClosesOn, yesNo(v.Active))
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) studyShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a study",
		Long:  "Show all that is known of a study, and where its patients stand.",
		Example: `  studymail study show A
  studymail study show "Sleep and heart" --json`,
		Args: exactly("the study's name"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			views, err := studyViews(ctx, j, func(ctx context.Context, tx *store.Tx) ([]studymail.Study, error) {
				st, err := tx.StudyByName(ctx, j.args[0])
				return []studymail.Study{st}, err
			})
			if err != nil {
				return err
			}
			v := views[0]
			if e.asJSON {
				return e.print(v)
			}
			hours, err := j.hoursFacts(v.SendHours)
			if err != nil {
				return err
			}
			facts := [][2]string{
				{"Name", v.Name},
				{"Approval", v.ApprovalReference},
				{"From name", v.FromName},
				{"Opens", string(v.OpensOn)},
				{"Closes", string(v.ClosesOn)},
				{"Active", yesNo(v.Active)},
				{"Shared addresses", yesNo(v.AllowSharedAddress)},
			}
			facts = append(append(facts, hours...), [][2]string{
				{"ID", v.ID.String()},
				{"Added", j.clock(v.CreatedAt)},
				{"Edited", j.clock(v.UpdatedAt)},
				{"Patients", thousands(v.Patients) + ", " + thousands(v.InStudy) + " in study"},
			}...)
			for _, s := range v.Standing {
				name := s.Status
				if s.Cancelled != "" {
					name += ", " + s.Cancelled
				}
				facts = append(facts, [2]string{"  " + name, thousands(s.Patients)})
			}
			return e.facts(facts...)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) studyEdit() *cobra.Command {
	var f studyFlags
	cmd := &cobra.Command{
		Use:   "edit NAME [--name NEW] [--opens DATE] [--closes DATE] [--active=false] …",
		Short: "Edit a study",
		Long:  "Change what is known of a study. What is not mentioned stays; an empty value takes\nit away. Closing a study stops its mail: what has not left is skipped.",
		Example: `  studymail study edit A --closes 2026-12-31
  studymail study edit A --active=false
  studymail study edit A --send-hours "Mon-Fri 09:00-17:00" --send-zone Europe/London --closed-on "england 2026-12-24"
  studymail study edit A --send-hours "" --closed-on ""
  studymail study edit A --name "Sleep and heart"`,
		Args: exactly("the study's name"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if !anyChanged(j.cmd, append([]string{"name", "approval", "from-name", "opens", "closes", "active", "allow-shared-address"}, hoursFlagNames...)...) {
				return wrongUse("say what to change, for instance --closes")
			}
			var (
				st studymail.Study
				s  edits
			)
			err := j.Store.Write(ctx, func(tx *store.Tx) (err error) {
				if st, err = tx.StudyByName(ctx, j.args[0]); err != nil {
					return err
				}
				s = edits{cmd: j.cmd}
				f.apply(&s, &st, j.Config.TimeZone)
				if s.err != nil || len(s.changed) == 0 {
					return s.err
				}
				if err := tx.UpdateStudy(ctx, &st); err != nil {
					return err
				}
				return e.event(ctx, tx, "study edited", st.ID, strings.Join(s.changed, ", "))
			})
			if err != nil {
				return err
			}
			return e.edited(&s, "Study "+st.Name, st)
		}),
	}
	f.on(cmd)
	e.jsonFlag(cmd)
	return cmd
}

// studyView is a study and where its patients stand.
type studyView struct {
	studymail.Study
	Patients int             `json:"patients"`
	InStudy  int             `json:"in_study"`
	Standing []patientsStand `json:"patients_by_status"`
}

type patientsStand struct {
	Status    string `json:"status"`
	Cancelled string `json:"cancelled"` // "" for none
	Patients  int    `json:"patients"`
}

func studyViews(ctx context.Context, j *job, find func(context.Context, *store.Tx) ([]studymail.Study, error)) ([]studyView, error) {
	views := []studyView{}
	err := j.Store.Read(ctx, func(tx *store.Tx) error {
		all, err := find(ctx, tx)
		if err != nil {
			return err
		}
		var only int64 // the study to count; 0: all of them
		if len(all) == 1 {
			only = all[0].Key
		}
		counts, err := tx.PatientCounts(ctx, only)
		if err != nil {
			return err
		}
		for _, st := range all {
			v := studyView{Study: st, Standing: []patientsStand{}}
			for _, c := range counts {
				if c.Study != st.Key {
					continue
				}
				v.Patients += c.Patients
				if (studymail.Patient{Status: c.Status, Cancelled: c.Cancelled}).InStudy() {
					v.InStudy += c.Patients
				}
				v.Standing = append(v.Standing, patientsStand{c.Status.String(), c.Cancelled.String(), c.Patients})
			}
			views = append(views, v)
		}
		return nil
	})
	return views, err
}
