package web

import (
	"net/http"
	"slices"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

const campaignsOnAPage = 50

type campaignListPage struct {
	Heading heading
	Form    *form
	Studies []option
	States  []option
	Kinds   []option
	Rows    []campaignRow
	Empty   empty
	Pager   pager
}

type campaignRow struct {
	Name    link
	Study   link
	Letter  string
	State   badge
	Letters int
	Created moment
	Started moment
}

var campaignKinds = []option{{Text: "Any"}, {Value: "study", Text: "To a study"}, {Value: "chosen", Text: "To chosen patients"}}

// campaignListFilter reads the filter of the list from its address. What is wrong with
// it is noted in the form.
func (v *visit) campaignListFilter(f *form, studies []studymail.Study) store.CampaignFilter {
	filter := store.CampaignFilter{Words: f.Line("q"), Before: max(v.number("after", 0), 0), Limit: campaignsOnAPage + 1}
	if id := f.Get("study"); id != "" {
		i := slices.IndexFunc(studies, func(s studymail.Study) bool { return s.ID.String() == id })
		if i < 0 {
			f.Problem("study", "there is no such study; choose one of these")
		} else {
			filter.Study = studies[i].Key
		}
	}
	if w := f.Get("state"); w != "" {
		for _, state := range studymail.CampaignStates() {
			if state.String() == w {
				filter.State = &state
			}
		}
		if filter.State == nil {
			f.Problem("state", "choose one of these")
		}
	}
	if kind := f.Choice("kind", "", "study", "chosen"); kind != "" {
		adHoc := kind == "chosen"
		filter.AdHoc = &adHoc
	}
	return filter
}

func (s *site) campaignList(v *visit) error {
	f := newForm()
	for _, name := range []string{"q", "study", "state", "kind"} {
		f.Set(name, v.query(name))
	}
	var (
		studies []studymail.Study
		rows    []store.CampaignRow
		planned map[int64]int
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if studies, err = tx.Studies(v.ctx()); err != nil {
			return err
		}
		filter := v.campaignListFilter(f, studies)
		if !f.OK() {
			return nil
		}
		rows, planned, err = tx.CampaignPage(v.ctx(), filter)
		return err
	})
	if err != nil {
		return err
	}
	p := campaignListPage{
		Form: f, Kinds: campaignKinds, Studies: anyOf("Any"), States: anyOf("Any"),
		Heading: heading{Title: "Campaigns", Words: "A campaign sends a letter to a study’s patients who are in study, and reminders after it."},
		Empty:   empty{Heading: "No such campaigns", Text: "Take a filter away.", Link: link{"Show all campaigns", "/campaigns"}},
	}
	for i := range studies {
		p.Studies = append(p.Studies, option{Value: studies[i].ID.String(), Text: studies[i].Name})
	}
	for _, state := range studymail.CampaignStates() {
		p.States = append(p.States, option{Value: state.String(), Text: sentenceWord(state.String())})
	}
	if v.may(studymail.MaySend) {
		p.Heading.Actions = []link{{"Plan a campaign", "/campaigns/new"}}
	}
	if len(rows) == 0 && v.r.URL.RawQuery == "" {
		p.Empty = empty{Heading: "No campaigns yet", Text: "Someone with the right to send plans them."}
		if v.may(studymail.MaySend) {
			p.Empty = empty{
				Heading: "No campaigns yet", Link: link{"Plan a campaign", "/campaigns/new"},
				Text: "Plan the first one: choose a study and a letter. Nothing is sent before you have seen exactly how many will get it.",
			}
		}
	}
	byKey := map[int64]studymail.ID{}
	for i := range studies {
		byKey[studies[i].Key] = studies[i].ID
	}
	var show int
	p.Pager, show = v.newPager("campaign", len(rows), campaignsOnAPage, func(last int) int64 { return rows[last].Key })
	for i := range rows[:show] {
		c := &rows[i]
		row := campaignRow{
			Name: link{c.Name, "/campaigns/" + c.ID.String()}, Study: link{"Chosen patients", ""}, Letter: letterWords(c.TemplateName, c.Version),
			State: campaignBadge(c.State), Letters: planned[c.Key], Created: s.timeOf(c.CreatedAt), Started: s.timeOf(c.StartedAt),
		}
		if id, ok := byKey[c.Study]; ok {
			row.Study = link{c.StudyName, "/studies/" + id.String()}
		}
		p.Rows = append(p.Rows, row)
	}
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	return v.pageAs(status, "campaign_list", "Campaigns", p)
}

func letterWords(template string, version int) string {
	return template + ", version " + strconv.Itoa(version)
}
