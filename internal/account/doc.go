// Package account keeps the users: who may sign in, how, and who they are.
//
// Its promises:
//
//   - A password is kept as argon2id only, an address and a second factor sealed
//     only. Nobody learns from an answer, or from how long it takes, whether an
//     address has an account.
//   - Tries to sign in are counted in the database for each account and for each
//     network address, before a password is looked at: many processes together
//     allow no more than one.
//   - A link, a code and a recovery code count once.
//   - Somebody can always administer: the last one who can stays.
//   - Each change, each sign-in and each refused one writes an event that names
//     the user by UUID.
//
// It imports the nouns, sealed and the store. It must not know HTTP: pages and
// commands ask it.
package account
