package sealed

import (
	"errors"
	"fmt"
)

// What belongs to no person with a key of their own (staff, for one) is sealed
// under the master keyset itself, bound to its purpose and its row.

// The purposes of what is sealed under the master keyset. Never change one.
const (
	UserEmail        Purpose = "user.email"
	UserSecondFactor Purpose = "user.totp"
	FeedbackMail     Purpose = "feedback.mail"
)

// SealMaster packs the values and seals them for a purpose and a row.
func (s *Sealer) SealMaster(p Purpose, row [16]byte, values ...string) ([]byte, error) {
	b, err := s.k.ring().master.Encrypt(pack(values), bound(p, row))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", p, err)
	}
	return b, nil
}

// OpenMaster gives back what SealMaster sealed for that purpose and row.
func (o *Opener) OpenMaster(p Purpose, row [16]byte, b []byte) ([]string, error) {
	plain, err := o.k.ring().master.Decrypt(b, bound(p, row))
	if err != nil {
		return nil, errors.New("sealed: " + string(p) + " does not open: damaged, of another row, or sealed with another MASTER_KEYSET")
	}
	return unpack(plain)
}
