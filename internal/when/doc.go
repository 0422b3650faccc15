// Package when says what is due next. A Spec is a cron expression, an interval
// or a single time, in a named time zone, with an optional start and end; Next
// gives its next time, Due applies the policy for times that were missed. Hours
// say when mail may leave, and when not: nights, weekends, bank holidays.
//
// # When the clocks change
//
// Two rules, the same for every zone. With Europe/London, where 01:00–02:00 is
// missing on a Sunday in March and comes twice on a Sunday in October:
//
//   - A cron expression whose hour field names hours ("30 1 * * *", "0 */2 * * *")
//     means times on the wall clock. A time that does not exist fires once, at
//     the first moment after the gap (30 1 → 02:00 BST). A time that comes twice
//     fires once, the first time (30 1 → 01:30 BST, not again at 01:30 GMT).
//   - A cron expression that takes every hour ("*/15 * * * *", "@hourly") and an
//     interval run in real time: nothing happens in the hour that is missing, and
//     both of the hours that come twice are served.
//
// It is layer 2 and pure: it imports the standard library, the root package,
// robfig/cron's parser and rickar/cal's holidays, does no I/O and never asks for the time. The zones are
// embedded, so that the static binary has them.
package when
