package web

import (
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

const suppressionsOnAPage = 50

type suppressionListPage struct {
	Heading heading
	Said    string // what a look-up found
	Look    *form
	Form    *form // to add one
	Reasons []option
	MayLook bool
	MayAdd  bool
	Rows    []suppressionRow
	Empty   empty
	Pager   pager
}

type suppressionRow struct {
	ID     studymail.ID
	Short  string
	Reason string
	Source string
	Since  moment
}

// suppressReasons are codes: free text could hold a name.
var suppressReasons = []option{
	{Value: "asked", Text: "Whoever has it said so"},
	{Value: "complaint", Text: "They complained about the mail"},
	{Value: "no such mailbox", Text: "There is no such mailbox"},
	{Value: "other", Text: "Something else"},
}

// byHand is the source of what staff type.
const byHand = "by hand"

func suppressionSource(source string) string {
	for _, o := range feedbackSources {
		if o.Value == source {
			return o.Text
		}
	}
	return sentenceWord(source)
}

func (s *site) suppressionList(v *visit) error {
	return s.listSuppressions(v, http.StatusOK, newForm(), newForm(), "")
}

func (s *site) listSuppressions(v *visit, status int, look, add *form, said string) error {
	p := suppressionListPage{
		Heading: heading{
			Title:   "Suppressed addresses",
			Words:   "Addresses that are not mailed, whoever has them. They are kept in a form in which they can be looked up by typing them, and never read.",
			Actions: []link{{"Feedback", "/feedback"}},
		},
		Said: said, Look: look, Form: add, Reasons: suppressReasons, MayLook: v.may(studymail.MaySeeDetails), MayAdd: v.may(studymail.MayEdit),
		Empty: empty{Heading: "No address is suppressed", Text: "Dead addresses, complaints and opt-outs of all mail get onto this list by themselves. You can add an address above."},
	}
	if s.SESList != nil && v.may(studymail.MayAdminister) {
		p.Heading.Actions = append(p.Heading.Actions, link{"Amazon SES's list", sesListPath})
	}
	var (
		all   []studymail.Suppression
		total int
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if all, err = tx.SuppressionPage(v.ctx(), v.number("after", 0), suppressionsOnAPage+1); err != nil {
			return err
		}
		total, err = tx.CountSuppressions(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	var show int
	p.Pager, show = v.newPager("suppression", len(all), suppressionsOnAPage, func(last int) int64 { return all[last].Key })
	p.Pager.Total = int64(total)
	if v.r.Method != http.MethodGet { // the next page is asked for where the list is
		p.Pager.First, p.Pager.Next = "", ""
	}
	for i := range all[:show] {
		x := &all[i]
		p.Rows = append(p.Rows, suppressionRow{x.ID, shortID(x.ID), sentenceWord(x.Reason), suppressionSource(x.Source), s.timeOf(x.CreatedAt)})
	}
	return v.pageAs(status, "suppression_list", p.Heading.Title, p)
}

// addressIn reads an address that was typed. It stands in the body of the request only.
func (s *site) addressIn(f *form, name string) (hashes [][]byte) {
	typed := strings.TrimSpace(f.Address(name))
	if typed == "" {
		f.Problem(name, "type an address")
	}
	if !f.OK() {
		return nil
	}
	return s.Sealer.Hashes(sealed.EmailHash, studymail.NormalEmail(sealed.NewEmail(typed)))
}

// suppressionLook tells whether an address is on the list. Whether it is, is a detail of
// somebody: an event says that it was asked.
func (s *site) suppressionLook(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	hashes := s.addressIn(f, "email")
	if !f.OK() {
		return s.listSuppressions(v, http.StatusUnprocessableEntity, f, newForm(), "")
	}
	var found []studymail.Suppression
	err = v.write(func(tx *store.Tx) (err error) {
		if found, err = tx.SuppressionsOf(v.ctx(), hashes); err != nil {
			return err
		}
		about, detail := studymail.ID{}, "found=0"
		if len(found) > 0 {
			about, detail = found[0].ID, "found=1"
		}
		return v.event(tx, "suppression looked up", about, detail)
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return s.listSuppressions(v, http.StatusOK, newForm(), newForm(), "This address is not suppressed.")
	}
	v.flash("This address is suppressed.")
	return v.redirect("/suppression/" + found[0].ID.String())
}

// suppressionAdd puts an address on the list.
func (s *site) suppressionAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	hashes := s.addressIn(f, "address")
	chosen(f, "reason", suppressReasons)
	if !f.OK() {
		return s.listSuppressions(v, http.StatusUnprocessableEntity, newForm(), f, "")
	}
	where, fresh := "/suppression", 0
	err = v.write(func(tx *store.Tx) error {
		added, err := tx.SuppressAddress(v.ctx(), hashes, f.Get("reason"), byHand)
		if err != nil {
			return err
		}
		fresh = len(added)
		for i := range added {
			if err := v.event(tx, "address suppressed", added[i].ID, f.Get("reason")); err != nil {
				return err
			}
		}
		all, err := tx.SuppressionsOf(v.ctx(), hashes)
		if err == nil && len(all) > 0 {
			where = "/suppression/" + all[0].ID.String()
		}
		return err
	})
	if err != nil {
		return err
	}
	if fresh == 0 {
		v.flash("This address was suppressed already. It stays as it was.")
	} else {
		v.flash("The address is suppressed: it is not mailed any more. Letters to it that wait are skipped.")
	}
	return v.redirect(where)
}
