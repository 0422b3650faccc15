package web

import (
	"fmt"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

type studyShowPage struct {
	Heading   heading
	ID        studymail.ID
	Facts     []fact
	MayEdit   bool
	Active    bool
	Patients  string // the list of them
	Standings []standingLine
	Providers []standingRow
	More      int // care providers that are not shown
	Campaigns []studyCampaign
	Templates []studyTemplate
	History   []entry
}

// standingLine is how many patients have one status and cancelled.
type standingLine struct {
	Status    badge
	Cancelled badge
	InStudy   badge
	Count     int
	Path      string
}

type studyCampaign struct {
	Name     link
	Template string
	State    badge
	Created  moment
}

type studyTemplate struct{ Name link }

const (
	campaignsOfAStudy = 50
	providersOfAStudy = 50
)

// studyOf finds the study of the path.
func (s *site) studyOf(v *visit) (c studymail.Study, err error) {
	id, err := v.id("id")
	if err != nil {
		return c, err
	}
	err = v.read(func(tx *store.Tx) error {
		c, err = tx.StudyByID(v.ctx(), id)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such study; look for it among the studies")
	}
	return c, err
}

func (s *site) studyShow(v *visit) error {
	c, err := s.studyOf(v)
	if err != nil {
		return err
	}
	var (
		counts    []store.PatientCount
		facets    store.PatientFacets
		providers []studymail.Provider
		campaigns []store.CampaignRow
		templates []studymail.Template
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if counts, err = tx.PatientCounts(v.ctx(), c.Key); err != nil {
			return err
		}
		if facets, err = tx.PatientFacets(v.ctx(), store.PatientFilter{Study: c.Key}); err != nil {
			return err
		}
		if providers, err = tx.Providers(v.ctx()); err != nil {
			return err
		}
		if campaigns, err = tx.CampaignsOfStudy(v.ctx(), c.Key, campaignsOfAStudy); err != nil {
			return err
		}
		templates, err = tx.TemplatesOfStudy(v.ctx(), c.Key)
		return err
	})
	if err != nil {
		return err
	}
	p := studyShowPage{
		Heading: heading{Title: "Study " + c.Name, Up: link{"Studies", "/studies"}}, ID: c.ID, MayEdit: v.may(studymail.MayEdit), Active: c.Active,
		Patients: "/patients?study=" + c.ID.String(),
	}
	if p.MayEdit {
		p.Heading.Actions = []link{{"Edit", "/studies/" + c.ID.String() + "/edit"}, {"Import patients", "/imports/new?study=" + c.ID.String()}, {"Add a patient", "/patients/new?study=" + c.ID.String()}}
	}
	inStudy := 0
	for _, k := range counts {
		who := studymail.Patient{Status: k.Status, Cancelled: k.Cancelled}
		if who.InStudy() {
			inStudy += k.Patients
		}
		left := "none"
		if k.Cancelled != studymail.NotCancelled {
			left = strconv.Itoa(int(k.Cancelled))
		}
		p.Standings = append(p.Standings, standingLine{
			statusBadge(k.Status), cancelledBadge(k.Cancelled), inStudyBadge(&who), k.Patients,
			fmt.Sprintf("%s&status=%d&cancelled=%s", p.Patients, k.Status, left),
		})
	}
	p.Facts = append([]fact{
		{"State", s.studyState(&c)},
		{"Opens on", dateWords(c.OpensOn)},
		{"Closes on", dateWords(c.ClosesOn)},
		{"Approval", c.ApprovalReference},
		{"Name in From", orWords(c.FromName, "EMAIL_DISPLAY_NAME")},
		{"Shared addresses", sharedWords(c.AllowSharedAddress)},
	}, append(s.hoursFacts(&c.SendHours),
		fact{"Patients", link{fmt.Sprintf("%s, %s in study", countOf(int64(facets.Total), "patient"), commas(inStudy)), p.Patients}},
		fact{"Added", s.timeOf(c.CreatedAt)}, fact{"Changed", s.timeOf(c.UpdatedAt)}, fact{"UUID", c.ID.String()})...)
	for i := range providers {
		n := facets.Provider[providers[i].Key]
		if n == 0 {
			continue
		}
		if len(p.Providers) == providersOfAStudy {
			p.More++
			continue
		}
		p.Providers = append(p.Providers, standingRow{
			Name: link{providers[i].Name, "/providers/" + providers[i].ID.String()}, Patients: n, Path: p.Patients + "&provider=" + providers[i].ID.String(),
		})
	}
	s.lettersOf(v, &p, campaigns, templates)
	if p.History, err = s.history(v, c.ID); err != nil {
		return err
	}
	return v.page("study_show", p.Heading.Title, p)
}

// lettersOf lists campaigns and templates, with links where they have pages.
func (s *site) lettersOf(v *visit, p *studyShowPage, campaigns []store.CampaignRow, templates []studymail.Template) {
	to := func(route, path string) string {
		if v.hasRoute("GET", route) {
			return path
		}
		return ""
	}
	for i := range campaigns {
		k := &campaigns[i]
		p.Campaigns = append(p.Campaigns, studyCampaign{
			link{k.Name, to("/campaigns/{id}", "/campaigns/"+k.ID.String())}, k.TemplateName, campaignBadge(k.State), s.timeOf(k.CreatedAt),
		})
	}
	for i := range templates {
		k := &templates[i]
		p.Templates = append(p.Templates, studyTemplate{link{k.Name, to("/templates/{id}", "/templates/"+k.ID.String())}})
	}
}

func campaignBadge(state studymail.CampaignState) badge {
	kind := "quiet"
	switch state {
	case studymail.Running:
		kind = "good"
	case studymail.Scheduled:
		kind = "info"
	case studymail.Paused:
		kind = "warn"
	case studymail.Draft, studymail.Finished, studymail.CampaignCanceled:
	}
	return badge{kind, sentenceWord(state.String())}
}

func sharedWords(allowed bool) string {
	if allowed {
		return "People who share an address are mailed, too"
	}
	return "People who share an address are left out"
}
