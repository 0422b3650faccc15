package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"studymail"
	"studymail/internal/bounce"

	"github.com/spf13/cobra"
)

func (e *env) feedbackCommand() *cobra.Command {
	return group("feedback", "What comes back for mails: import, list, show, undo, classify",
		"Bounces, complaints, automatic replies and opt-outs that come back for mails.",
		`  studymail feedback import /var/mail/bounces
  studymail feedback list --state kept
  studymail feedback classify Maildir/new --json`,
		e.feedbackImport(), e.feedbackList(), e.feedbackShow(), e.feedbackUndo(), e.feedbackClassify())
}

// classified is what a mail was taken for, as --json has it.
type classified struct {
	File  string       `json:"file"`
	Kind  bounce.Kind  `json:"kind"`
	Class bounce.Class `json:"class"`
	Code  string       `json:"code"`
	Token string       `json:"token"`
}

func (e *env) feedbackClassify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "classify FILE...",
		Short: "Say what mails that came back mean; changes nothing",
		Long: `Say what mails that came back mean: what they would be taken for if they were
feedback. Nothing is stored or changed; neither keys nor a database are needed.

FILE is a mail, a folder of mails, or - for standard input. The kind says what
follows: hard, soft, policy, delayed, automatic, complaint or none. The token is
the name of our message that was found, not verified; empty where there is none.
A file that cannot be read is told, and the rest is read all the same.`,
		Example: `  studymail feedback classify bounce.eml
  studymail feedback classify Maildir/new --json
  studymail feedback classify - < bounce.eml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("FILE is missing: a mail, a folder of mails, or - for standard input")
			}
			return nil
		},
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, args []string) error {
			return e.classify(ctx, args)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) classify(ctx context.Context, names []string) error {
	out, table := e.array(), e.table("file", "kind", "class", "code", "token")
	unread, rows := 0, 0
	tell := func(name string, err error) {
		unread++
		e.note("%s: %s", name, cause(err))
	}
	one := func(name string, from io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := bounce.Read(from)
		if err != nil {
			tell(name, err)
			return nil
		}
		c := classified{File: name, Kind: r.Kind, Class: r.Class, Code: codeOf(&r), Token: nameIn(&r)}
		if e.asJSON {
			return out.add(c)
		}
		table.row(c.File, c.Kind, c.Class, c.Code, c.Token)
		if rows++; rows%500 == 0 {
			return table.end()
		}
		return nil
	}
	for _, name := range names {
		if name == "-" {
			if err := one(name, e.In); err != nil {
				return err
			}
			continue
		}
		err := filepath.WalkDir(e.path(name), func(path string, d fs.DirEntry, err error) error {
			shown := e.asNamed(name, path)
			switch {
			case err != nil:
				tell(shown, err)
				return nil
			case d.IsDir():
				return nil
			}
			f, err := os.Open(path) //nolint:gosec // the user names it
			if err != nil {
				tell(shown, err)
				return nil
			}
			defer func() { _ = f.Close() }() // read only
			return one(shown, f)
		})
		if err != nil {
			return err
		}
	}
	end := table.end
	if e.asJSON {
		end = out.end
	}
	if err := end(); err != nil {
		return err
	}
	if unread > 0 {
		return studymail.Errorf(studymail.Unavailable, "%s could not be read", count(unread, "file"))
	}
	return nil
}

// asNamed is a file's name as the user would write it: from where they stand.
func (e *env) asNamed(name, path string) string {
	if rest, err := filepath.Rel(e.path(name), path); err == nil && rest != "." {
		return filepath.Join(name, rest)
	}
	return name
}

// codeOf is the RFC 3463 code, else the reply code, else nothing.
func codeOf(r *bounce.Report) string {
	if r.Code == "" && r.Reply != 0 {
		return strconv.Itoa(r.Reply)
	}
	return r.Code
}

// nameIn is the first token that a return path or an envelope id of ours has.
func nameIn(r *bounce.Report) string {
	for _, t := range r.Tokens {
		if t.Place != bounce.MessageID {
			return t.Value
		}
	}
	return ""
}
