// Package interop tests the product against real mail servers, started for the
// test in folders of their own: a Postfix that delivers to a Maildir.
//
// It holds tests only.
package interop
