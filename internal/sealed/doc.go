// Package sealed holds personal details so that they cannot leak by accident,
// and seals them at rest.
//
// Two halves:
//
//   - Types in memory (Name, Email, Secret): their content prints as
//     [redacted] under every fmt verb, slog, JSON and error path; reading it is
//     the one explicit call Reveal, easy to grep.
//   - Bytes at rest: each person has a data key, wrapped by the master keyset
//     (Google Tink, AEAD). What is sealed is bound to its purpose and its row,
//     so that a ciphertext moved to another row does not open. Look-ups go by
//     keyed hashes, links that patients follow by signed tokens.
//
// A Sealer can seal and hash but not open; an Opener can. Hand out the smaller.
//
// It is layer 0: it imports only the standard library and Tink, and must never
// log, print or do I/O.
package sealed
