package store

import (
	"encoding/binary"
	"fmt"

	"studymail"
)

// What was merged into the mails of a window is kept in one row, under the
// window's key: for each message its row key (8 bytes) and a length (4 bytes),
// both big-endian, then what was merged, sealed. It is written once and never
// changed; a message points to the last it was handed over with.

// pack packs what was merged for those who are to stand in a window.
func pack(all []Standing) []byte {
	n := 0
	for _, s := range all {
		n += 12 + len(s.Merged)
	}
	packed := make([]byte, 0, n)
	for _, s := range all {
		packed = binary.BigEndian.AppendUint64(packed, uint64(s.Key)) //nolint:gosec // row keys are above 0
		packed = binary.BigEndian.AppendUint32(packed, uint32(len(s.Merged)))
		packed = append(packed, s.Merged...)
	}
	return packed
}

// mergedOf finds one message's part; nil when there is none.
func mergedOf(packed []byte, key int64, id studymail.ID) ([]byte, error) {
	for len(packed) > 0 {
		if len(packed) < 12 {
			return nil, fmt.Errorf("read what was merged into message %s: cut off", id)
		}
		k, n := binary.BigEndian.Uint64(packed), int(binary.BigEndian.Uint32(packed[8:]))
		packed = packed[12:]
		if n > len(packed) {
			return nil, fmt.Errorf("read what was merged into message %s: cut off", id)
		}
		if k == uint64(key) { //nolint:gosec // row keys are above 0
			return packed[:n], nil
		}
		packed = packed[n:]
	}
	return nil, nil
}

// without takes the parts of some messages out, and gives how many those were.
func without(packed []byte, of map[int64]bool) (rest []byte, dropped int, err error) {
	rest = make([]byte, 0, len(packed))
	for len(packed) > 0 {
		if len(packed) < 12 {
			return nil, 0, fmt.Errorf("what was merged is cut off")
		}
		key, n := int64(binary.BigEndian.Uint64(packed)), 12+int(binary.BigEndian.Uint32(packed[8:])) //nolint:gosec // row keys are above 0
		if n > len(packed) {
			return nil, 0, fmt.Errorf("what was merged is cut off")
		}
		if of[key] {
			dropped++
		} else {
			rest = append(rest, packed[:n]...)
		}
		packed = packed[n:]
	}
	return rest, dropped, nil
}
