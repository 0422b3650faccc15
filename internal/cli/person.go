package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) personCommand() *cobra.Command {
	return group("person", "People: find, export what is held, erase",
		`A person is a human being, who may be a patient in several studies. Here is what
people can ask for: to know what is held on them, and to be erased.`,
		`  studymail person find --username-stdin < username.txt
  studymail person export 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --html person.html
  studymail person erase 019a7c1e-5f6b-7c3d-8e9f-0123456789ab`,
		e.personFind(), e.personExport(), e.personErase())
}

func (e *env) personErase() *cobra.Command {
	var (
		yes bool
		why string
	)
	cmd := &cobra.Command{
		Use:   "erase UUID [--reason REASON] [--yes]",
		Short: "Erase a person for good",
		Long: `Erase a person for good, by the UUID of the person (studymail patient show tells it).
There is no way back.

Gone are username, names, address and external ids, the data key that opens what was
sealed for them wherever copies of it lie, the hashes by which they are found, what
was merged into their letters, and what servers and mails that came back said. What
stays are numbers: in which studies they were, where they stood, and what became of
letters to them. Suppressions stay. Nothing is mailed to them any more, and links to
opt out in mails that they have still work.

The reasons: asked (the person asked for it), ended (it is needed no more), mistake
(they should not be here), other. Backups from before still hold the sealed details;
restored, they lose them again at the first start (docs/operations.md#erase-a-person).`,
		Example: `  studymail person erase 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail person erase 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --reason ended --yes --json`,
		Args: exactly("the person's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			if !slices.Contains(studymail.ErasureReasons(), why) {
				return wrongUse("--reason is %s", strings.Join(studymail.ErasureReasons(), ", "))
			}
			return e.erase(ctx, j, id, why, yes)
		}),
	}
	cmd.Flags().StringVar(&why, "reason", studymail.ErasureReasons()[0], "the `reason`: "+strings.Join(studymail.ErasureReasons(), ", "))
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) erase(ctx context.Context, j *job, id studymail.ID, why string, yes bool) error {
	var found store.Erasure
	err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.PrepareErasure(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if !yes && found.Person.ErasedAt.IsZero() {
		if err := e.confirm("%s", whatErasingDoes(&found)); err != nil {
			return err
		}
	}
	done, err := j.ErasePerson(ctx, id, e.actor(), why)
	if err != nil {
		return err
	}
	if e.asJSON {
		return e.print(done)
	}
	if done.Already {
		return e.say("Person %s was erased before; nothing was changed.", id)
	}
	return e.say("Person %s is erased. As numbers stay %s and %s to them; skipped, since they waited: %d.",
		id, count(done.Patients, "participation"), count(done.Messages, "message"), done.Skipped)
}

func whatErasingDoes(f *store.Erasure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Person %s is %s; %s, of which %s.\n", f.Person.ID, partIn(f), count(f.Messages, "message"), waits(f.Waiting))
	b.WriteString("Details, key and what was merged into letters go for good; numbers and suppressions stay.\n")
	if f.Imports > 0 {
		fmt.Fprintf(&b, "%s to be imported: if this person is in one, discard it.\n", waitFiles(f.Imports))
	}
	b.WriteString("Erase?")
	return b.String()
}

func partIn(f *store.Erasure) string {
	var names []string
	for i := range f.Patients {
		names = append(names, f.Patients[i].StudyName)
	}
	if len(names) == 0 {
		return "in no study"
	}
	return "a patient in " + strings.Join(names, ", ")
}

func waits(n int) string {
	if n == 1 {
		return "1 waits"
	}
	return thousands(n) + " wait"
}

func waitFiles(n int) string {
	if n == 1 {
		return "1 file waits"
	}
	return thousands(n) + " files wait"
}
