package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"studymail"
	"studymail/internal/sealed"
)

// Template gives .env.template: every option with its words and its default.
func Template() string {
	return dotenv("# studymail's configuration. Do not copy this file: `studymail init` writes .env\n# from it, with fresh keys.\n", nil)
}

// dotenv writes the options as a .env file, with the values given.
func dotenv(head string, values map[string]string) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("#\n# Variables of the environment win over this file. NAME_FILE=path reads a secret\n" +
		"# from a file. Values are taken as they are; put one with spaces or # into 'quotes'.\n" +
		"# What begins with # shows the default; take the # away to change it.\n")
	for _, g := range table() {
		b.WriteString("\n# --- " + g.title + " ---\n")
		for _, o := range g.options {
			b.WriteString("\n")
			b.WriteString(comment(strings.ReplaceAll(o.doc, "`", "")))
			if v, ok := values[o.name]; ok {
				b.WriteString(o.name + "=" + v + "\n")
			} else {
				b.WriteString("#" + o.name + "=" + o.def + "\n")
			}
		}
	}
	return b.String()
}

// comment wraps a text into lines of at most 80 characters.
func comment(text string) string {
	var b strings.Builder
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

// Markdown gives the table of options for the documentation.
func Markdown() string {
	var b strings.Builder
	for i, g := range table() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n| name | default | what it does |\n|---|---|---|\n", g.title)
		for _, o := range g.options {
			def := ""
			if o.def != "" {
				def = "`" + o.def + "`"
			}
			doc := o.doc
			if o.secret {
				doc += " Can be read from a file: `" + o.name + fileSuffix + "`."
			}
			if o.old != "" {
				doc += " Old name: `" + o.old + "`."
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.name, def, strings.ReplaceAll(doc, "|", `\|`))
		}
	}
	return b.String()
}

// WriteEnv writes .env with fresh keys into dir, for this user's eyes only. An
// .env that is there already is left as it is, and created is false: its keys
// open the database.
func WriteEnv(dir string) (created bool, err error) {
	path := filepath.Join(dir, fromDotenv)
	if _, err := os.Lstat(path); err == nil {
		return false, nil
	}
	text, err := freshEnv()
	if err != nil {
		return false, err
	}
	if err := writeNew(path, text); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, studymail.Errorf(studymail.Unavailable, "%s cannot be written: %w; make the folder writable, or run this where it is", path, cause(err))
	}
	return true, nil
}

func freshEnv() (string, error) {
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		return "", studymail.Errorf(studymail.Internal, "make fresh keys: %w", err)
	}
	secretKey, err := newSecretKey()
	if err != nil {
		return "", err
	}
	return dotenv("# studymail's configuration, written by `studymail init`. It holds the keys: keep\n# it from others, and keep a copy apart from the database's backups.\n", map[string]string{
		"MASTER_KEYSET": master.Reveal(), "HASH_KEYSET": hash.Reveal(), "SIGNING_KEYSET": signing.Reveal(),
		"SECRET_KEY": secretKey,
	}), nil
}
