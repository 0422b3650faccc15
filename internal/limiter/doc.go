// Package limiter keeps what a transport is given within its limits: messages a
// second, minute, hour and day, of all workers together.
//
// Its promises:
//
//   - Whatever the number of workers, no second of the limiter's clock sees more
//     hand-overs begin than the limit allows, and no minute, hour or day either,
//     wherever it begins.
//   - Nobody asks the database per mail: a worker asks two or three times a second
//     while it has mail, and not at all without a limit.
//   - What a worker was given and did not use counts as used. That is at most one
//     second of the rate, shared among the workers.
//
// # How times are given away
//
// Time is cut into blocks of at most a second. A block has a power of two of times,
// evenly spaced, at each of which one hand-over may begin; it is a row (store.Rate)
// that counts how many of them were dealt out. They are dealt in bit-reversed
// order, so that whoever takes the next few gets some that are spread over the
// whole block: each worker goes at an even pace, and so do all together, though
// they know nothing of each other. A worker takes an equal share; what others leave
// it may have shortly before the block begins.
//
// A time that a worker missed by more than a hundredth of a second is void. The
// times are spaced a hundredth wider than the rate says, so that hand-overs which
// are late by that much never make a second too full: the measured rate stays one
// per cent below the limit.
//
// The limits by the minute, hour and day are sums over 120 parts each. A part is
// counted until all of it is past, which keeps every minute, hour and day within
// the limit at the price of less than one per cent.
//
// # One clock
//
// The times are those of one clock: with SQLite the machine's, with PostgreSQL the
// server's, of which each worker knows the difference to its own to within half a
// round trip. That is how far two workers can be apart.
//
// It imports store and config's nouns in the root package; it must not know the
// outbox, the transports, River or HTTP.
package limiter
