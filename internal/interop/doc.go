// Package interop tests the client and the product against real servers, started
// for the test in folders of their own: Postfix, Exim and chasquid, which deliver
// into a folder, and pgbouncer in front of PostgreSQL.
//
// It holds tests only.
package interop
