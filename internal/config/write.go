package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"studymail"
)

// newSecretKey gives 32 random bytes as text that needs no quotes in .env.
func newSecretKey() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", studymail.Errorf(studymail.Internal, "make a fresh SECRET_KEY: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// writeNew makes a file that did not exist, mode 0600, durable. It appears whole
// or not at all: written beside its place and then linked into it, which fails,
// as fs.ErrExist, when somebody was quicker.
func writeNew(path, text string) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".env.new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeInPlace(path, text) // a file system without links
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

func writeInPlace(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path)
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // as above
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
