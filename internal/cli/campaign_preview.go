package cli

import (
	"context"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) campaignPreview() *cobra.Command {
	var each bool
	cmd := &cobra.Command{
		Use:   "preview ID [--patients]",
		Short: "Tell who would get the letter now, and why the others would not",
		Long: `Tell how many would get a campaign's letter if it were planned now, and how many
would be left out for which reason; with --patients, patient by patient. Nothing
is written.`,
		Example: `  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --patients
  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, _ *job, planner *audience.Planner, id studymail.ID) error {
			if each {
				return e.previewEach(ctx, planner, id)
			}
			res, err := planner.Preview(ctx, id)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(previewOf(id, res))
			}
			return e.sayPreview(res)
		}),
	}
	cmd.Flags().BoolVar(&each, "patients", false, "list each patient")
	e.jsonFlag(cmd)
	return cmd
}

// previewView is what a plan would do now.
type previewView struct {
	ID       studymail.ID             `json:"id"`
	Selected int                      `json:"selected"`
	Planned  int                      `json:"planned"`
	LeftOut  map[studymail.Reason]int `json:"left_out"`
	Patients *[]lookedView            `json:"patients,omitempty"`
}

func previewOf(id studymail.ID, res audience.Result) previewView {
	return previewView{ID: id, Selected: res.Planned + total(res.LeftOut), Planned: res.Planned, LeftOut: res.LeftOut}
}

func (e *env) sayPreview(res audience.Result) error {
	if err := e.say("%s would get the letter.", count(res.Planned, "patient")); err != nil {
		return err
	}
	return e.sayLeftOut(res.LeftOut)
}

// previewEach lists each patient, and then the numbers of just these.
func (e *env) previewEach(ctx context.Context, planner *audience.Planner, id studymail.ID) error {
	res := audience.Result{LeftOut: map[studymail.Reason]int{}}
	all := []lookedView{}
	list := e.lookedTable()
	err := planner.PreviewEach(ctx, id, func(l store.Looked) error {
		if l.Reason == "" {
			res.Planned++
		} else {
			res.LeftOut[l.Reason]++
		}
		if e.asJSON {
			all = append(all, lookedOf(l))
			return nil
		}
		return list.add(l)
	})
	if err != nil {
		return err
	}
	if e.asJSON {
		v := previewOf(id, res)
		v.Patients = &all
		return e.print(v)
	}
	if err := list.end(); err != nil {
		return err
	}
	return e.sayPreview(res)
}

// lookedView is a patient at whom a plan looked: no personal detail.
type lookedView struct {
	Patient  studymail.ID     `json:"patient"`
	Provider string           `json:"provider"` // ODS code
	Reason   studymail.Reason `json:"reason"`   // "" for who gets the letter
}

func lookedOf(l store.Looked) lookedView {
	return lookedView{Patient: l.Patient, Provider: l.ODSCode, Reason: l.Reason}
}

// lookedTable prints patients at whom a plan looked, in pieces.
type lookedTable struct {
	e *env
	t *table
	n int
}

func (e *env) lookedTable() *lookedTable { return &lookedTable{e: e} }

func (l *lookedTable) add(p store.Looked) error {
	if l.t == nil {
		l.t = l.e.table("patient", "care provider", "letter")
	}
	letter := "yes"
	if p.Reason != "" {
		letter = "no: " + string(p.Reason)
	}
	l.t.row(p.Patient, p.ODSCode, letter)
	if l.n++; l.n%messagePage == 0 {
		return l.t.end()
	}
	return nil
}

func (l *lookedTable) end() error {
	if l.t == nil {
		return nil
	}
	return l.t.end()
}
