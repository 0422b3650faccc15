package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"studymail"
	"studymail/internal/holdings"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) personExport() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export UUID (--html FILE | --json)",
		Short: "Give everything that is held on a person, in clear",
		Long: `Give everything that is held on a person: details, studies with their changes, letters
with what was merged into them and what became of them, what came back, opt-outs,
suppressions and events. As a page to read in FILE (mode 0600, never overwritten), or
as JSON on standard output. It is in clear: hand it over safely, and delete it.

An event is written first, about the person and each of their participations.`,
		Example: `  studymail person export 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --html person.html
  studymail person export 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json > person.json`,
		Args: exactly("the person's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			if (file == "") == !e.asJSON {
				return wrongUse("say how: --html FILE, or --json")
			}
			held, err := e.held(ctx, j, id)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(held)
			}
			var b bytes.Buffer
			if err := held.WriteHTML(&b, j.Config.TimeZone); err != nil {
				return err
			}
			if err := e.writePrivate(file, b.Bytes()); err != nil {
				return err
			}
			return e.say("Wrote all that is held to %s, in clear: %s, %s.", file, count(len(held.Studies), "participation"), count(len(held.Messages), "message"))
		}),
	}
	cmd.Flags().StringVar(&file, "html", "", "write a page to read to `FILE`")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) held(ctx context.Context, j *job, id studymail.ID) (held *holdings.Held, err error) {
	as := "html"
	if e.asJSON {
		as = "json"
	}
	err = j.Store.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.PersonByID(ctx, id)
		if err != nil {
			return err
		}
		if err := e.event(ctx, tx, "person exported", id, "as="+as); err != nil {
			return err
		}
		patients, err := tx.PatientsOfPerson(ctx, p.Key)
		for i := range patients {
			err = errors.Join(err, e.event(ctx, tx, "details shown", patients[i].ID, "all that is held"))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = j.Store.Read(ctx, func(tx *store.Tx) error {
		held, err = holdings.Of(ctx, tx, j.Keys.Opener(), j.Keys.Sealer(), id)
		return err
	})
	return held, err
}

// foundPerson is a person as `person find` tells.
type foundPerson struct {
	Person   studymail.ID   `json:"person"`
	Patients []studymail.ID `json:"patients"`
}

func (e *env) personFind() *cobra.Command {
	var username, address bool
	cmd := &cobra.Command{
		Use:   "find (--username-stdin | --address-stdin)",
		Short: "Find people by username or address",
		Long: `Print the UUIDs of the person with a username, or of the people with an address. What
is looked for is the first line of standard input: on a command line others could read
it. An event says that somebody was looked for, and how many were found, not who.`,
		Example: `  studymail person find --username-stdin < username.txt
  studymail person find --address-stdin --json < address.txt`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if username == address {
				return wrongUse("say what is on standard input: --username-stdin or --address-stdin")
			}
			text, err := bufio.NewReader(io.LimitReader(e.In, 4096)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return studymail.Errorf(studymail.Unavailable, "read standard input: %w", cause(err))
			}
			typed := strings.TrimSpace(text)
			if typed == "" {
				return wrongUse("there is nothing to look for on standard input")
			}
			found, err := e.findPeople(ctx, j, typed, username)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(found)
			}
			if len(found) == 0 {
				return studymail.Errorf(studymail.NotFound, "nobody here has it")
			}
			for _, p := range found {
				if err := e.say("%s", p.Person); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&username, "username-stdin", false, "a username is on standard input")
	cmd.Flags().BoolVar(&address, "address-stdin", false, "an address is on standard input")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) findPeople(ctx context.Context, j *job, typed string, username bool) (found []foundPerson, err error) {
	sealer := j.Keys.Sealer()
	err = j.Store.Write(ctx, func(tx *store.Tx) error {
		found = []foundPerson{}
		var people []int64
		if username {
			p, err := tx.PersonByUsername(ctx, sealer.Hashes(sealed.UsernameHash, studymail.NormalUsername(sealed.NewName(typed))))
			if err != nil && studymail.CodeOf(err) != studymail.NotFound {
				return err
			}
			if err == nil {
				people = []int64{p.Key}
			}
		} else if people, err = tx.PeopleByEmail(ctx, j.hashesOf(sealed.NewEmail(typed))); err != nil {
			return err
		}
		for _, k := range people {
			p, err := tx.PersonByKey(ctx, k)
			if err != nil {
				return err
			}
			patients, err := tx.PatientsOfPerson(ctx, k)
			if err != nil {
				return err
			}
			f := foundPerson{Person: p.ID, Patients: []studymail.ID{}}
			for i := range patients {
				f.Patients = append(f.Patients, patients[i].ID)
			}
			found = append(found, f)
		}
		return e.event(ctx, tx, "patients searched", studymail.ID{}, fmt.Sprintf("people=%d", len(found)))
	})
	return found, err
}
