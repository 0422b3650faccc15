package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"studymail/internal/sealed"
)

// A file that was uploaded waits for a person's word, and for a worker that may be on
// another machine. It lies in the database in blocks, each sealed with the file's own
// key and bound to its place.

// blockPurpose binds a block to its number.
func blockPurpose(n int) sealed.Purpose {
	return sealed.ImportBlock + sealed.Purpose("."+strconv.Itoa(n))
}

// SealBlock seals a block of an import's file.
func SealBlock(key *sealed.Key, imported [16]byte, n int, plain []byte) ([]byte, error) {
	return key.Seal(blockPurpose(n), imported, string(plain))
}

// Kept is a file that lies sealed in blocks.
type Kept struct {
	Import [16]byte
	Key    *sealed.OpenKey                                  // of this file alone
	Bytes  int64                                            // of the file
	Sealed func(ctx context.Context, n int) ([]byte, error) // nil behind the last block
	Ctx    context.Context                                  //nolint:containedctx // a Source is read by one import
}

// Source reads the file as CSV.
func (k *Kept) Source() *CSV { return &CSV{k, func() error { return nil }} }

func (k *Kept) size() int64 { return k.Bytes }

func (k *Kept) block(n int, b []byte) (int, error) {
	bytes, err := k.Sealed(k.Ctx, n)
	if err != nil {
		return 0, fmt.Errorf("read back what was uploaded: %w", err)
	}
	if bytes == nil {
		return 0, io.EOF
	}
	plain, err := k.Key.Open(blockPurpose(n), k.Import, bytes)
	if err != nil || len(plain) != 1 || len(plain[0]) > len(b) {
		return 0, errors.New("read back what was uploaded: it was changed in the database")
	}
	return copy(b, plain[0]), nil
}

// SealRows seals the cells of some rows, by their numbers, for a page that shows them.
func SealRows(key *sealed.Key, imported [16]byte, rows map[int][]string) ([]byte, error) {
	var values []string
	for n, cells := range rows {
		values = append(values, strconv.Itoa(n), strconv.Itoa(len(cells)))
		values = append(values, cells...)
	}
	if len(values) == 0 {
		return nil, nil
	}
	return key.Seal(sealed.ImportRows, imported, values...)
}

// OpenRows gives back what SealRows sealed; nothing of nothing.
func OpenRows(key *sealed.OpenKey, imported [16]byte, b []byte) (map[int][]string, error) {
	rows := map[int][]string{}
	if len(b) == 0 {
		return rows, nil
	}
	values, err := key.Open(sealed.ImportRows, imported, b)
	if err != nil {
		return nil, fmt.Errorf("open the rows of an import: %w", err)
	}
	for len(values) >= 2 {
		n, err := strconv.Atoi(values[0])
		cells, err2 := strconv.Atoi(values[1])
		if err != nil || err2 != nil || cells < 0 || cells > len(values)-2 {
			return nil, errors.New("open the rows of an import: they are damaged")
		}
		rows[n] = values[2 : 2+cells]
		values = values[2+cells:]
	}
	return rows, nil
}
