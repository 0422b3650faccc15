// Package intake imports patients into a study from a table file.
//
// Its promises:
//
//   - The whole file is checked before anything is written. Either every row is
//     right, or nothing is written, or the operator said to skip bad rows.
//   - A problem names row, column and reason, never the value.
//   - Importing the same file again changes nothing; an import that died in the
//     middle is completed by running it again.
//   - An import never undoes an opt-out, and never touches the status of a
//     patient who is in the study already.
//   - Memory does not grow with the file but for two sets of keyed hashes
//     (about 20 bytes a row each: 40 MB for a million rows), which find repeated
//     people and shared addresses.
//
// The file is read twice. The first pass checks, the second writes; each block
// of the second pass must have the hash that it had in the first, so that what
// is written is what was checked. What comes through a pipe is kept for the
// second pass in a file that is unlinked at once and encrypted under a key
// that only this process's memory holds.
//
// The steps, one file each: source (bytes that can be read twice), encoding
// (to UTF-8), scan and csv (to rows), columns (the header), address and check
// (a row to a Record), plan (what a record means for the database), seal, and
// Import, which drives them. Another format is another Source.
//
// Layer 4: it imports the root package, sealed (the sealing half only: an
// import cannot read what is stored) and store's types.
package intake
