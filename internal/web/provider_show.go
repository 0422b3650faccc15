package web

import (
	"fmt"

	"studymail"
	"studymail/internal/store"
)

type providerShowPage struct {
	Heading  heading
	ID       studymail.ID
	Facts    []fact
	MayEdit  bool
	Active   bool
	Studies  []standingRow
	Patients string // the list of them
	History  []entry
}

// standingRow is a study's or a care provider's patients, counted.
type standingRow struct {
	Name     link
	Patients int
	InStudy  int
	Path     string
}

// providerOf finds the care provider of the path.
func (s *site) providerOf(v *visit) (p studymail.Provider, err error) {
	id, err := v.id("id")
	if err != nil {
		return p, err
	}
	err = v.read(func(tx *store.Tx) error {
		p, err = tx.ProviderByID(v.ctx(), id)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such care provider; look for it among the care providers")
	}
	return p, err
}

func (s *site) providerShow(v *visit) error {
	c, err := s.providerOf(v)
	if err != nil {
		return err
	}
	var (
		studies []studymail.Study
		counts  []store.PatientCount
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if studies, err = tx.Studies(v.ctx()); err != nil {
			return err
		}
		counts, err = tx.PatientStandings(v.ctx(), store.PatientFilter{Provider: c.Key})
		return err
	})
	if err != nil {
		return err
	}
	p := providerShowPage{
		Heading: heading{Title: c.Name, Up: link{"Care providers", "/providers"}}, ID: c.ID, MayEdit: v.may(studymail.MayEdit), Active: c.Active,
		Patients: "/patients?provider=" + c.ID.String(),
	}
	if p.MayEdit {
		p.Heading.Actions = []link{{"Edit", "/providers/" + c.ID.String() + "/edit"}}
	}
	n := store.OfWhom{}
	for i := range studies {
		row := standingRow{
			Name: link{studies[i].Name, "/studies/" + studies[i].ID.String()},
			Path: p.Patients + "&study=" + studies[i].ID.String(),
		}
		for _, k := range counts {
			if k.Study != studies[i].Key {
				continue
			}
			row.Patients += k.Patients
			if k.Status == studymail.New && k.Cancelled == studymail.NotCancelled {
				row.InStudy += k.Patients
			}
		}
		if row.Patients > 0 {
			p.Studies = append(p.Studies, row)
			n.Patients, n.InStudy = n.Patients+row.Patients, n.InStudy+row.InStudy
		}
	}
	p.Facts = append([]fact{
		{"State", activeBadge(c.Active)},
		{"ODS code", c.ODSCode},
		{"Contact", c.Contact},
		{"Contact's full name", c.ContactName},
		{"Name in From", orWords(c.FromName, "the study's")},
		{"Replies go to", orWords(c.ReplyTo, "the sender's address")},
		{"Telephone", c.Phone},
	}, append(s.hoursFacts(&c.SendHours),
		fact{"Patients", link{fmt.Sprintf("%s, %s in study", countOf(int64(n.Patients), "patient"), commas(n.InStudy)), p.Patients}},
		fact{"Added", s.timeOf(c.CreatedAt)}, fact{"Changed", s.timeOf(c.UpdatedAt)}, fact{"UUID", c.ID.String()})...)
	if p.History, err = s.history(v, c.ID); err != nil {
		return err
	}
	return v.page("provider_show", c.Name, p)
}

// orWords says what counts where nothing is set.
func orWords(set, otherwise string) string {
	if set == "" {
		return "(" + otherwise + ")"
	}
	return set
}
