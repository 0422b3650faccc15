package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail/internal/app"
	"studymail/internal/sealed"

	"github.com/spf13/cobra"
)

func (e *env) keysCommand() *cobra.Command {
	return group("keys", "Keys: list, rotate, promote, rewrap, retire",
		`The keys of this installation, of three kinds: master (opens what is sealed), lookup
(finds people and suppressed addresses), signing (links and return paths in mails).
Nobody has to stop for a new one: docs/operations.md#change-keys has the steps.`,
		`  studymail keys list
  studymail keys rotate master
  studymail keys rewrap`,
		e.keysList(), e.keysRotate(), e.keysPromote(), e.keysRewrap(), e.keysRetire())
}

func kinds() string {
	var all []string
	for _, k := range sealed.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

func keyID(text string) (uint32, error) {
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, wrongUse("a key is named by its number; `studymail keys list` shows them")
	}
	return uint32(id), nil
}

func (e *env) keysList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List keys: their numbers and since when they are used",
		Long: `List keys: their numbers, which is used for what is new, and since when. Of the keys
themselves nothing is shown. The first ones have no times.`,
		Example: `  studymail keys list
  studymail keys list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			all, err := j.ListKeys(ctx)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(all)
			}
			t := e.table("kind", "key", "use", "added", "used since", "replaced")
			day := func(at *time.Time) string {
				if at == nil {
					return ""
				}
				return j.clock(*at)
			}
			for _, k := range all {
				use := "for what it made"
				switch {
				case k.Primary:
					use = "for what is new"
				case k.Added != nil && k.Promoted == nil:
					use = "not yet"
				}
				t.row(k.Kind, k.ID, use, day(k.Added), day(k.Promoted), day(k.Replaced))
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// rotated is what `keys rotate`, `promote` and `retire` did.
type rotated struct {
	Key  uint32 `json:"key"`
	Used bool   `json:"used"` // for what is new
}

func (e *env) keysRotate() *cobra.Command {
	var wait time.Duration
	add := false
	cmd := &cobra.Command{
		Use:   "rotate (master | lookup | signing) [--wait TIME] [--add-only]",
		Short: "Add a new key, and use it once all processes have it",
		Long: `Add a new key to a keyset, where that lies: in .env, or in the file that is named there.
Older keys stay, for what they made. All processes of this machine read it within
seconds. Once all that run on the database have it, it is used for what is new.

With processes on other machines it stays unused, and the command says which lack it:
copy the keyset there (they read it by themselves), then ` + "`studymail keys promote`" + `.
--add-only only adds it.

Keep a copy of the new keyset before you go on: with --add-only there is time for it.`,
		Example: `  studymail keys rotate signing
  studymail keys rotate master --add-only`,
		Args: exactly("the kind of key: " + kinds()),
		RunE: e.with(func(ctx context.Context, j *job) error {
			kind := sealed.Kind(j.args[0])
			if !slices.Contains(sealed.Kinds(), kind) {
				return wrongUse("the kinds of keys are %s", kinds())
			}
			id, err := j.AddKey(ctx, kind, e.actor())
			if err != nil {
				return err
			}
			if add {
				return e.sayKey(rotated{Key: id}, "Added %s key %d; it is not used yet. `studymail keys promote %d` has it used.", kind, id, id)
			}
			if err := waitForKey(ctx, j.App, id, wait); err != nil {
				return err
			}
			if err := j.PromoteKey(ctx, id, e.actor()); err != nil {
				return err
			}
			return e.sayKey(rotated{id, true}, "%s key %d is used for what is new. Keep a copy of %s in a safe place: the old copy does not open what is sealed from now on.", kind, id, kind.Variable())
		}),
	}
	cmd.Flags().DurationVar(&wait, "wait", 20*time.Second, "wait at most this `time` for processes to read it")
	cmd.Flags().BoolVar(&add, "add-only", false, "add it, and do not use it")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) sayKey(r rotated, format string, args ...any) error {
	if e.asJSON {
		return e.print(r)
	}
	return e.say(format, args...)
}

// waitForKey waits until all processes have a key, or for that long.
func waitForKey(ctx context.Context, a *app.App, id uint32, wait time.Duration) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		lack, err := a.WhoLacks(ctx, id)
		if err != nil || len(lack) == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-end.C:
			return nil // promoting tells who lacks it
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *env) keysPromote() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "promote KEY",
		Short: "Use a key that was added, once all processes have it",
		Long: `Use a key for what is new. It is refused while a process runs that does not have it:
that could not read what the others make. Then copy the keyset to the other machines
once more: each has to use it.`,
		Example: `  studymail keys promote 1738459302`,
		Args:    exactly("the number of the KEY"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := keyID(j.args[0])
			if err != nil {
				return err
			}
			if err := j.PromoteKey(ctx, id, e.actor()); err != nil {
				return err
			}
			return e.sayKey(rotated{id, true}, "Key %d is used for what is new.", id)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) keysRewrap() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rewrap",
		Short: "Have all that older keys made made anew by the newest",
		Long: `Wrap people's data keys under the newest master key, seal anew what the older ones
sealed, and hash usernames and addresses under the newest lookup key. It goes in small
steps while mail goes out, may be stopped at any moment, and passes over what is done.
Suppressions of people who are not here, and links in mails, keep their old keys.`,
		Example: `  studymail keys rewrap`,
		Args:    exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			bar := e.progress("rewrapping", "rows")
			r, err := j.Rewrap(ctx, e.actor(), func(rows int) { bar.set(int64(rows), 0) })
			bar.done()
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(r)
			}
			return e.say("Under the newest keys now: %s of people and files, %s, %s.", count(r.Keys, "data key"), count(r.Sealed, "other sealed value"), thousands(r.Hashes)+" people's and users' hashes")
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) keysRetire() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "retire KEY [--yes]",
		Short: "Take an old key away, when nothing needs it any more",
		Long: `Take an old key out of its keyset for good. It is refused while anything needs it:
` + "`studymail keys rewrap`" + ` first. A signing key stays for two years after it was replaced, so
that links in mails work. Backups that were made under it cannot be read any more, which
is how a key that others may have seen is made worthless.`,
		Example: `  studymail keys retire 1738459302`,
		Args:    exactly("the number of the KEY"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := keyID(j.args[0])
			if err != nil {
				return err
			}
			if !yes {
				if err := e.confirm("Key %d goes for good: backups from before `studymail keys rewrap` cannot be read without it. Retire it?", id); err != nil {
					return err
				}
			}
			if err := j.RetireKey(ctx, id, e.actor()); err != nil {
				return err
			}
			return e.sayKey(rotated{Key: id}, "Key %d is gone.", id)
		}),
	}
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}
