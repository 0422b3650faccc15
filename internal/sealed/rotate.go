package sealed

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// Kind is a kind of keys: each has a keyset of its own.
type Kind string

// The kinds.
const (
	MasterKeys  Kind = "master"
	LookupKeys  Kind = "lookup"
	SigningKeys Kind = "signing"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{MasterKeys, LookupKeys, SigningKeys} }

// Variable is the setting that has the keyset.
func (k Kind) Variable() string {
	switch k {
	case MasterKeys:
		return "MASTER_KEYSET"
	case LookupKeys:
		return "HASH_KEYSET"
	case SigningKeys:
		return "SIGNING_KEYSET"
	}
	return ""
}

func (k Kind) template() *tinkpb.KeyTemplate {
	switch k {
	case MasterKeys:
		return aead.AES256GCMKeyTemplate()
	case LookupKeys:
		return prf.HMACSHA256PRFKeyTemplate()
	case SigningKeys:
	}
	return mac.HMACSHA256Tag128KeyTemplate()
}

// KeyInfo tells of a key without telling anything of it.
type KeyInfo struct {
	ID      uint32
	Primary bool // used for what is new
}

func infoOf(h *keyset.Handle) (all []KeyInfo) {
	info := h.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		if k.GetStatus() == tinkpb.KeyStatusType_ENABLED {
			all = append(all, KeyInfo{k.GetKeyId(), k.GetKeyId() == info.GetPrimaryKeyId()})
		}
	}
	return all
}

// AddKey gives a keyset with a fresh key that is not used yet: whoever has it can read
// what others will make with it.
func AddKey(kind Kind, old Secret) (Secret, uint32, error) {
	var id uint32
	s, err := change(kind, old, func(m *keyset.Manager) (err error) {
		id, err = m.Add(kind.template())
		return err
	})
	return s, id, err
}

// PromoteKey gives a keyset of which another key is used for what is new.
func PromoteKey(kind Kind, old Secret, id uint32) (Secret, error) {
	return change(kind, old, func(m *keyset.Manager) error { return m.SetPrimary(id) })
}

// RetireKey gives a keyset without a key: what that made cannot be read any more.
func RetireKey(kind Kind, old Secret, id uint32) (Secret, error) {
	return change(kind, old, func(m *keyset.Manager) error { return m.Delete(id) })
}

func change(kind Kind, old Secret, do func(m *keyset.Manager) error) (Secret, error) {
	h, err := readKeyset(kind.Variable(), old)
	if err != nil {
		return Secret{}, err
	}
	m := keyset.NewManagerFromHandle(h)
	if err := do(m); err != nil {
		return Secret{}, fmt.Errorf("%s: no such key, or it is in use", kind.Variable())
	}
	if h, err = m.Handle(); err != nil {
		return Secret{}, errors.New(kind.Variable() + ": the changed keyset cannot be used")
	}
	return writeKeyset(h)
}

// tinkPrefix begins what Tink seals and signs; the key's number follows in four bytes.
// https://developers.google.com/tink/wire-format
const tinkPrefix = 1

// MasterKeyOf gives the number of the master key that sealed something; 0 for none.
func MasterKeyOf(b []byte) uint32 {
	if len(b) < 5 || b[0] != tinkPrefix {
		return 0
	}
	return binary.BigEndian.Uint32(b[1:])
}

// LookupKeyOf gives the number of the key that made a hash; 0 for none.
func LookupKeyOf(hash []byte) uint32 {
	if len(hash) != HashSize {
		return 0
	}
	return binary.BigEndian.Uint32(hash)
}

// ProofKeys gives the numbers of the keys that the lookups and the master key of a
// database's proof are.
func ProofKeys(proof []byte) (lookup, master uint32) {
	if len(proof) < HashSize {
		return 0, 0
	}
	return LookupKeyOf(proof[:HashSize]), MasterKeyOf(proof[HashSize:])
}

// Rewrap wraps a data key (of a person, of a file) under the newest master key.
func (o *Opener) Rewrap(row [16]byte, wrapped []byte) ([]byte, error) {
	r := o.k.ring()
	raw, err := r.master.Decrypt(wrapped, bound(keyPurpose, row))
	if err != nil {
		return nil, errors.New("sealed: a data key does not open with this MASTER_KEYSET")
	}
	fresh, err := r.master.Encrypt(raw, bound(keyPurpose, row))
	if err != nil {
		return nil, fmt.Errorf("wrap a data key: %w", err)
	}
	return fresh, nil
}

// Reseal seals what SealMaster sealed under the newest master key.
func (o *Opener) Reseal(p Purpose, row [16]byte, b []byte) ([]byte, error) {
	r := o.k.ring()
	plain, err := r.master.Decrypt(b, bound(p, row))
	if err != nil {
		return nil, errors.New("sealed: " + string(p) + " does not open: damaged, of another row, or sealed with another MASTER_KEYSET")
	}
	fresh, err := r.master.Encrypt(plain, bound(p, row))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", p, err)
	}
	return fresh, nil
}
