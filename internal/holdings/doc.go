// Package holdings answers "what do you hold on me": everything that is kept about a
// person, in one value that can be written as JSON and as a page to read.
//
// It may import compose and store, and is handed an Opener: what it gives is full of
// personal details. Whoever asks for it has the right to, and has written the event
// before. It must not log, and must not change anything.
package holdings
