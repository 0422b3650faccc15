package store

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Many rows go to the database as one JSON parameter: both databases can join
// it, and one statement serves any number of rows.

// keysJSON writes row keys as a JSON array.
func keysJSON(keys []int64) string {
	b := make([]byte, 0, 8*len(keys)+2)
	b = append(b, '[')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, k, 10)
	}
	return string(append(b, ']'))
}

// rowsJSON writes rows, each an array of numbers and strings.
func rowsJSON[T any](rows []T) (string, error) {
	b, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("write rows for the database: %w", err)
	}
	return string(b), nil
}

// rangesOf gives the first and the last of keys side by side, which are in order.
func rangesOf(keys []int64) (first, last []int64) {
	for i, k := range keys {
		if i > 0 && k == keys[i-1]+1 {
			last[len(last)-1] = k
			continue
		}
		first, last = append(first, k), append(last, k)
	}
	return first, last
}

// maxRanges bounds the statements that ranges are worth: more of them cost more
// than one with a list.
const maxRanges = 4

// eachRange does something to rows by their keys, which are in order: range by
// range where they stand side by side, as those that were planned together do,
// else by a list of them. It gives how many rows both said they did it to.
func eachRange(keys []int64, inRange func(first, last int64) (int64, error), inList func(list string) (int64, error)) (int64, error) {
	first, last := rangesOf(keys)
	if len(first) > maxRanges {
		return inList(keysJSON(keys))
	}
	sum := int64(0)
	for i := range first {
		n, err := inRange(first[i], last[i])
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}
