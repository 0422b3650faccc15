// Package storetest is the conformance suite of the store: one function per
// promise, run on SQLite and on PostgreSQL alike, and the means to open a
// throw-away database of either kind in a test.
//
// It is linked into tests only.
package storetest
