package sealed

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// MergeHashKeysets gives our HASH_KEYSET with another installation's keys among the
// older ones, so that look-ups try its hashes, too; ours stays the newest.
func MergeHashKeysets(ours, theirs Secret) (Secret, error) {
	mine, err := rawKeyset("HASH_KEYSET", ours)
	if err != nil {
		return Secret{}, err
	}
	other, err := rawKeyset("the other HASH_KEYSET", theirs)
	if err != nil {
		return Secret{}, err
	}
	have := map[uint32][]byte{}
	for _, k := range mine.GetKey() {
		have[k.GetKeyId()] = k.GetKeyData().GetValue()
	}
	for _, k := range other.GetKey() {
		own, there := have[k.GetKeyId()]
		switch {
		case there && !bytes.Equal(own, k.GetKeyData().GetValue()):
			return Secret{}, errors.New("two different hash keys have the same number; this happens once in a billion times, and cannot be merged")
		case !there:
			mine.Key = append(mine.Key, k)
		}
	}
	var b bytes.Buffer
	h, err := insecurecleartextkeyset.Read(&keyset.MemReaderWriter{Keyset: mine}) //nolint:staticcheck // what replaces it needs protobuf, which is no dependency of ours
	if err == nil {
		err = insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
	}
	if err != nil {
		return Secret{}, errors.New("the merged HASH_KEYSET cannot be written") // Tink's own error may quote a key
	}
	return NewSecret(base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

func rawKeyset(name string, s Secret) (*tinkpb.Keyset, error) {
	h, err := readKeyset(name, s)
	if err != nil {
		return nil, err
	}
	var memory keyset.MemReaderWriter //nolint:staticcheck // as above
	if err := insecurecleartextkeyset.Write(h, &memory); err != nil {
		return nil, fmt.Errorf("%s: cannot be read", name)
	}
	return memory.Keyset, nil
}
