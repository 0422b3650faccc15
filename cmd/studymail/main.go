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
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// The first signal asks to end in order, a second one ends at once. That is said
	// here and not left to the system, which spares process 1 of a container.
	go func() {
		<-signals
		stop()
		if s, ok := (<-signals).(syscall.Signal); ok {
			os.Exit(128 + int(s))
		}
		os.Exit(1)
	}()
	os.Exit(cli.Main(ctx, cli.ThisMachine(), os.Args[1:]))
}
