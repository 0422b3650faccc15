// Package archtest holds the repository to its layout.
//
// Its test reads the import graph with `go list` and fails when an arrow points
// the wrong way: a package may import packages of lower layers only, never one
// of its own layer, and a few dependencies have one place each (River in jobs,
// SQL drivers in store). It also asks for a doc comment in every package and
// for files of at most 800 lines.
//
// The documentation is held to the repository, too: links lead somewhere, files
// and commands that are named exist, each dependency has its line.
//
// The rules are functions of a list of packages, so that they are tested on
// made-up graphs as well: a rule that cannot fail guards nothing.
//
// It is linked into tests only.
package archtest
