package studymail

import (
	"database/sql/driver"
	"fmt"

	"github.com/google/uuid"
)

// ID is the public identity of everything: a UUID of version 7 (RFC 9562 §5.7),
// so ordered by the time it was made. Only IDs appear in logs, URLs and jobs.
type ID [16]byte

// NewID makes an ID. Those of one process increase strictly.
func NewID() ID {
	u, err := uuid.NewV7()
	if err != nil {
		// crypto/rand does not fail on a running system (Go 1.24 ends the process itself).
		return ID(uuid.New())
	}
	return ID(u)
}

// ParseID reads an ID in its usual text form.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return ID{}, Errorf(Invalid, "not a UUID; one looks like 019a7c1e-5f6b-7c3d-8e9f-0123456789ab")
	}
	return ID(u), nil
}

// IsZero tells whether the ID was never set.
func (id ID) IsZero() bool { return id == ID{} }

// String gives the usual text form; "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return uuid.UUID(id).String()
}

// MarshalText gives the usual text form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the usual text form, or nothing.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	v, err := ParseID(string(b))
	*id = v
	return err
}

// Value stores an ID as its 16 bytes, the zero ID as NULL.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil //nolint:nilnil // NULL is the value
	}
	return id[:], nil
}

// Scan reads what either database gives: 16 bytes, or text.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case string:
		return id.UnmarshalText([]byte(v))
	default:
		return fmt.Errorf("read an ID from the database: unexpected %T", src)
	}
}
