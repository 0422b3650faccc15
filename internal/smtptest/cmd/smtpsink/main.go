// Command smtpsink is package smtptest's server as a process of its own, for
// tests that kill things.
package main

import (
	"os"

	"studymail/internal/smtptest"
)

func main() { os.Exit(smtptest.Main(os.Args[1:])) }
