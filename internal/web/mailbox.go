package web

import (
	"bytes"
	"io"
	"net/http"

	"studymail"
	"studymail/internal/maildir"
	"studymail/internal/store"
)

// The mailbox shows the mails of the Maildir transport as their readers would see
// them. Nothing of that transport leaves the machine, so it is where a first letter
// is found.

const mailsOnAPage = 50

// sessionMail is the mail that the user opened last: its frame shows no other.
const sessionMail = "mail"

type mailboxPage struct {
	Heading heading
	Rows    []mailRow
	MayRead bool
	Total   int
	Empty   empty
}

type mailRow struct {
	ID       studymail.ID
	Short    string
	At       moment
	Letter   string
	Study    string
	Patient  link
	Campaign link
	Message  link
}

type mailboxReadPage struct {
	Heading heading
	Mail    *mailPage
	Message link
}

// folder opens the Maildir; NotFound with another transport.
func (s *site) folder() (*maildir.Folder, error) {
	if s.Config.MailTransport != "maildir" {
		return nil, studymail.Errorf(studymail.NotFound, "there is no mailbox: mails of this installation leave it, by another transport than a Maildir folder")
	}
	return maildir.Open(s.Config.MaildirPath, s.Now())
}

func (s *site) mailboxList(v *visit) error {
	f, err := s.folder()
	if err != nil {
		return err
	}
	mails, total, err := f.List(v.ctx(), mailsOnAPage)
	if err != nil {
		return err
	}
	p := mailboxPage{
		Heading: heading{Title: "Mailbox", Words: "The newest mails of the Maildir transport, as their readers would get them. They are files of this machine: nothing has left it."},
		MayRead: v.may(studymail.MaySeeDetails), Total: total,
		Empty: empty{"No mails yet", "Choose patients and send them a letter: it turns up here.", v.linkTo("Choose patients", "/patients")},
	}
	ids := make([]studymail.ID, len(mails))
	for i := range mails {
		ids[i] = mails[i].ID
	}
	known := map[studymail.ID]*store.MessageRow{}
	if len(ids) > 0 {
		err = v.read(func(tx *store.Tx) error {
			rows, _, err := tx.MessagePage(v.ctx(), store.MessageFilter{IDs: ids, Limit: len(ids)})
			for i := range rows {
				known[rows[i].ID] = &rows[i]
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for i := range mails {
		row := mailRow{ID: mails[i].ID, Short: shortID(mails[i].ID), At: s.timeOf(mails[i].At), Letter: "A mail of no message here"}
		if m := known[mails[i].ID]; m != nil {
			row.Letter, row.Study = m.TemplateName, m.StudyName
			row.Patient = link{"Patient " + shortID(m.PatientID), "/patients/" + m.PatientID.String()}
			row.Campaign = link{m.CampaignName, "/campaigns/" + m.CampaignID.String()}
			row.Message = link{"Message " + row.Short, "/messages/" + m.ID.String()}
		}
		p.Rows = append(p.Rows, row)
	}
	return v.page("mailbox_list", "Mailbox", p)
}

// mailboxRead shows one mail: an event says who looked.
func (s *site) mailboxRead(v *visit) error {
	raw, id, err := s.mailOf(v)
	if err != nil {
		return err
	}
	p := mailboxReadPage{Heading: heading{Title: "Mail " + shortID(id), Up: link{"Mailbox", mailbox}}}
	if p.Mail, err = readMail(raw); err != nil {
		return err
	}
	if err := v.write(func(tx *store.Tx) error { return v.event(tx, "mail shown", id, "in the mailbox") }); err != nil {
		return err
	}
	p.Mail.Frame = mailbox + "/" + id.String() + "/letter"
	v.sessions.Put(v.ctx(), sessionMail, id.String())
	v.w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	return v.page("mailbox_show", p.Heading.Title, p)
}

// mailPolicy is the policy of a mail in a frame of ours: it may look as its writer
// wants, and do and load nothing at all. It has no origin.
const mailPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// mailboxLetter is the HTML of the mail that the user opened last.
func (s *site) mailboxLetter(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if v.sessions.GetString(v.ctx(), sessionMail) != id.String() {
		return studymail.Errorf(studymail.NotFound, "open the mail in the mailbox first")
	}
	raw, _, err := s.mailOf(v)
	if err != nil {
		return err
	}
	text, html, _, err := openMail(raw)
	if err != nil {
		return err
	}
	kind, body := "text/html; charset=utf-8", html
	if html == "" {
		kind, body = "text/plain; charset=utf-8", text
	}
	v.w.Header().Set("Content-Security-Policy", mailPolicy)
	v.w.send(http.StatusOK, kind, bytes.NewBufferString(body))
	return nil
}

func (s *site) mailOf(v *visit) ([]byte, studymail.ID, error) {
	id, err := v.id("id")
	if err != nil {
		return nil, id, err
	}
	f, err := s.folder()
	if err != nil {
		return nil, id, err
	}
	r, err := f.Open(v.ctx(), id)
	if err != nil {
		return nil, id, err
	}
	defer func() { _ = r.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(r, maxMail))
	if err != nil {
		return nil, id, studymail.Errorf(studymail.Unavailable, "the mail cannot be read from the disk; try again")
	}
	return raw, id, nil
}
