// Package store keeps everything in one database: SQLite (one file, the
// embedded default) or PostgreSQL. It holds all of our SQL, both databases'
// side by side, one file per noun.
//
// Its promises:
//
//   - Personal details go in and come out sealed only.
//   - A state change is one statement that names the state it expects; whoever
//     comes second changes nothing and is told so.
//   - A Write is one transaction, short (at most 1,000 rows), and never waits
//     for the network.
//
// It imports the root package and the SQL drivers; it must not know River,
// SMTP, HTTP or the opening half of the keys.
package store
