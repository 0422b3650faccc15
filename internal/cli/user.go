package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) userCommand() *cobra.Command {
	return group("user", "Users of the pages: add, list, edit, reset-password, sign-out",
		"Users are members of staff who sign in to the pages. Each has a role: viewer,\ncoordinator, sender or administrator.",
		`  studymail user add --email anna@example.org --role administrator
  studymail user list`,
		e.userAdd(), e.userList(), e.userEdit(), e.userReset(), e.userSignOut())
}

// userView is a user as JSON shows it.
type userView struct {
	studymail.User
	Email string `json:"email"`          // masked unless --reveal
	Link  string `json:"link,omitempty"` // path by which the user sets a password
}

func (j *job) userView(u *studymail.User, reveal bool) (userView, error) {
	email, err := j.Accounts().Address(u)
	v := userView{User: *u, Email: email.Masked()}
	if reveal {
		v.Email = email.Reveal()
	}
	return v, err
}

// userNamed finds the user whom an argument names, by UUID or address.
func (j *job) userNamed(ctx context.Context, name string) (u studymail.User, err error) {
	email := sealed.NewEmail(strings.TrimSpace(name))
	id, notID := studymail.ParseID(name)
	if notID != nil {
		if email, err = studymail.ParseUserAddress(name); err != nil {
			return u, misused(studymail.Errorf(studymail.Invalid, "name a user by UUID or by e-mail address; `studymail user list` shows them"))
		}
	}
	err = j.Store.Read(ctx, func(tx *store.Tx) error {
		if notID == nil {
			u, err = tx.UserByID(ctx, id)
		} else {
			u, err = j.Accounts().ByEmail(ctx, tx, email)
		}
		return err
	})
	return u, err
}

// readPassword reads a password from standard input: its first line.
func (e *env) readPassword() (sealed.Secret, error) {
	line, err := bufio.NewReader(io.LimitReader(e.In, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return sealed.Secret{}, studymail.Errorf(studymail.Unavailable, "read the password from standard input: %w", cause(err))
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return sealed.Secret{}, wrongUse("--password-stdin: standard input has no password on its first line")
	}
	return sealed.NewSecret(line), nil
}

func (e *env) userAdd() *cobra.Command {
	var (
		email, role string
		stdin       bool
	)
	cmd := &cobra.Command{
		Use:   "add --email ADDRESS --role ROLE [--password-stdin]",
		Short: "Add a user",
		Long: `Add a user of the pages. Without --password-stdin it prints a link by which they
set a password themselves, once, within a day.`,
		Example: `  studymail user add --email anna@example.org --role coordinator
  studymail user add --email ben@example.org --role administrator --password-stdin < password.txt`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			address, err := studymail.ParseUserAddress(email)
			if err != nil {
				return wrongUse("--email: %w", err)
			}
			r, err := studymail.ParseRole(role)
			if err != nil {
				return wrongUse("--role: %w", err)
			}
			var password sealed.Secret
			if stdin {
				if password, err = e.readPassword(); err != nil {
					return err
				}
				if err := account.CheckPassword(password, address); err != nil {
					return err
				}
			}
			u, err := j.Accounts().Add(ctx, e.actor(), address, r)
			if err != nil {
				return err
			}
			if !stdin {
				return e.linkFor(ctx, j, &u, "User "+u.ID.String()+" added.")
			}
			if err := j.Accounts().SetPassword(ctx, e.actor(), &u, password); err != nil {
				return err
			}
			if e.asJSON {
				return e.printUser(j, &u)
			}
			return e.say("User %s added.", u.ID)
		}),
	}
	cmd.Flags().StringVar(&email, "email", "", "the `address` that they sign in with")
	cmd.Flags().StringVar(&role, "role", "", "viewer, coordinator, sender or administrator: what they `may` do")
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read their password from standard input")
	require(cmd, "email", "role")
	e.jsonFlag(cmd)
	return cmd
}

// linkFor makes the link by which a user sets a password, and says it.
func (e *env) linkFor(ctx context.Context, j *job, u *studymail.User, done string) error {
	token, err := j.Accounts().Link(ctx, e.actor(), u)
	if err != nil {
		return err
	}
	base := j.Config.PublicURL
	if base == "" {
		base = "http://" + browsable(j.Config.HTTPAddr)
	}
	link := base + "/setup/" + token.Reveal()
	if e.asJSON {
		v, err := j.userView(u, false)
		if err != nil {
			return err
		}
		v.Link = link
		return e.print(v)
	}
	return e.say("%s They set a password here, once, within %s:\n  %s", done, hours(account.LinkTime), link)
}

func hours(d time.Duration) string { return count(int(d.Hours()), "hour") }

func (e *env) printUser(j *job, u *studymail.User) error {
	v, err := j.userView(u, false)
	if err != nil {
		return err
	}
	return e.print(v)
}

