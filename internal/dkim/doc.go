// Package dkim signs mails (RFC 6376) so that who receives them can tell that
// they come from the sender's domain, and says what to publish for it.
//
// Its one job: from a mail and keys to DKIM-Signature fields, by a library. It
// does no input or output and knows no patients; which keys there are is the
// configuration's business.
package dkim
