package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"studymail"
	"studymail/internal/feedback"

	"github.com/spf13/cobra"
)

func (e *env) feedbackImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take in mails that came back",
		Long: `Take in mails that came back: bounces, complaints, automatic replies, opt-outs.
What follows from each stands in docs/feedback.md. A mail that was taken in before,
by whichever way, changes nothing: a folder may be imported again and again.

FILE is a mail, an mbox, a Maildir or another folder of mails, or - for standard
input. Nothing is moved or deleted. A mail server's pipe should ask for another try
when the exit code is not 0: studymail feedback import - || exit 75`,
		Example: `  studymail feedback import /var/mail/bounces
  studymail feedback import ~/Maildir --json
  studymail feedback import - < bounce.eml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("FILE is missing: a mail, an mbox, a folder of mails, or - for standard input")
			}
			return nil
		},
		RunE: e.with(e.importFeedback),
	}
	e.jsonFlag(cmd)
	return cmd
}

// tookIn is what became of mails.
type tookIn struct {
	Mails   int            `json:"mails"`
	Applied int            `json:"applied"`
	Waits   int            `json:"waits"` // for our own record of the hand-over
	Kept    int            `json:"kept"`  // for a person to look at
	Again   int            `json:"again"` // were taken in before
	Unread  int            `json:"unread"`
	Classes map[string]int `json:"classes"` // of those that are new
}

func (e *env) importFeedback(ctx context.Context, j *job) error {
	intake := j.Feedback()
	n := tookIn{Classes: map[string]int{}}
	bar := e.progress("taking in", "mails")
	defer bar.done()
	one := func(mail io.Reader) error {
		taken, err := intake.Take(ctx, studymail.FromImport, mail)
		if err != nil {
			return err
		}
		n.add(&taken)
		bar.set(int64(n.Mails), 0)
		return nil
	}
	for _, name := range j.args {
		if name == "-" {
			if err := feedback.EachMail(e.In, one); err != nil {
				return err
			}
			continue
		}
		err := filepath.WalkDir(e.path(name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				if d.Name() == "tmp" && path != e.path(name) {
					return fs.SkipDir // of a Maildir: not all there yet
				}
				return nil
			}
			var f *os.File
			if err == nil {
				f, err = os.Open(path) //nolint:gosec // the user names it
			}
			if err != nil {
				n.Unread++
				e.note("%s: %s", e.asNamed(name, path), cause(err))
				return nil
			}
			defer func() { _ = f.Close() }() // read only
			return feedback.EachMail(f, one)
		})
		if err != nil {
			return err
		}
	}
	bar.done()
	if err := e.sayTookIn(&n); err != nil {
		return err
	}
	if n.Unread > 0 {
		return studymail.Errorf(studymail.Unavailable, "%s could not be read; the others were taken in", count(n.Unread, "file"))
	}
	return nil
}

func (n *tookIn) add(t *feedback.Taken) {
	n.Mails++
	if t.Repeat {
		n.Again++
		return
	}
	n.Classes[t.Class]++
	switch t.State {
	case studymail.FeedbackApplied:
		n.Applied++
	case studymail.FeedbackWaits:
		n.Waits++
	case studymail.FeedbackKept:
		n.Kept++
	case studymail.FeedbackUndone: // nothing that is new is undone
	}
}

func (e *env) sayTookIn(n *tookIn) error {
	if e.asJSON {
		return e.print(n)
	}
	if n.Mails == 0 {
		return e.say("No mails in there.")
	}
	if err := e.say("%s: %s applied, %s to wait, %s to be looked at, %s here before.", count(n.Mails, "mail"),
		thousands(n.Applied), thousands(n.Waits), thousands(n.Kept), thousands(n.Again)); err != nil {
		return err
	}
	if n.Kept > 0 {
		return e.say("Look at them: `studymail feedback list --state kept`.")
	}
	return nil
}
