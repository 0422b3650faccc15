// Package ses speaks with Amazon SES: it hands mail over by the API (version 2), says
// of every mail what became of it, reads the account's quota and its suppression list,
// and reads what SES tells of mails later: events, by SNS or out of an SQS queue.
//
// What it promises of a hand-over:
//
//   - A mail is given to SES by one HTTP request, which nobody repeats: the SDK's
//     retries are off for it, and the HTTP client's only ones are those of which not a
//     byte left.
//   - Before the last byte of that request was handed to the network, SES cannot have
//     the mail. From then on until an answer begins only SES knows ([InDoubt]), as with
//     the end of a text in SMTP. An answer that begins with 200 says that it was taken,
//     even if the rest of it is lost.
//   - What SES says is turned into meaning in one place (classify.go): the mail's fault,
//     the pace's, or the account's; the latter two cost no mail an attempt.
//
// Layer 3: it imports the nouns, rules and logs, and is the only one that knows the
// AWS SDK. It stores nothing, and repeats no words of SES outside of [Outcome.Reply],
// for they quote addresses.
package ses
