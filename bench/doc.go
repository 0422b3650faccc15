// Package bench measures the product next to a named yardstick in the same run:
// `make bench` prints the table. It reports ratios; nothing passes or fails on
// time. docs/testing.md says how to read it.
//
// It holds tests only, and drives the built program as a user would.
package bench
