package cli

import (
	"bufio"
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) suppressionCommand() *cobra.Command {
	return group("suppression", "Addresses that must not be mailed: add, list, remove, export, import",
		`Addresses that must not be mailed, whoever has them. They are kept as keyed hashes:
an address can be looked up, and never read. Bounces, complaints and opt-outs add to
them (docs/feedback.md).`,
		`  studymail suppression add - --reason asked < addresses.txt
  studymail suppression list
  studymail suppression export suppressions.box --passphrase-stdin`,
		e.suppressionAdd(), e.suppressionList(), e.suppressionRemove(), e.suppressionExport(), e.suppressionImport())
}

// suppressionView is a suppression as commands print it.
type suppressionView struct {
	ID     studymail.ID `json:"id"`
	Reason string       `json:"reason"`
	Source string       `json:"source"`
	At     string       `json:"at"`
}

func suppressionOf(s *studymail.Suppression) suppressionView {
	return suppressionView{s.ID, s.Reason, s.Source, stamp(s.CreatedAt)}
}

// suppressReasons are the codes of --reason: free text could hold a name.
var suppressReasons = []string{"asked", "complaint", "no such mailbox", "other"}

// addresses reads the addresses that arguments name; - is standard input, one a line.
func (e *env) addresses(args []string) (all []sealed.Email, err error) {
	take := func(text string) error {
		text = strings.TrimSpace(text)
		if text == "" {
			return nil
		}
		a, err := mail.ParseAddress(text)
		if err != nil || a.Name != "" || a.Address != text {
			return wrongUse("address %d is none: write it alone, like anna@example.org; nothing was changed", len(all)+1)
		}
		all = append(all, sealed.NewEmail(text))
		return nil
	}
	for _, a := range args {
		if a != "-" {
			if err := take(a); err != nil {
				return nil, err
			}
			continue
		}
		lines := bufio.NewScanner(e.In)
		for lines.Scan() {
			if err := take(lines.Text()); err != nil {
				return nil, err
			}
		}
		if err := lines.Err(); err != nil {
			return nil, studymail.Errorf(studymail.Unavailable, "read addresses from standard input: %w", err)
		}
	}
	if len(all) == 0 {
		return nil, wrongUse("there is no address: write one, or - for standard input")
	}
	return all, nil
}

func someAddress(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("ADDRESS is missing: an address, or - for standard input, one a line")
	}
	return nil
}

func (j *job) hashesOf(a sealed.Email) [][]byte {
	return j.Keys.Sealer().Hashes(sealed.EmailHash, studymail.NormalEmail(a))
}

func (e *env) suppressionAdd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "add (ADDRESS… | -) --reason REASON",
		Short: "Have addresses not mailed any more",
		Long: `Have addresses not mailed any more. Mail to them that waits is skipped. The reasons:
asked (whoever has it said so), complaint, no such mailbox, other. With - the addresses
are read from standard input, one a line: so they stand in no history of commands.`,
		Example: `  studymail suppression add anna@example.org --reason asked
  studymail suppression add - --reason other < addresses.txt`,
		Args: someAddress,
		RunE: e.with(func(ctx context.Context, j *job) error {
			if !slices.Contains(suppressReasons, reason) {
				return wrongUse("--reason is %s", strings.Join(suppressReasons, ", "))
			}
			all, err := e.addresses(j.args)
			if err != nil {
				return err
			}
			added := []suppressionView{}
			for chunk := range slices.Chunk(all, 500) {
				var part []suppressionView
				err := j.Store.Write(ctx, func(tx *store.Tx) error {
					part = nil
					for _, a := range chunk {
						rows, err := tx.SuppressAddress(ctx, j.hashesOf(a), reason, "by hand")
						if err != nil {
							return err
						}
						for i := range rows {
							part = append(part, suppressionOf(&rows[i]))
							if err := e.event(ctx, tx, "address suppressed", rows[i].ID, reason); err != nil {
								return err
							}
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
				added = append(added, part...)
			}
			if e.asJSON {
				return e.print(added)
			}
			return e.say("Newly suppressed: %s of %s.", thousands(len(added)), thousands(len(all)))
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "the `reason`: "+strings.Join(suppressReasons, ", "))
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) suppressionList() *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use:     "list [--limit N]",
		Short:   "List suppressions, the newest first",
		Long:    "List suppressions, the newest first: why and since when, not whose. Without --limit\nall are listed.",
		Example: "  studymail suppression list\n  studymail suppression list --limit 20 --json",
		Args:    exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			out, t := e.array(), e.table("id", "reason", "source", "since")
			n, before := 0, int64(0)
			for {
				var page []studymail.Suppression
				err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
					page, err = tx.SuppressionPage(ctx, before, messagePage)
					return err
				})
				if err != nil {
					return err
				}
				for i := range page {
					if limit > 0 && n == limit {
						break
					}
					n++
					v := suppressionOf(&page[i])
					if e.asJSON {
						if err := out.add(v); err != nil {
							return err
						}
						continue
					}
					t.row(v.ID, v.Reason, v.Source, j.clock(page[i].CreatedAt))
				}
				if len(page) < messagePage || limit > 0 && n == limit {
					break
				}
				before = page[len(page)-1].Key
			}
			switch {
			case e.asJSON:
				return out.end()
			case n == 0:
				return e.say("No address is suppressed.")
			}
			return t.end()
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N`")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) suppressionRemove() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "remove (UUID… | ADDRESS… | -) --why REASON",
		Short: "Have addresses mailed again",
		Long: `Have addresses mailed again, by the suppression's UUID or by typing the address. The
patients stand as they are: who opted out is not mailed by this. The reasons:
mistake; asked (whoever has it asked to be mailed again); address (it works again);
other.`,
		Example: `  studymail suppression remove anna@example.org --why mistake`,
		Args:    someAddress,
		RunE: e.with(func(ctx context.Context, j *job) error {
			if !slices.Contains(undoReasons, why) {
				return wrongUse("--why is %s", strings.Join(undoReasons, ", "))
			}
			var ids []studymail.ID
			var rest []string
			for _, a := range j.args {
				if id, err := studymail.ParseID(a); err == nil {
					ids = append(ids, id)
				} else {
					rest = append(rest, a)
				}
			}
			var addresses []sealed.Email
			if len(rest) > 0 {
				var err error
				if addresses, err = e.addresses(rest); err != nil {
					return err
				}
			}
			lifted := []suppressionView{}
			err := j.Store.Write(ctx, func(tx *store.Tx) error {
				lifted = lifted[:0]
				var all []studymail.Suppression
				for _, id := range ids {
					s, err := tx.SuppressionByID(ctx, id)
					if err != nil {
						return err
					}
					all = append(all, s)
				}
				for _, a := range addresses {
					of, err := tx.SuppressionsOf(ctx, j.hashesOf(a))
					if err != nil {
						return err
					}
					all = append(all, of...)
				}
				for i := range all {
					if err := tx.RemoveSuppression(ctx, &all[i]); err != nil {
						return err
					}
					if err := e.event(ctx, tx, "suppression lifted", all[i].ID, why); err != nil {
						return err
					}
					lifted = append(lifted, suppressionOf(&all[i]))
				}
				return nil
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(lifted)
			}
			if len(lifted) == 0 {
				return studymail.Errorf(studymail.NotFound, "no such address is suppressed; nothing was changed")
			}
			return e.say("%s lifted.", count(len(lifted), "suppression"))
		}),
	}
	cmd.Flags().StringVar(&why, "why", "", "the `reason`: "+strings.Join(undoReasons, ", "))
	e.jsonFlag(cmd)
	return cmd
}
