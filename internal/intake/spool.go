package intake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"studymail"
)

// spool keeps what came through a pipe until the second pass: in a file that
// has no name any more, encrypted under a key that is nowhere but in memory.
// A crash leaves nothing, and the disk never holds a patient in clear.
type spool struct {
	f     *os.File
	aead  cipher.AEAD
	count int
	bytes int64
}

// newSpool reads r to its end. dir is where the file is made; "" is the
// system's folder for such files.
func newSpool(r io.Reader, dir string) (_ *spool, err error) {
	f, err := os.CreateTemp(dir, "studymail-import-*") // mode 0600
	if err != nil {
		return nil, spoolError(err)
	}
	s := &spool{f: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, spoolError(err)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a key for the spool: %w", err)
	}
	c, err := aes.NewCipher(key)
	if err == nil {
		s.aead, err = cipher.NewGCM(c)
	}
	if err != nil {
		return nil, fmt.Errorf("make a key for the spool: %w", err)
	}
	b := make([]byte, blockSize)
	for {
		n, err := io.ReadFull(r, b)
		if n > 0 {
			// The key serves this spool alone, so the block's number is nonce enough.
			if _, err := s.f.Write(s.aead.Seal(nil, s.nonce(s.count), b[:n], nil)); err != nil {
				return nil, spoolError(err)
			}
			s.count++
			s.bytes += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return s, nil
		case err != nil:
			return nil, fmt.Errorf("read what is to be imported: %w", err)
		}
	}
}

func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return studymail.Errorf(studymail.Unavailable, "no room to keep what came through the pipe: %w; make room, set TMPDIR, or give the name of a file", err)
	}
	return fmt.Errorf("keep what came through the pipe: %w", err)
}

func (s *spool) nonce(n int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, s.aead.NonceSize()-8), uint64(n)) //nolint:gosec // a count
}

func (s *spool) size() int64 { return s.bytes }

func (s *spool) block(n int, b []byte) (int, error) {
	if n >= s.count {
		return 0, io.EOF
	}
	stored := int64(blockSize + s.aead.Overhead())
	c := make([]byte, stored)
	got, err := s.f.ReadAt(c, int64(n)*stored)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read back what came through the pipe: %w", err)
	}
	plain, err := s.aead.Open(b[:0], s.nonce(n), c[:got], nil)
	if err != nil {
		return 0, errors.New("read back what came through the pipe: it was changed on the disk")
	}
	return len(plain), nil
}
