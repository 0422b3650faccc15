package store

import "strings"

// PostgreSQL writes a row where it lies (HOT) only as long as no column of any index
// changes, a condition's included. So what is queued stands there in a table, queued,
// and the indexes of what is neither queued nor sent go by the column odd: the state,
// 0 of those two. To send a mail changes neither index nor condition. On SQLite,
// where an index costs little, queued is a view, and indexes go by the state.

// odd is the column by which indexes know what is neither queued nor sent.
func (t *Tx) odd() string { return t.pick(both{sqlite: "state", postgres: "odd"}) }

// oddly makes a statement of one that says odd.
func oddly(query string) both {
	return both{sqlite: strings.ReplaceAll(query, "odd", "state"), postgres: query}
}
