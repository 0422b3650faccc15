package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys are the installation's three keysets, ready for use. They are safe for
// concurrent use, and may be replaced while they are used (Take).
type Keys struct {
	redacted
	current *atomic.Pointer[ring]
}

// ring is one state of the three keysets.
type ring struct {
	master  tink.AEAD
	prfs    map[uint32]prf.PRF
	primary uint32
	order   []uint32 // look-ups try these: the primary first, then the older ones
	tokens  tink.MAC
	ids     map[Kind][]KeyInfo
}

func (k *Keys) ring() *ring { return k.current.Load() }

// Take takes over what other keys have: everything that was handed a Sealer or an
// Opener of k goes on with those.
func (k *Keys) Take(other *Keys) { k.current.Store(other.ring()) }

// IDs gives the numbers of all keys, to tell other processes which ones this has.
func (k *Keys) IDs() (all []uint32) {
	for _, kind := range Kinds() {
		for _, key := range k.List(kind) {
			all = append(all, key.ID)
		}
	}
	return all
}

// List gives the keys of a kind, the oldest first.
func (k *Keys) List(kind Kind) []KeyInfo { return k.ring().ids[kind] }

// Primary gives the number of the key of a kind that is used for what is new.
func (k *Keys) Primary(kind Kind) uint32 {
	for _, key := range k.List(kind) {
		if key.Primary {
			return key.ID
		}
	}
	return 0
}

// NewKeysets makes three fresh keysets as they stand in .env: base64 of Tink's
// JSON. Source: crypto/rand by way of Tink.
func NewKeysets() (master, hash, signing Secret, err error) {
	master, err1 := newKeyset(keyset.NewHandle(aead.AES256GCMKeyTemplate()))
	hash, err2 := newKeyset(keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate()))
	signing, err3 := newKeyset(keyset.NewHandle(mac.HMACSHA256Tag128KeyTemplate()))
	return master, hash, signing, errors.Join(err1, err2, err3)
}

func newKeyset(h *keyset.Handle, err error) (Secret, error) {
	if err != nil {
		return Secret{}, fmt.Errorf("make a keyset: %w", err)
	}
	return writeKeyset(h)
}

func writeKeyset(h *keyset.Handle) (Secret, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return Secret{}, errors.New("a keyset cannot be written") // Tink's own error may quote a key
	}
	return NewSecret(base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// ParseKeys reads the three keysets of .env. An error names the variable and
// never its content.
func ParseKeys(master, hash, signing Secret) (*Keys, error) {
	k := &ring{prfs: map[uint32]prf.PRF{}, ids: map[Kind][]KeyInfo{}}
	h, err1 := readKeyset("MASTER_KEYSET", master)
	if err1 == nil {
		k.ids[MasterKeys] = infoOf(h)
		if k.master, err1 = aead.New(h); err1 != nil {
			err1 = errors.New("MASTER_KEYSET: not an AEAD keyset")
		}
	}
	h, err2 := readKeyset("HASH_KEYSET", hash)
	if err2 == nil {
		k.ids[LookupKeys] = infoOf(h)
		err2 = k.readHashKeys(h)
	}
	h, err3 := readKeyset("SIGNING_KEYSET", signing)
	if err3 == nil {
		k.ids[SigningKeys] = infoOf(h)
		if k.tokens, err3 = mac.New(h); err3 != nil {
			err3 = errors.New("SIGNING_KEYSET: not a MAC keyset")
		}
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	keys := &Keys{current: &atomic.Pointer[ring]{}}
	keys.current.Store(k)
	return keys, nil
}

func (k *ring) readHashKeys(h *keyset.Handle) error {
	set, err := prf.NewPRFSet(h)
	if err != nil {
		return errors.New("HASH_KEYSET: not a PRF keyset")
	}
	k.primary = set.PrimaryID
	k.order = append(k.order, set.PrimaryID)
	for id, p := range set.PRFs {
		k.prfs[id] = p
		if id != set.PrimaryID {
			k.order = append(k.order, id)
		}
	}
	return nil
}

func readKeyset(name string, s Secret) (*keyset.Handle, error) {
	if s.IsEmpty() {
		return nil, fmt.Errorf("%s: missing; `studymail init` makes one, or restore the one that this database was made with", name)
	}
	raw, err := base64.StdEncoding.DecodeString(s.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%s: not base64 of a Tink JSON keyset", name)
	}
	// The reader's own error may quote the key: it is left out on purpose.
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("%s: not a Tink JSON keyset", name)
	}
	for _, info := range h.KeysetInfo().GetKeyInfo() {
		if info.GetStatus() == tinkpb.KeyStatusType_UNKNOWN_STATUS {
			return nil, fmt.Errorf("%s: a key of unknown status", name)
		}
	}
	return h, nil
}

// Sealer is the half of the keys that can seal, hash and sign, not open.
type Sealer struct {
	redacted
	k *Keys
}

// Opener is the half that can open. Only the outbox (to send) and pages and
// commands (for someone with the right, with an event) are handed one.
type Opener struct {
	redacted
	k *Keys
}

// Sealer gives the sealing half.
func (k *Keys) Sealer() *Sealer { return &Sealer{k: k} }

// Opener gives the opening half.
func (k *Keys) Opener() *Opener { return &Opener{k: k} }

const proofText = "studymail: this database belongs to this MASTER_KEYSET"

// Proof hashes a known text, and seals it together with its signature: stored in
// a new database, it tells later whether the keys are those that the database
// was made with.
func (k *Keys) Proof() ([]byte, error) {
	r := k.ring()
	h := r.hashWith(r.primary, "proof", proofText)
	tag, err := r.tokens.ComputeMAC([]byte(proofText))
	if err != nil {
		return nil, fmt.Errorf("sign the key proof: %w", err)
	}
	sealedText, err := r.master.Encrypt(append([]byte(proofText), tag...), []byte("proof"))
	if err != nil {
		return nil, fmt.Errorf("seal the key proof: %w", err)
	}
	return append(h, sealedText...), nil
}

// CheckProof tells whether these keys made the proof (or are its rotation).
func (k *Keys) CheckProof(proof []byte) error {
	if len(proof) < HashSize {
		return errors.New("the database's key proof is damaged")
	}
	r := k.ring()
	text, err := r.master.Decrypt(proof[HashSize:], []byte("proof"))
	if err != nil {
		return errors.New("MASTER_KEYSET is not the one that this database was made with: personal details could not be read; put the right key into .env (nothing was changed)")
	}
	hashed := false
	for _, id := range r.order {
		hashed = hashed || bytes.Equal(r.hashWith(id, "proof", proofText), proof[:HashSize])
	}
	tag, signed := bytes.CutPrefix(text, []byte(proofText))
	switch {
	case !hashed:
		return errors.New("HASH_KEYSET is not the one that this database was made with: nobody would be found by username or address; put the right key into .env (nothing was changed)")
	case !signed || r.tokens.VerifyMAC(tag, []byte(proofText)) != nil:
		return errors.New("SIGNING_KEYSET is not the one that this database was made with: the opt-out links and return paths of mails that were sent would not work; put the right key into .env (nothing was changed)")
	}
	return nil
}

// Fingerprint names a keyset without telling anything of it, for doctor.
func Fingerprint(s Secret) string {
	sum := sha256.Sum256([]byte("studymail fingerprint " + s.Reveal()))
	return hex.EncodeToString(sum[:4])
}
