// Package studymail is what the product talks about: its nouns, their states
// and rules. START HERE.
//
// # Glossary
//
// A care provider looks after people; a study is run for some of them. A person
// who takes part in a study through a care provider is a patient of it. Staff
// write templates; a campaign sends one to a study's patients in steps. A run is
// one planning pass of a step: it writes a message for each patient who gets the
// letter, and a reason for each who does not. An attempt is one try at handing a
// message to a transport. docs/glossary.md has all words.
//
// # The life of a message
//
//  1. Plan (internal/audience): a row for each chosen patient, queued, before
//     anything is sent. Nothing of a run leaves before its plan is whole.
//
//  2. Claim (internal/outbox): a worker takes a batch under a token.
//
//  3. Render (internal/compose): from fresh, unsealed values, in memory only.
//
//  4. Hand over: the message stands in a durable hand-over window, whose
//     statement checks everything once more, before its final dot: sending.
//
//  5. Outcome: sent, deferred, failed, or uncertain when nobody answered.
//
//  6. Feedback: what comes back later changes message and patient.
//
//     queued ──▶ sending ──▶ sent
//     ▲          ├───────▶ failed     (refused, or attempts used up)
//     └─deferred◀┤───────▶ uncertain  (died past the final dot: a person decides)
//     └───────▶ skipped, cancelled  (the guard said no)
//
// # Layers
//
// A package imports lower layers only (internal/archtest checks it): sealed, this
// package, then pure rules (config, when, compose, bounce, logs), then the outside (store,
// smtpout, maildir), then the work (audience, outbox, intake), then jobs and web,
// then app, then cli. docs/architecture.md has the picture.
package studymail
