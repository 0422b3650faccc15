package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// What leaves an installation for another one is sealed under a passphrase: neither
// has the other's keys.

// MinPassphrase is the fewest characters of a passphrase.
const MinPassphrase = 12

const (
	boxMagic   = "studymail box 1\n"
	saltSize   = 16
	argonTime  = 3 // RFC 9106 §4, the second recommended option
	argonKB    = 64 << 10
	argonLanes = 4
)

// ErrPassphrase means that a box does not open: another passphrase, or damaged.
var ErrPassphrase = errors.New("sealed: it does not open with this passphrase, or it is damaged")

// SealUnder seals a text under a passphrase.
func SealUnder(passphrase Secret, text []byte) ([]byte, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("seal under a passphrase: %w", err)
	}
	box, err := boxOf(passphrase, salt)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal under a passphrase: %w", err)
	}
	out := append([]byte(boxMagic), salt...)
	out = append(out, nonce...)
	return box.Seal(out, nonce, text, []byte(boxMagic)), nil
}

// OpenUnder opens what SealUnder sealed.
func OpenUnder(passphrase Secret, sealed []byte) ([]byte, error) {
	if len(sealed) < len(boxMagic)+saltSize || string(sealed[:len(boxMagic)]) != boxMagic {
		return nil, errors.New("sealed: not a file that studymail sealed under a passphrase")
	}
	rest := sealed[len(boxMagic):]
	box, err := boxOf(passphrase, rest[:saltSize])
	if err != nil {
		return nil, err
	}
	rest = rest[saltSize:]
	if len(rest) < box.NonceSize() {
		return nil, ErrPassphrase
	}
	text, err := box.Open(nil, rest[:box.NonceSize()], rest[box.NonceSize():], []byte(boxMagic))
	if err != nil {
		return nil, ErrPassphrase
	}
	return text, nil
}

func boxOf(passphrase Secret, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase.Reveal()), salt, argonTime, argonKB, argonLanes, 32))
	if err != nil {
		return nil, fmt.Errorf("use a passphrase: %w", err)
	}
	return cipher.NewGCM(block)
}

// HasHashKey tells whether the key that made a hash is among ours.
func (s *Sealer) HasHashKey(hash []byte) bool {
	for _, own := range s.Hashes("key", "") {
		if len(hash) == HashSize && string(own[:4]) == string(hash[:4]) {
			return true
		}
	}
	return false
}
