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
