// Command studymail e-mails patients about research studies on behalf of their
// care providers. It is all in internal/cli; here are the process's edges.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"studymail/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks to end in order; after it a second one ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, cli.ThisMachine(), os.Args[1:]))
}
