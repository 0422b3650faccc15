// Package seslist compares the suppression list that Amazon SES keeps for the account with
// ours: it brings addresses of SES's onto ours, and takes those off SES's that were lifted
// here.
//
// What it promises:
//
//   - An address of SES's list is suppressed here, or new, or was lifted here: one of the
//     three. It was lifted here if it is on our list no more, and was put there by an
//     import that is over or by what came back for a letter to it. Another import leaves
//     it off; only such addresses are cleared at SES.
//   - No address leaves it. Each that is suppressed or cleared has an event without it.
//
// It is layer 4: it knows the store, the nouns and the account. It opens no details.
package seslist
