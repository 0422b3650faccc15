package sealed

import "encoding/binary"

// HashSize is the length of a keyed hash: 4 bytes name the key, 16 are the hash.
const HashSize = 20

// HashOf says what is hashed; the same text hashed as something else differs.
type HashOf string

// The kinds of keyed hashes. They are part of the hash: never change one.
const (
	UsernameHash HashOf = "username"
	EmailHash    HashOf = "email"
	DetailsHash  HashOf = "details"
	UserHash     HashOf = "user"     // of a member of staff's address
	TriesHash    HashOf = "tries"    // of whom sign-ins are counted for
	RecoveryHash HashOf = "recovery" // of a recovery code
	FileHash     HashOf = "file"     // of a file of patients: tells whether it came before
)

// Hash gives the keyed hash under the newest key: what is stored. The caller
// normalises first.
func (s *Sealer) Hash(of HashOf, values ...string) []byte {
	r := s.k.ring()
	return r.hashWith(r.primary, of, values...)
}

// Hashes gives the keyed hash under every key, the newest first: look-ups try
// all, because the hashes of erased people cannot be made again.
func (s *Sealer) Hashes(of HashOf, values ...string) [][]byte {
	r := s.k.ring()
	all := make([][]byte, 0, len(r.order))
	for _, id := range r.order {
		all = append(all, r.hashWith(id, of, values...))
	}
	return all
}

func (k *ring) hashWith(id uint32, of HashOf, values ...string) []byte {
	sum, err := k.prfs[id].ComputePRF(append([]byte(of+"\x00"), pack(values)...), HashSize-4)
	if err != nil {
		// HMAC-SHA256 gives 32 bytes; asking for 16 cannot fail (RFC 2104).
		return nil
	}
	b := binary.BigEndian.AppendUint32(make([]byte, 0, HashSize), id)
	return append(b, sum...)
}
