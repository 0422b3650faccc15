package store

import (
	"database/sql"
	"time"
)

// ms stores a time as milliseconds; the zero time as NULL.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// at reads what ms stored.
type at struct{ t *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(src any) error {
	var n sql.NullInt64
	if err := n.Scan(src); err != nil {
		return err
	}
	if n.Valid {
		*a.t = time.UnixMilli(n.Int64).UTC()
	} else {
		*a.t = time.Time{}
	}
	return nil
}

// key stores a row key; 0 as NULL.
func key(k int64) any {
	if k == 0 {
		return nil
	}
	return k
}

// flag stores a truth as 0 or 1: both databases compare it alike.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bytesOrNull stores no bytes as NULL.
func bytesOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// nullKey and nullText read NULL as nothing.
type nullKey struct{ k *int64 }

// Scan implements sql.Scanner.
func (n nullKey) Scan(src any) error {
	var v sql.NullInt64
	err := v.Scan(src)
	*n.k = v.Int64
	return err
}

type nullText[T ~string] struct{ s *T }

// Scan implements sql.Scanner.
func (n nullText[T]) Scan(src any) error {
	var v sql.NullString
	err := v.Scan(src)
	*n.s = T(v.String)
	return err
}

// ns stores a time as nanoseconds, where milliseconds are too coarse; the zero
// time as NULL.
func ns(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

// fine reads what ns stored.
type fine struct{ t *time.Time }

// Scan implements sql.Scanner.
func (f fine) Scan(src any) error {
	var n sql.NullInt64
	err := n.Scan(src)
	*f.t = time.Time{}
	if n.Valid {
		*f.t = time.Unix(0, n.Int64).UTC()
	}
	return err
}
