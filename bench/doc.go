// Package bench measures the product next to a named yardstick in the same run:
// `make bench` prints the table. It reports ratios; nothing passes or fails on
// time. docs/testing.md says how to read it.
//
// It holds tests, which drive the built program as a user would, and in sink the
// server that they send to. TestBounces is apart: it takes a folder of mails that
// came back, and says what the classifier makes of them (docs/bounces.md).
package bench
