package web

import (
	"time"

	"studymail"
	"studymail/internal/store"
)

const studiesOnAPage = 100

type studyListPage struct {
	Heading heading
	Form    *form
	Active  []option
	Rows    []studyRow
	Empty   empty
	Pager   pager
}

type studyRow struct {
	ID       studymail.ID
	Name     string
	State    badge
	Opens    string
	Closes   string
	Patients int
	InStudy  int
}

func (s *site) studyList(v *visit) error {
	var (
		all    []studymail.Study
		counts map[int64]store.OfWhom
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if all, err = tx.Studies(v.ctx()); err != nil {
			return err
		}
		counts, err = tx.PatientsOfStudies(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	f := newForm().Set("q", v.query("q")).Set("active", v.query("active"))
	p := studyListPage{
		Form: f, Active: activeOptions, Heading: heading{Title: "Studies", Words: "Each study has its patients, who are mailed while it is open and active."},
		Empty: empty{Heading: "No such studies", Text: "Take a filter away.", Link: link{"Show all studies", "/studies"}},
	}
	if v.may(studymail.MayEdit) {
		p.Heading.Actions = []link{{"Add a study", "/studies/new"}}
	}
	if len(all) == 0 {
		p.Empty = empty{Heading: "No studies yet", Text: "A coordinator adds them."}
		if v.may(studymail.MayEdit) {
			p.Empty = empty{Heading: "No studies yet", Text: "Add the first one; then its patients can be imported.", Link: link{"Add a study", "/studies/new"}}
		}
	}
	var rows []studyRow
	for i := range all {
		c := &all[i]
		if asked(f, c.Active, c.Name, c.ApprovalReference) {
			n := counts[c.Key]
			rows = append(rows, studyRow{c.ID, c.Name, s.studyState(c), dateWords(c.OpensOn), dateWords(c.ClosesOn), n.Patients, n.InStudy})
		}
	}
	from := min(int(max(v.number("after", 0), 0)), len(rows))
	var show int
	p.Pager, show = v.newPager("study", len(rows)-from, studiesOnAPage, func(last int) int64 { return int64(from + last + 1) })
	p.Pager.What, p.Pager.Total = "study", int64(len(rows))
	p.Rows = rows[from : from+show]
	return v.page("study_list", "Studies", p)
}

// studyState says whether a study mails today, and why not.
func (s *site) studyState(c *studymail.Study) badge {
	today := studymail.DateOf(s.Now(), s.Config.TimeZone)
	switch {
	case !c.Active:
		return activeBadge(false)
	case c.OpensOn != "" && c.OpensOn > today:
		return badge{"info", "Not open yet"}
	case c.ClosesOn != "" && c.ClosesOn < today:
		return badge{"quiet", "Closed"}
	}
	return badge{"good", "Open"}
}

// dateWords shows a day; "" for none.
func dateWords(d studymail.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if d == "" || err != nil {
		return ""
	}
	return t.Format("2 January 2006")
}
