package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// suppressionFile is what moves to another installation, sealed under a passphrase:
// hashes say nothing without the key that made them.
type suppressionFile struct {
	Version      int              `json:"version"`
	HashKeyset   string           `json:"hash_keyset"`
	Suppressions []suppressionRow `json:"suppressions"`
}

type suppressionRow struct {
	Hash   []byte    `json:"hash"`
	Reason string    `json:"reason"`
	Source string    `json:"source"`
	At     time.Time `json:"at"`
}

const maxSuppressionFile = 512 << 20

// passphraseFlag gives a command --passphrase-stdin, the only way to give one.
func passphraseFlag(cmd *cobra.Command, stdin *bool) {
	cmd.Flags().BoolVar(stdin, "passphrase-stdin", false, "read the passphrase from standard input: its first line")
}

func (e *env) passphrase(stdin bool) (sealed.Secret, error) {
	if !stdin {
		return sealed.Secret{}, wrongUse("add --passphrase-stdin, and give the passphrase on the first line of standard input: on a command line others could read it")
	}
	p, err := e.readPassword()
	if err == nil && len([]rune(p.Reveal())) < sealed.MinPassphrase {
		return p, wrongUse("a passphrase has at least %d characters; a few words in a row are easy to remember", sealed.MinPassphrase)
	}
	return p, err
}

func (e *env) suppressionExport() *cobra.Command {
	stdin := false
	cmd := &cobra.Command{
		Use:   "export FILE --passphrase-stdin",
		Short: "Write the list for another installation",
		Long: `Write the list for another installation, with the key that its hashes were made with,
sealed under a passphrase: whoever has the file and the passphrase can find out of any
address whether it is on the list. FILE is never overwritten.`,
		Example: `  studymail suppression export suppressions.box --passphrase-stdin < passphrase.txt`,
		Args:    exactly("the FILE to write"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			passphrase, err := e.passphrase(stdin)
			if err != nil {
				return err
			}
			out := suppressionFile{Version: 1, HashKeyset: j.Config.HashKeyset.Reveal()}
			err = j.Store.Read(ctx, func(tx *store.Tx) error {
				for before := int64(0); ; {
					page, err := tx.SuppressionPage(ctx, before, messagePage)
					if err != nil {
						return err
					}
					for _, s := range page {
						out.Suppressions = append(out.Suppressions, suppressionRow{s.EmailHash, s.Reason, s.Source, s.CreatedAt})
						before = s.Key
					}
					if len(page) < messagePage {
						return nil
					}
				}
			})
			if err != nil {
				return err
			}
			text, err := json.Marshal(out)
			if err != nil {
				return fmt.Errorf("write suppressions: %w", err)
			}
			box, err := sealed.SealUnder(passphrase, text)
			if err != nil {
				return err
			}
			if err := e.writePrivate(j.args[0], box); err != nil {
				return err
			}
			if err := j.Store.Write(ctx, func(tx *store.Tx) error {
				return e.event(ctx, tx, "suppressions exported", studymail.ID{}, fmt.Sprintf("addresses=%d", len(out.Suppressions)))
			}); err != nil {
				return err
			}
			if e.asJSON {
				return e.print(map[string]any{"file": j.args[0], "addresses": len(out.Suppressions)})
			}
			return e.say("Wrote the list (%s) to %s, sealed. On the other machine: `studymail suppression import FILE --passphrase-stdin`.", thousands(len(out.Suppressions)), j.args[0])
		}),
	}
	passphraseFlag(cmd, &stdin)
	e.jsonFlag(cmd)
	return cmd
}

// writePrivate makes a file for the operator's eyes only; it never overwrites.
func (e *env) writePrivate(name string, text []byte) (err error) {
	f, err := os.OpenFile(e.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrExist) {
		return studymail.Errorf(studymail.Conflict, "there is a %s already, and it is not overwritten: choose another name", name)
	}
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "%s cannot be written: %w", name, cause(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Sync()
}

// mergedKeyset is where the hash keys of both installations are written.
const mergedKeyset = "hash-keyset-merged.txt"

func (e *env) suppressionImport() *cobra.Command {
	stdin := false
	cmd := &cobra.Command{
		Use:   "import FILE --passphrase-stdin",
		Short: "Take the list of another installation in",
		Long: `Take the list of another installation in. People who are here are compared with it at
once. For those who come later this installation must know the other's hash key, too:
when it does not, the command writes ` + mergedKeyset + ` with the keys of both, and
says what to put into .env.`,
		Example: `  studymail suppression import suppressions.box --passphrase-stdin < passphrase.txt`,
		Args:    exactly("the FILE that `studymail suppression export` wrote"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			passphrase, err := e.passphrase(stdin)
			if err != nil {
				return err
			}
			in, err := e.readSuppressions(j.args[0], passphrase)
			if err != nil {
				return err
			}
			return e.takeSuppressions(ctx, j, in)
		}),
	}
	passphraseFlag(cmd, &stdin)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) readSuppressions(name string, passphrase sealed.Secret) (*suppressionFile, error) {
	f, err := os.Open(e.path(name))
	if err != nil {
		return nil, studymail.Errorf(studymail.NotFound, "read %s: %w", name, cause(err))
	}
	defer func() { _ = f.Close() }() // read only
	box, err := io.ReadAll(io.LimitReader(f, maxSuppressionFile))
	if err != nil {
		return nil, studymail.Errorf(studymail.Unavailable, "read %s: %w", name, cause(err))
	}
	text, err := sealed.OpenUnder(passphrase, box)
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "%s: %w", name, err)
	}
	var in suppressionFile
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&in); err != nil || in.Version != 1 {
		return nil, studymail.Errorf(studymail.Invalid, "%s: not a list that this studymail knows; a newer one wrote it", name)
	}
	return &in, nil
}

