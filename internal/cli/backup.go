package cli

import (
	"context"
	"fmt"

	"studymail"
	"studymail/internal/store"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

// backedUp is what a backup did.
type backedUp struct {
	File string `json:"file"`
	store.Backup
	TookMS int64 `json:"took_ms"`
}

func (e *env) backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the embedded database, while it is in use",
		Long: `Write a copy of the embedded database to FILE, while mail goes out: of one instant,
checked, for your eyes only (mode 0600). FILE is never overwritten, and is not there
before it is whole. The copy is disarmed: restored, it sends nothing until
` + "`studymail arm`" + ` (docs/operations.md#restore).

The keys in .env are not in it: keep a copy of those in another place. PostgreSQL is
backed up by its own tools; then this command says how, and fails.`,
		Example: `  studymail backup /backups/studymail-$(date +%F).db
  studymail backup /backups/studymail.db --json`,
		Args: exactly("the FILE to write"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if j.Store.Kind() == store.Postgres {
				return notByUs(j)
			}
			path := e.path(j.args[0])
			began := e.Now()
			bar := e.progress("copying", "bytes")
			b, err := j.Store.Backup(ctx, path, bar.set)
			bar.done()
			if err != nil {
				return err
			}
			done := backedUp{File: path, Backup: b, TookMS: e.Now().Sub(began).Milliseconds()}
			if err := j.Store.Write(ctx, func(tx *store.Tx) error {
				a, err := tx.Arming(ctx)
				if err != nil {
					return err
				}
				return e.event(ctx, tx, "backup made", a.Database, fmt.Sprintf("bytes=%d messages=%d", b.Bytes, b.Messages))
			}); err != nil {
				return err
			}
			if e.asJSON {
				return e.print(done)
			}
			return e.say("Copied to %s: %s, %s, %s (%s sent). It is disarmed, and sealed with the keys in .env, which are not in it.",
				path, humanize.Bytes(uint64(b.Bytes)), count(b.Patients, "patient"), count(b.Messages, "message"), thousands(b.Sent)) //nolint:gosec // a size
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// notByUs: PostgreSQL's own tools know more of backups than we ever shall.
func notByUs(j *job) error {
	command, err := j.Store.DumpCommand()
	if err != nil {
		return err
	}
	return studymail.Errorf(studymail.Conflict, "PostgreSQL is backed up by its own tools. While studymail runs:\n  %s\n(the password: in ~/.pgpass or PGPASSWORD). A dump that is restored is noticed, and sends nothing until `studymail arm`", command)
}
