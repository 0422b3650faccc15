// Package pgtest gives tests a real PostgreSQL that is thrown away.
//
// Start gives a fresh, empty database in a server that all tests of one test
// binary share; New gives a server of one's own, for tests that kill or restart
// it. Servers listen on a random port of 127.0.0.1, keep their files in the
// temporary directory, and end with the test process, however it ends.
//
// PostgreSQL refuses to run as root. A test that runs as root starts it as the
// user postgres, or nobody where there is no such user.
//
// The server's time zone is deliberately not UTC, so that code which leaves
// zones to chance is seen.
//
// It is linked into tests only, and imports only the standard library and pgx.
// It never skips: without PostgreSQL a test fails and says how to get it.
package pgtest