// tookSuppressions is what an import of suppressions did.
type tookSuppressions struct {
	Addresses int    `json:"addresses"` // in the file
	Added     int    `json:"added"`
	Keyset    string `json:"keyset,omitempty"` // file with the hash keys of both installations
}

func (e *env) takeSuppressions(ctx context.Context, j *job, in *suppressionFile) error {
	keys := j.Keys
	done := tookSuppressions{Addresses: len(in.Suppressions)}
	known := true
	for _, s := range in.Suppressions {
		known = known && keys.Sealer().HasHashKey(s.Hash)
	}
	if !known {
		merged, err := sealed.MergeHashKeysets(j.Config.HashKeyset, sealed.NewSecret(in.HashKeyset))
		if err == nil {
			keys, err = sealed.ParseKeys(j.Config.MasterKeyset, merged, j.Config.SigningKeyset)
		}
		if err != nil {
			return studymail.Errorf(studymail.Invalid, "%w", err)
		}
		if err := e.writePrivate(mergedKeyset, []byte(merged.Reveal()+"\n")); err != nil {
			return err
		}
		done.Keyset = mergedKeyset
	}
	listed := make(map[string]suppressionRow, len(in.Suppressions))
	for start := 0; start < len(in.Suppressions); start += messagePage {
		rows := in.Suppressions[start:min(start+messagePage, len(in.Suppressions))]
		n := 0
		err := j.Store.Write(ctx, func(tx *store.Tx) error {
			n = 0
			for _, r := range rows {
				added, err := tx.AddSuppression(ctx, &studymail.Suppression{EmailHash: r.Hash, Reason: r.Reason, Source: "moved here"})
				if err != nil {
					return err
				}
				if added {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		done.Added += n
		for _, r := range rows {
			listed[string(r.Hash)] = r
		}
	}
	if err := e.comparePeople(ctx, j, keys, listed); err != nil {
		return err
	}
	if err := j.Store.Write(ctx, func(tx *store.Tx) error {
		return e.event(ctx, tx, "suppressions imported", studymail.ID{}, fmt.Sprintf("addresses=%d added=%d", done.Addresses, done.Added))
	}); err != nil {
		return err
	}
	if e.asJSON {
		return e.print(done)
	}
	if err := e.say("In the file: %s; new here: %s.", thousands(done.Addresses), thousands(done.Added)); err != nil {
		return err
	}
	if done.Keyset == "" {
		return nil
	}
	return e.say("Now put HASH_KEYSET_FILE=%s into .env, take HASH_KEYSET out of it, and start studymail anew: else people who come later are not compared with these.", done.Keyset)
}

// comparePeople suppresses, under our own key, the addresses of people who are here and
// stand on the list under another key.
func (e *env) comparePeople(ctx context.Context, j *job, keys *sealed.Keys, listed map[string]suppressionRow) error {
	for after := int64(0); ; {
		var people []studymail.Person
		err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
			people, err = tx.PeopleAfter(ctx, after, messagePage)
			return err
		})
		if err != nil || len(people) == 0 {
			return err
		}
		err = j.Store.Write(ctx, func(tx *store.Tx) error {
			for i := range people {
				p := &people[i]
				after = p.Key
				key, err := keys.Opener().Key(p.ID, p.Wrapped)
				if err != nil {
					continue // erased, or unreadable: nobody that can be mailed
				}
				d, err := studymail.OpenDetails(key, p.ID, p.Sealed)
				if err != nil {
					continue
				}
				for _, h := range keys.Sealer().Hashes(sealed.EmailHash, studymail.NormalEmail(d.Email)) {
					if row, on := listed[string(h)]; on {
						if _, err := tx.AddSuppression(ctx, &studymail.Suppression{EmailHash: p.Hashes.Email, Reason: row.Reason, Source: "moved here"}); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
