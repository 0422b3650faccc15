package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"studymail"
	"studymail/internal/sealed"
)

// KeyFiles are the files that the keysets come from: .env, and what NAME_FILE names.
func (c *Config) KeyFiles() []string {
	files := []string{filepath.Join(c.dir, fromDotenv)}
	for _, s := range c.settings {
		if path, is := strings.CutPrefix(s.Source, fromFile); is && strings.HasSuffix(s.Name, "_KEYSET") {
			files = append(files, c.path(path))
		}
	}
	return files
}

// WriteKeyset puts another keyset where the setting's value comes from: a file of its
// own, or its line in .env, whose other lines stay as they are. The file is the old or
// the new one at any moment.
func (c *Config) WriteKeyset(name string, value sealed.Secret) error {
	source := ""
	for _, s := range c.settings {
		if s.Name == name {
			source = s.Source
		}
	}
	if path, is := strings.CutPrefix(source, fromFile); is {
		return replaceFile(c.path(path), value.Reveal()+"\n")
	}
	if source != fromDotenv {
		return studymail.Errorf(studymail.Conflict, "%s comes from the environment, which studymail cannot change: put it into a file and name that in %s%s, or put it into .env; nothing was changed", name, name, fileSuffix)
	}
	path := filepath.Join(c.dir, fromDotenv)
	b, err := readLimited(path, maxEnv+1)
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "%s cannot be read: %w", path, cause(err))
	}
	lines := strings.Split(string(b), "\n")
	found := -1
	for i, line := range lines {
		key, _, is := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if is && strings.TrimSpace(key) == name {
			found = i // the last one counts
		}
	}
	if found < 0 {
		return studymail.Errorf(studymail.Conflict, "%s has no line that begins with %s=; nothing was changed", path, name)
	}
	lines[found] = name + "=" + value.Reveal()
	return replaceFile(path, strings.Join(lines, "\n"))
}

// replaceFile replaces a file that is there, with the rights that it has.
func replaceFile(path, text string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "%s cannot be found: %w", path, cause(err))
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(real); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(real), ".keys.new-*") // mode 0600
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "%s cannot be written: %w; nothing was changed", path, cause(err))
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone when it has its place
	_, err = tmp.WriteString(text)
	if err := errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return studymail.Errorf(studymail.Unavailable, "%s cannot be written: %w; nothing was changed", path, err)
	}
	if err := os.Rename(tmp.Name(), real); err != nil {
		return studymail.Errorf(studymail.Unavailable, "%s cannot be written: %w; nothing was changed", path, cause(err))
	}
	return syncDir(filepath.Dir(real))
}
