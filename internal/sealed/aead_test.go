package sealed

import (
	"bytes"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Installations hold what earlier releases sealed by Tink itself.
func TestWhatTinkSealsOpensAndTheOtherWayRound(t *testing.T) {
	raw := bytes.Repeat([]byte{7}, dataKeySize)
	ours, err := newAEAD(raw)
	if err != nil {
		t.Fatal(err)
	}
	tinks, err := subtle.NewAESGCM(raw)
	if err != nil {
		t.Fatal(err)
	}
	text, bond := []byte("Ann"), []byte("a row")
	byTink, err := tinks.Encrypt(text, bond)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ours.Open(nil, nil, byTink, bond); err != nil || !bytes.Equal(got, text) {
		t.Errorf("what Tink sealed opens as %q, %v", got, err)
	}
	if got, err := tinks.Decrypt(ours.Seal(nil, nil, text, bond), bond); err != nil || !bytes.Equal(got, text) {
		t.Errorf("Tink opens what is sealed as %q, %v", got, err)
	}
}