func (e *env) userList() *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "list [--reveal]",
		Short: "List the users",
		Long:  "List all users, the oldest first. Addresses are masked unless --reveal, which\nwrites an event.",
		Example: `  studymail user list
  studymail user list --reveal --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var all []studymail.User
			get := func(tx *store.Tx) (err error) {
				if all, err = tx.Users(ctx); err != nil || !reveal {
					return err
				}
				return e.event(ctx, tx, "details shown", studymail.ID{}, "users="+count(len(all), "address"))
			}
			open := j.Store.Read
			if reveal {
				open = j.Store.Write
			}
			if err := open(ctx, get); err != nil {
				return err
			}
			views := []userView{}
			for i := range all {
				v, err := j.userView(&all[i], reveal)
				if err != nil {
					return err
				}
				views = append(views, v)
			}
			switch {
			case e.asJSON:
				return e.print(views)
			case len(all) == 0:
				return e.say("No users yet. Add the first one:\n  studymail user add --email YOU --role administrator")
			}
			t := e.table("uuid", "address", "role", "active", "second factor", "last signed in")
			for i := range views {
				v := &views[i]
				t.row(v.ID, v.Email, v.Role, yesNo(v.Active), yesNo(v.TwoFactor), j.clock(v.SignedInAt))
			}
			return t.end()
		}),
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show the addresses in full; writes an event")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) userEdit() *cobra.Command {
	var (
		role   string
		active bool
	)
	cmd := &cobra.Command{
		Use:   "edit USER [--role ROLE] [--active=false]",
		Short: "Give a user another role, disable or enable one",
		Long: `Give a user another role; disable one, who is signed out everywhere at once, or
enable one again. USER is a UUID or an address.`,
		Example: `  studymail user edit anna@example.org --role sender
  studymail user edit 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --active=false`,
		Args: exactly("the user's UUID or address"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if !anyChanged(j.cmd, "role", "active") {
				return wrongUse("say what to change: --role or --active")
			}
			u, err := j.userNamed(ctx, j.args[0])
			if err != nil {
				return err
			}
			if j.cmd.Flags().Changed("role") {
				r, err := studymail.ParseRole(role)
				if err != nil {
					return wrongUse("--role: %w", err)
				}
				if err := j.Accounts().SetRole(ctx, e.actor(), &u, r); err != nil {
					return err
				}
			}
			if j.cmd.Flags().Changed("active") {
				if err := j.Accounts().SetActive(ctx, e.actor(), &u, active); err != nil {
					return err
				}
			}
			if e.asJSON {
				return e.printUser(j, &u)
			}
			return e.say("User %s: role %s, active: %s.", u.ID, u.Role, yesNo(u.Active))
		}),
	}
	cmd.Flags().StringVar(&role, "role", "", "viewer, coordinator, sender or administrator: what they `may` do")
	cmd.Flags().BoolVar(&active, "active", true, "whether they may sign in")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) userReset() *cobra.Command {
	var stdin, factor bool
	cmd := &cobra.Command{
		Use:   "reset-password USER [--password-stdin] [--second-factor]",
		Short: "Give a user a way back in",
		Long: `Print a link by which a user sets a new password, once, within a day; or read the
new one from standard input. --second-factor takes away a second factor whose
phone is lost, too. USER is a UUID or an address.`,
		Example: `  studymail user reset-password anna@example.org
  studymail user reset-password anna@example.org --second-factor`,
		Args: exactly("the user's UUID or address"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			u, err := j.userNamed(ctx, j.args[0])
			if err != nil {
				return err
			}
			var password sealed.Secret
			if stdin {
				if password, err = e.readPassword(); err != nil {
					return err
				}
				if err := j.Accounts().SetPassword(ctx, e.actor(), &u, password); err != nil {
					return err
				}
			}
			if factor {
				if err := j.Accounts().RemoveSecondFactor(ctx, e.actor(), &u); err != nil {
					return err
				}
			}
			switch {
			case !stdin:
				return e.linkFor(ctx, j, &u, "The present password still works.")
			case e.asJSON:
				return e.printUser(j, &u)
			}
			return e.say("User %s has the new password, and was signed out everywhere.", u.ID)
		}),
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the new password from standard input")
	cmd.Flags().BoolVar(&factor, "second-factor", false, "also take the second factor away")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) userSignOut() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sign-out USER",
		Short: "Sign a user out everywhere",
		Long:  "End all sessions of a user. USER is a UUID or an address.",
		Example: `  studymail user sign-out anna@example.org
  studymail user sign-out anna@example.org --json`,
		Args: exactly("the user's UUID or address"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			u, err := j.userNamed(ctx, j.args[0])
			if err != nil {
				return err
			}
			n, err := j.Accounts().SignOutEverywhere(ctx, e.actor(), &u, studymail.ID{})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(map[string]any{"user": u.ID, "sessions": n})
			}
			return e.say("User %s was signed out in %s.", u.ID, count(n, "browser"))
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}
