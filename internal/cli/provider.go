package cli

import (
	"context"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) providerCommand() *cobra.Command {
	return group("provider", "Care providers: add, list, show, edit",
		"Care providers are the practices on whose behalf letters go out. Each has an ODS\ncode (the NHS identifier), which is how other commands name it.",
		`  studymail provider add --name "Smith's Surgery" --ods ABCD001 --contact "Dr Smith"
  studymail provider list`,
		e.providerAdd(), e.providerList(), e.providerShow(), e.providerEdit())
}

// providerFlags are what is told of a care provider.
type providerFlags struct {
	name, contact, contactName, fromName, replyTo, phone string
	active                                               bool
	hours                                                hoursFlags
}

func (f *providerFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "`name` of the practice")
	cmd.Flags().StringVar(&f.contact, "contact", "", "salutation of the `doctor` whom patients know, as in \"Dr Smith\"")
	cmd.Flags().StringVar(&f.contactName, "contact-name", "", "full `name` of that doctor, as in \"Dr Jane Smith\"")
	cmd.Flags().StringVar(&f.fromName, "from-name", "", "display `name` of From; empty: the study's")
	cmd.Flags().StringVar(&f.replyTo, "reply-to", "", "`address` that patients' answers go to; empty: the sender's")
	cmd.Flags().StringVar(&f.phone, "phone", "", "telephone `number` for patients")
	cmd.Flags().BoolVar(&f.active, "active", true, "whether its patients are mailed")
	f.hours.on(cmd)
}

func (f *providerFlags) apply(s *edits, p *studymail.Provider, here *time.Location) {
	editText(s, "name", &p.Name, f.name, required(line))
	editText(s, "contact", &p.Contact, f.contact, line)
	editText(s, "contact-name", &p.ContactName, f.contactName, line)
	editText(s, "from-name", &p.FromName, f.fromName, line)
	editText(s, "reply-to", &p.ReplyTo, f.replyTo, address)
	editText(s, "phone", &p.Phone, f.phone, line)
	edit(s, "active", &p.Active, f.active)
	f.hours.apply(s, &p.SendHours, here)
}

