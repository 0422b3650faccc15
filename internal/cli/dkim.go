package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/dkim"

	"github.com/spf13/cobra"
)

func (e *env) dkimCommand() *cobra.Command {
	return group("dkim", "Keys that sign mails: new",
		"DKIM signatures tell receivers that a mail comes from the domain of its sender. Most\nrelays sign; studymail does it where DKIM_KEY_FILE names a key.",
		`  studymail dkim new --selector s1`,
		e.dkimNew())
}

// newKey is a key that was made, as it is shown.
type newKey struct {
	File     string `json:"file"`
	Selector string `json:"selector"`
	Domain   string `json:"domain"`
	Type     string `json:"type"`
	Name     string `json:"name"`   // of the DNS record
	Record   string `json:"record"` // its text
}

func (e *env) dkimNew() *cobra.Command {
	var k newKey
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make a key that signs mails, and say what to publish in DNS",
		Long: `Make a key file, which only its owner can read and which is never overwritten, and
print the DNS record that goes with it. Publish the record first, then name the key
in .env: a signature without its record is worse than none. Every receiver knows RSA;
Ed25519 is smaller and quicker, and goes beside RSA as the second key.`,
		Example: `  studymail dkim new --selector s1
  studymail dkim new --selector s2 --type ed25519 --file dkim-s2.pem`,
		Args: exactly(),
		RunE: e.run(func(_ context.Context, _ *cobra.Command, _ []string) error {
			if !selectorLike.MatchString(k.Selector) || len(k.Selector) > 63 {
				return wrongUse("--selector: a name of letters, digits and hyphens, such as s1, which becomes part of a DNS name")
			}
			if k.Type != "rsa" && k.Type != "ed25519" {
				return wrongUse("--type: rsa or ed25519")
			}
			return e.makeKey(k)
		}),
	}
	cmd.Flags().StringVar(&k.Selector, "selector", "", "the key's name in DNS, such as s1")
	cmd.Flags().StringVar(&k.Type, "type", "rsa", "rsa (2,048 bits) or ed25519")
	cmd.Flags().StringVar(&k.Domain, "domain", "", "the domain that signs (DKIM_DOMAIN, or that of EMAIL)")
	cmd.Flags().StringVar(&k.File, "file", "", "where to write the key (dkim-SELECTOR.pem)")
	_ = cmd.MarkFlagRequired("selector") // there is such a flag
	e.jsonFlag(cmd)
	return cmd
}

var selectorLike = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`)

func (e *env) makeKey(k newKey) error {
	if k.Domain == "" {
		cfg, _, err := config.Load(e.Dir, e.Environ)
		if err != nil {
			return err
		}
		if k.Domain = cfg.DKIMDomain; k.Domain == "" {
			_, k.Domain, _ = strings.Cut(cfg.Email, "@")
		}
	}
	if k.File == "" {
		k.File = "dkim-" + k.Selector + ".pem"
	}
	key, text, err := dkim.Generate(k.Type)
	if err != nil {
		return err
	}
	if k.Name, k.Record, err = dkim.Record(k.Domain, k.Selector, key); err != nil {
		return err
	}
	if err := e.writeKey(k.File, text); err != nil {
		return err
	}
	if e.asJSON {
		return e.print(k)
	}
	return e.say("Made %s. Keep it as safe as .env.\n\nPublish this in the DNS of %s:\n\n  %s\n\nwhich is a TXT record for\n  %s\nwith the text\n  %s\n\nOnce it is there, put into .env, and start studymail anew:\n  DKIM_SELECTOR=%s\n  DKIM_KEY_FILE=%s",
		k.File, k.Domain, dkim.Zone(k.Name, k.Record), k.Name, k.Record, k.Selector, k.File)
}

// writeKey never overwrites.
func (e *env) writeKey(name string, text []byte) (err error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(e.Dir, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrExist) {
		return studymail.Errorf(studymail.Conflict, "there is a %s already, and a key is never overwritten: choose another --file or --selector", name)
	}
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "the key cannot be written: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	return f.Sync()
}
