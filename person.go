package studymail

import (
	"fmt"
	"strings"
	"time"

	"studymail/internal/sealed"

	"golang.org/x/text/unicode/norm"
)

// Details are a person's details: sealed at rest, opened by few.
type Details struct {
	Username  sealed.Name
	FirstName sealed.Name
	LastName  sealed.Name
	Email     sealed.Email
}

// FullName is first and last name with one space, or the one that is there.
func (d Details) FullName() sealed.Name {
	return sealed.NewName(strings.TrimSpace(d.FirstName.Reveal() + " " + d.LastName.Reveal()))
}

// Seal seals the details for a person.
func (d Details) Seal(key *sealed.Key, person ID) ([]byte, error) {
	return key.Seal(sealed.PersonDetails, person,
		d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal(), d.Email.Reveal())
}

// OpenDetails opens a person's details.
func OpenDetails(key *sealed.OpenKey, person ID, b []byte) (Details, error) {
	v, err := key.Open(sealed.PersonDetails, person, b)
	if err != nil {
		return Details{}, fmt.Errorf("open the details of person %s: %w", person, err)
	}
	if len(v) != 4 {
		return Details{}, fmt.Errorf("open the details of person %s: %d fields, not 4", person, len(v))
	}
	return Details{sealed.NewName(v[0]), sealed.NewName(v[1]), sealed.NewName(v[2]), sealed.NewEmail(v[3])}, nil
}

// Missing tells which details are blank, without telling any: planning leaves
// out whoever lacks what the template needs.
type Missing uint8

// What can be missing.
const (
	MissingFirstName Missing = 1 << iota
	MissingLastName
	MissingEmail
)

// Missing gives what is blank.
func (d Details) Missing() Missing {
	var m Missing
	if d.FirstName.IsEmpty() {
		m |= MissingFirstName
	}
	if d.LastName.IsEmpty() {
		m |= MissingLastName
	}
	if d.Email.IsEmpty() {
		m |= MissingEmail
	}
	return m
}

// Hashes of a person's details, under the newest key.
type Hashes struct {
	Username []byte
	Email    []byte // nil without an address
	Details  []byte // of everything: tells whether an import brings something new
	// Older are those of the address under older keys: it may be suppressed under one.
	Older [][]byte
}

// Hash gives the keyed hashes of the details.
func (d Details) Hash(s *sealed.Sealer) Hashes {
	h := Hashes{
		Username: s.Hash(sealed.UsernameHash, NormalUsername(d.Username)),
		Details:  s.Hash(sealed.DetailsHash, d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal(), d.Email.Reveal()),
	}
	if !d.Email.IsEmpty() {
		all := s.Hashes(sealed.EmailHash, NormalEmail(d.Email))
		h.Email = all[0]
		if len(all) > 1 {
			h.Older = all[1:]
		}
	}
	return h
}

// NormalUsername is a username as it is hashed: NFC, without outer spaces.
// Usernames that differ in case are different people.
func NormalUsername(n sealed.Name) string {
	return norm.NFC.String(strings.TrimSpace(n.Reveal()))
}

// NormalEmail is an address as it is hashed: lower case throughout. RFC 5321
// §2.4 lets local parts differ in case; no provider of note does, and an
// opt-out that fails for a capital letter is the worse mistake.
func NormalEmail(e sealed.Email) string {
	return strings.ToLower(strings.TrimSpace(e.Reveal()))
}

// Person is a human being, told apart by username.
type Person struct {
	ID        ID
	Key       int64  // row key
	Wrapped   []byte // data key under the master keyset; nil when erased
	Sealed    []byte // Details
	Hashes    Hashes
	Missing   Missing
	Revision  int64 // counts changes of the details
	CreatedAt time.Time
	UpdatedAt time.Time
	ErasedAt  time.Time
}

// ErasureReasons are the codes of why a person is erased: free text could hold a name.
// The first is taken when nothing is said.
func ErasureReasons() []string { return []string{"asked", "ended", "mistake", "other"} }
