package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/seslist"
	"studymail/internal/store"
)

const sesListPath = "/suppression/ses"

// sesListLimit is how long SES is asked for one page: its list comes in parts of a
// thousand, and each address that is cleared is a call.
const sesListLimit = 50 * time.Second

type suppressionSESPage struct {
	Heading heading
	Changed string
	Asked   bool // SES was asked just now
	Form    *form
	Facts   []fact
	Doing   []confirm
}

// suppressionSES says what the account's own list is. SES is asked only when somebody
// says so.
func (s *site) suppressionSES(v *visit) error {
	return v.page("suppression_ses", "Amazon SES's list", s.sesListPage())
}

func (s *site) sesListPage() suppressionSESPage {
	p := suppressionSESPage{
		Heading: heading{
			Title: "Amazon SES's list", Up: link{"Suppressed addresses", "/suppression"},
			Words: "Amazon SES keeps a list of addresses of its own accord, to which it sends nothing for this account: it takes a letter to them, and says then that it did not send it.",
		},
		Form: newForm(), Facts: []fact{{"Mail goes by", "Amazon SES"}},
	}
	if s.Config.MailTransport != config.SES {
		p.Facts[0].Value = string(s.Config.MailTransport) + ", not Amazon SES: its list does not matter now"
	}
	return p
}

// suppressionSESAsk asks SES, and shows what can be done.
func (s *site) suppressionSESAsk(v *visit) error {
	list, err := s.sesList()
	if err != nil {
		return err
	}
	found, err := s.lookAtSES(v, list)
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error {
		return v.event(tx, "suppression list of Amazon SES looked at", studymail.ID{}, "listed="+strconv.Itoa(found.Listed))
	})
	if err != nil {
		return err
	}
	return s.showSESList(v, http.StatusOK, &found, "")
}

func (s *site) sesList() (*seslist.List, error) {
	if s.SESList == nil {
		return nil, studymail.Errorf(studymail.Conflict, "nothing is set of Amazon SES here: docs/ses.md says how it is set up")
	}
	return s.SESList, nil
}

func (s *site) lookAtSES(v *visit, list *seslist.List) (seslist.Found, error) {
	ctx, cancel := context.WithTimeout(v.ctx(), sesListLimit)
	defer cancel()
	return list.Look(ctx)
}

func (s *site) showSESList(v *visit, status int, found *seslist.Found, changed string) error {
	p := s.sesListPage()
	p.Asked, p.Changed = true, changed
	imported := fact{"Brought here", "never"}
	if !found.Imported.IsZero() {
		imported.Value = s.timeOf(found.Imported)
	}
	p.Facts = append(p.Facts,
		fact{"On its list", countOf(int64(found.Listed), "address")},
		fact{"Suppressed here, too", countOf(int64(found.Here), "address")},
		fact{"Not here", countOf(int64(found.Fresh), "address")},
		fact{"Lifted here", countOf(int64(found.Lifted), "address")},
		imported,
	)
	if found.Fresh > 0 {
		what := countOf(int64(found.Fresh), "address")
		p.Doing = append(p.Doing, confirm{
			Action: sesListPath + "/import", Form: newForm(), Button: "Bring " + what + " onto our list", Hidden: map[string]string{"expect": strconv.Itoa(found.Fresh)},
			Text: "They will be suppressed here, too: letters to them are skipped instead of given to Amazon SES for nothing. What was lifted here stays lifted. Each can be lifted again.",
		})
	}
	if found.Lifted > 0 {
		what := countOf(int64(found.Lifted), "address")
		p.Doing = append(p.Doing, confirm{
			Action: sesListPath + "/clear", Form: newForm(), Danger: true, Button: "Clear " + what + " at Amazon SES", Hidden: map[string]string{"expect": strconv.Itoa(found.Lifted)},
			Text: "They were on our list and were lifted there. Amazon SES sends to them again. If one bounces or complains again, it comes back onto both lists, and counts for the account's reputation.",
		})
	}
	return v.pageAs(status, "suppression_ses", p.Heading.Title, p)
}

// doSESList does what was asked for if the number is still the one that was shown.
func (s *site) doSESList(v *visit, of func(*seslist.Found) int, do func(context.Context, *seslist.List) (int, error)) (n int, done bool, err error) {
	f, err := v.sentForm()
	if err != nil {
		return 0, false, err
	}
	list, err := s.sesList()
	if err != nil {
		return 0, false, err
	}
	found, err := s.lookAtSES(v, list)
	if err != nil {
		return 0, false, err
	}
	if f.Get("expect") != strconv.Itoa(of(&found)) {
		return 0, false, s.showSESList(v, http.StatusConflict, &found, "Meanwhile something changed: what is below is new. Nothing was done yet.")
	}
	ctx, cancel := context.WithTimeout(v.ctx(), sesListLimit)
	defer cancel()
	n, err = do(ctx, list)
	return n, err == nil, err
}

// suppressionSESImport suppresses here what is new on SES's list.
func (s *site) suppressionSESImport(v *visit) error {
	n, done, err := s.doSESList(v, func(f *seslist.Found) int { return f.Fresh }, func(ctx context.Context, list *seslist.List) (int, error) {
		did, err := list.Import(ctx, v.actor())
		return did.Added, err
	})
	if err != nil || !done {
		return err
	}
	v.flash("Newly suppressed here: %s.", countOf(int64(n), "address"))
	return v.redirect(sesListPath)
}

// suppressionSESClear takes off SES's list what was lifted here. What was cleared before
// it failed stays so: those that are left can be cleared by another go.
func (s *site) suppressionSESClear(v *visit) error {
	n, done, err := s.doSESList(v, func(f *seslist.Found) int { return f.Lifted }, func(ctx context.Context, list *seslist.List) (int, error) {
		return list.Clear(ctx, v.actor())
	})
	if err != nil && n > 0 {
		return studymail.Errorf(studymail.Unavailable, "%s cleared, then Amazon SES answered no more: ask it again, and clear the rest", countOf(int64(n), "address"))
	}
	if err != nil || !done {
		return err
	}
	v.flash("Cleared at Amazon SES: %s.", countOf(int64(n), "address"))
	return v.redirect(sesListPath)
}
