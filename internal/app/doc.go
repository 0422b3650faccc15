// Package app builds everything from the configuration, and starts what runs
// for long. The command line and end-to-end tests use it; nothing within does.
//
// Open gives what every command needs: configuration, logs, keys, database.
//
// Layer 6: it imports all packages below. It is where the clock comes from.
package app
