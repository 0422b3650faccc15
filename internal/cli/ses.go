package cli

import (
	"context"
	"fmt"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/seslist"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) sesCommand() *cobra.Command {
	return group("ses", "Amazon SES: the account's own suppression list",
		"Amazon SES keeps a list of addresses to which it sends nothing for this account, of its\nown accord. docs/ses.md says how SES is set up; `studymail doctor` looks at it.",
		"  studymail ses suppressed list\n  studymail ses suppressed import",
		group("suppressed", "The account's own suppression list: list, import, clear",
			`Addresses that bounced or complained once, to which SES sends nothing for this account:
it takes a mail to them and says then that it did not send it. The list is SES's; ours is
`+"`studymail suppression`.",
			`  studymail ses suppressed list
  studymail ses suppressed import
  studymail ses suppressed clear - < addresses.txt`,
			e.sesSuppressedList(), e.sesSuppressedImport(), e.sesSuppressedClear()))
}

// sesSuppressedView is an address on SES's list as commands print it.
type sesSuppressedView struct {
	Address string `json:"address"` // masked
	Reason  string `json:"reason"`
	At      string `json:"at"`
	Here    bool   `json:"here"` // on our list, too
}

func (e *env) sesSuppressedList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the account's own suppression list",
		Long:    "List the account's own suppression list: masked addresses, why, since when, and whether\nour own list has them, too.",
		Example: "  studymail ses suppressed list\n  studymail ses suppressed list --json",
		Args:    exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			client, err := j.SES()
			if err != nil {
				return err
			}
			out, t, n := e.array(), e.table("address", "reason", "since", "suppressed here"), 0
			err = client.Suppressed(ctx, func(page []ses.Suppressed) error {
				for _, s := range page {
					n++
					v := sesSuppressedView{Address: s.Address.Masked(), Reason: s.Reason, At: stamp(s.At)}
					if err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
						v.Here, err = tx.Suppressed(ctx, j.hashesOf(s.Address))
						return err
					}); err != nil {
						return err
					}
					if e.asJSON {
						if err := out.add(v); err != nil {
							return err
						}
						continue
					}
					here := "no"
					if v.Here {
						here = "yes"
					}
					t.row(v.Address, v.Reason, j.clock(s.At), here)
				}
				return nil
			})
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return out.end()
			case n == 0:
				return e.say("The account's suppression list is empty.")
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// sesImported is what an import of SES's list did.
type sesImported struct {
	Listed int `json:"listed"` // at SES
	Added  int `json:"added"`  // to our list
}

func (e *env) sesSuppressedImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Suppress here what the account's list has",
		Long: `Put all addresses of the account's own suppression list on ours, as hashes: mail to them
is skipped instead of given to SES for nothing. It may be done again and again; what was
lifted here since stays off ours.`,
		Example: "  studymail ses suppressed import\n  studymail ses suppressed import --json",
		Args:    exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			list, err := j.SESList()
			if err != nil {
				return err
			}
			did, err := list.Import(ctx, e.actor())
			if err != nil {
				return err
			}
			n := sesImported{did.Listed, did.Added}
			if e.asJSON {
				return e.print(n)
			}
			return e.say("Newly suppressed: %s of %s.", thousands(n.Added), thousands(n.Listed))
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) sesSuppressedClear() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clear (ADDRESS… | -)",
		Short: "Take addresses off the account's list",
		Long: `Take addresses off the account's own suppression list, so that SES sends to them again.
Ours is another: ` + "`studymail suppression remove`" + `. With - the addresses are read from standard
input, one a line: so they stand in no history of commands.`,
		Example: "  studymail ses suppressed clear anna@example.org\n  studymail ses suppressed clear - < addresses.txt",
		Args:    someAddress,
		RunE: e.with(func(ctx context.Context, j *job) error {
			all, err := e.addresses(j.args)
			if err != nil {
				return err
			}
			list, err := j.SESList()
			if err != nil {
				return err
			}
			cleared, err := e.clearAtSES(ctx, list, all)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(struct {
					Cleared int `json:"cleared"`
				}{cleared})
			}
			if cleared == 0 {
				return studymail.Errorf(studymail.NotFound, "no such address is on the account's list; nothing was changed")
			}
			return e.say("Cleared at Amazon SES: %s of %s.", thousands(cleared), thousands(len(all)))
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// clearAtSES takes addresses off SES's list, with an event for each.
func (e *env) clearAtSES(ctx context.Context, list *seslist.List, all []sealed.Email) (cleared int, err error) {
	for i, a := range all {
		done, err := list.ClearOne(ctx, e.actor(), a)
		if err != nil {
			return cleared, fmt.Errorf("address %d of %d, after %d were cleared: %w", i+1, len(all), cleared, err)
		}
		if done {
			cleared++
		}
	}
	return cleared, nil
}
