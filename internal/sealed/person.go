package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// Purpose says what a ciphertext is, and binds it to that.
type Purpose string

// The purposes in use. They are part of what is sealed: never change one.
const (
	PersonDetails  Purpose = "person.details"
	PatientDetails Purpose = "patient.external_id"
	MessageMerged  Purpose = "message.merged"
	ImportBlock    Purpose = "import.block" // with its number; under the key of the file
	ImportRows     Purpose = "import.rows"  // likewise
	keyPurpose             = "person.data_key"
)

const dataKeySize = 32 // AES-256

// Key is one person's data key for sealing only.
type Key struct {
	redacted
	aead cipher.AEAD
}

// OpenKey is one person's data key for sealing and opening.
type OpenKey struct{ Key }

// NewKey makes a fresh data key for a person (by UUID) and gives it wrapped, to
// be stored with the person's row. Deleting that column erases the person.
func (s *Sealer) NewKey(person [16]byte) (*Key, []byte, error) {
	raw := make([]byte, dataKeySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, nil, fmt.Errorf("make a data key: %w", err)
	}
	wrapped, err := s.k.ring().master.Encrypt(raw, bound(keyPurpose, person))
	if err != nil {
		return nil, nil, fmt.Errorf("wrap a data key: %w", err)
	}
	a, err := newAEAD(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("use a data key: %w", err)
	}
	return &Key{aead: a}, wrapped, nil
}

// Key unwraps a person's data key for sealing.
func (s *Sealer) Key(person [16]byte, wrapped []byte) (*Key, error) {
	return s.k.unwrap(person, wrapped)
}

// Key unwraps a person's data key for opening.
func (o *Opener) Key(person [16]byte, wrapped []byte) (*OpenKey, error) {
	k, err := o.k.unwrap(person, wrapped)
	if err != nil {
		return nil, err
	}
	return &OpenKey{*k}, nil
}

// ErrErased means that a person's data key is gone: what it sealed cannot be read.
var ErrErased = errors.New("sealed: the person was erased")

func (k *Keys) unwrap(person [16]byte, wrapped []byte) (*Key, error) {
	if len(wrapped) == 0 {
		return nil, ErrErased
	}
	raw, err := k.ring().master.Decrypt(wrapped, bound(keyPurpose, person))
	if err != nil {
		return nil, errors.New("sealed: a data key does not open with this MASTER_KEYSET")
	}
	a, err := newAEAD(raw)
	if err != nil {
		return nil, errors.New("sealed: a data key is damaged")
	}
	return &Key{aead: a}, nil
}

// newAEAD is Tink's AES-GCM without a prefix, octet for octet: a random nonce of 12
// octets, the text, a tag of 16. Each person has a key and each mail opens one, so what
// Tink makes of a key besides counts.
func newAEAD(raw []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal packs the values and seals them for a purpose and a row.
func (k *Key) Seal(p Purpose, row [16]byte, values ...string) ([]byte, error) {
	return k.aead.Seal(nil, nil, pack(values), bound(p, row)), nil //nolint:gosec // the nonce is its own, a random one
}

// Open gives back the values that were sealed for that purpose and row.
func (k *OpenKey) Open(p Purpose, row [16]byte, b []byte) ([]string, error) {
	plain, err := k.aead.Open(nil, nil, b, bound(p, row))
	if err != nil {
		return nil, fmt.Errorf("sealed: %s does not open: damaged, or of another row", p)
	}
	return unpack(plain)
}

func bound(p Purpose, row [16]byte) []byte {
	b := make([]byte, 0, len(p)+1+len(row))
	b = append(b, p...)
	b = append(b, 0)
	return append(b, row[:]...)
}

func pack(values []string) []byte {
	n := 0
	for _, v := range values {
		n += binary.MaxVarintLen32 + len(v)
	}
	b := make([]byte, 0, n)
	for _, v := range values {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	return b
}

func unpack(b []byte) ([]string, error) {
	var values []string
	for len(b) > 0 {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			return nil, errors.New("sealed: packed values are cut off")
		}
		values = append(values, string(b[w:w+int(n)])) //nolint:gosec // n ≤ len(b), checked above
		b = b[w+int(n):]                               //nolint:gosec // as above
	}
	return values, nil
}
