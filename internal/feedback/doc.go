// Package feedback takes in what comes back for mails: bounces, complaints,
// deliveries, automatic replies and opt-outs, by whichever way they come. What
// follows from each class is one table (effects.go); internal/bounce says which
// class a mail is of, and store does what follows in one transaction.
//
// What it promises:
//
//   - Each feedback counts once, however often and by whichever way it comes.
//   - It finds its message by a signed token, or by a UUID that only we and whoever
//     got the mail know: never by guessing an address.
//   - What it does not understand, or cannot find the message of, is kept sealed for a
//     person to look at. It marks nobody.
//   - No personal detail leaves it: what other servers say is scrubbed of addresses,
//     and of what is known of the person; a mail is kept sealed.
//
// It is layer 4: it knows the store, the nouns and pure rules. It opens the details of
// the person that a message went to, only to take them out of what other servers say.
package feedback