func (e *env) providerAdd() *cobra.Command {
	var (
		f   providerFlags
		ods string
	)
	cmd := &cobra.Command{
		Use:   "add --name NAME --ods CODE [--contact \"Dr …\"] [--phone …]",
		Short: "Add a care provider",
		Long:  "Add a care provider. Letters may merge its contact and phone: patients of a care\nprovider without what a letter merges are left out, with that reason. Outside its\nsend hours its patients' mail waits.",
		Example: `  studymail provider add --name "Smith's Surgery" --ods ABCD001 --contact "Dr Smith"
  studymail provider add --name "Patel's Surgery" --ods ERF00003 --contact "Dr Patel" \
      --contact-name "Dr Asha Patel" --phone "020 7946 0002" --reply-to surgery@example.org`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			p := studymail.Provider{Active: true}
			var err error
			if p.ODSCode, err = studymail.ParseODSCode(ods); err != nil {
				return wrongUse("--ods: %w", err)
			}
			s := edits{cmd: j.cmd}
			f.apply(&s, &p, j.Config.TimeZone)
			if s.err != nil {
				return s.err
			}
			err = j.Store.Write(ctx, func(tx *store.Tx) error {
				if err := tx.AddProvider(ctx, &p); err != nil {
					return err
				}
				return e.event(ctx, tx, "care provider added", p.ID, p.ODSCode)
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(p)
			}
			return e.say("Care provider %s added.", p.ODSCode)
		}),
	}
	f.on(cmd)
	cmd.Flags().StringVar(&ods, "ods", "", "ODS `code`: 1 to 8 letters and digits, unique")
	require(cmd, "name", "ods")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) providerList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the care providers",
		Long:  "List all care providers by name.",
		Example: `  studymail provider list
  studymail provider list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var all []studymail.Provider
			err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				all, err = tx.Providers(ctx)
				return err
			})
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return e.print(all)
			case len(all) == 0:
				return e.say("No care providers yet. Add the first one:\n  studymail provider add --name \"Smith's Surgery\" --ods ABCD001 --contact \"Dr Smith\"")
			}
			t := e.table("ods code", "name", "contact", "phone", "active")
			for i := range all {
				t.row(all[i].ODSCode, all[i].Name, all[i].Contact, all[i].Phone, yesNo(all[i].Active))
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) providerShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ODS",
		Short: "Show a care provider",
		Long:  "Show all that is known of a care provider.",
		Example: `  studymail provider show ABCD001
  studymail provider show ABCD001 --json`,
		Args: exactly("the care provider's ODS code"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			code, err := studymail.ParseODSCode(j.args[0])
			if err != nil {
				return misused(err)
			}
			var p studymail.Provider
			err = j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				p, err = tx.ProviderByODS(ctx, code)
				return err
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(p)
			}
			hours, err := j.hoursFacts(p.SendHours)
			if err != nil {
				return err
			}
			facts := append([][2]string{
				{"ODS code", p.ODSCode},
				{"Name", p.Name},
				{"Contact", p.Contact},
				{"Full name", p.ContactName},
				{"From name", p.FromName},
				{"Reply-To", p.ReplyTo},
				{"Phone", p.Phone},
				{"Active", yesNo(p.Active)},
			}, hours...)
			return e.facts(append(facts, [][2]string{
				{"ID", p.ID.String()},
				{"Added", j.clock(p.CreatedAt)},
				{"Edited", j.clock(p.UpdatedAt)},
			}...)...)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) providerEdit() *cobra.Command {
	var f providerFlags
	cmd := &cobra.Command{
		Use:   "edit ODS [--name …] [--contact …] [--phone …] [--active=false]",
		Short: "Edit a care provider",
		Long:  "Change what is known of a care provider. What is not mentioned stays; an empty\nvalue takes it away. The ODS code stays.",
		Example: `  studymail provider edit ABCD001 --phone "020 7946 0001"
  studymail provider edit ABCD001 --send-hours "Mon-Fri 08:30-18:00" --closed-on england
  studymail provider edit ABCD001 --active=false`,
		Args: exactly("the care provider's ODS code"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			code, err := studymail.ParseODSCode(j.args[0])
			if err != nil {
				return misused(err)
			}
			if !anyChanged(j.cmd, append([]string{"name", "contact", "contact-name", "from-name", "reply-to", "phone", "active"}, hoursFlagNames...)...) {
				return wrongUse("say what to change, for instance --phone")
			}
			var (
				p studymail.Provider
				s edits
			)
			err = j.Store.Write(ctx, func(tx *store.Tx) (err error) {
				if p, err = tx.ProviderByODS(ctx, code); err != nil {
					return err
				}
				s = edits{cmd: j.cmd}
				f.apply(&s, &p, j.Config.TimeZone)
				if s.err != nil || len(s.changed) == 0 {
					return s.err
				}
				if err := tx.UpdateProvider(ctx, &p); err != nil {
					return err
				}
				return e.event(ctx, tx, "care provider edited", p.ID, strings.Join(s.changed, ", "))
			})
			if err != nil {
				return err
			}
			return e.edited(&s, "Care provider "+p.ODSCode, p)
		}),
	}
	f.on(cmd)
	e.jsonFlag(cmd)
	return cmd
}

// edited says what an edit did.
func (e *env) edited(s *edits, what string, now any) error {
	switch {
	case e.asJSON:
		return e.print(now)
	case len(s.changed) == 0:
		return e.say("%s stays as it is: it has these values already.", what)
	}
	return e.say("%s edited: %s.", what, strings.Join(s.changed, ", "))
}

// require marks flags that a command cannot do without.
func require(cmd *cobra.Command, flags ...string) {
	before := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		for _, f := range flags {
			if !cmd.Flags().Changed(f) {
				return wrongUse("--%s is missing", f)
			}
		}
		return before(cmd, args)
	}
}
