// Command sink is the server that sending is measured against: like Postfix's
// smtp-sink it takes mail and keeps nothing, in one thread, but it offers
// CHUNKING, as mail servers do and smtp-sink does not, and can take its time. A
// line on standard output says where it listens; SIGTERM ends it, and another line
// says how many mails it took.
//
// It knows as much SMTP as that needs. A server for tests, which checks what it
// is told and misbehaves on demand, is internal/smtptest.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	plain := flag.Bool("plain", false, "offer PIPELINING alone, as smtp-sink does")
	wait := flag.Duration("wait", 0, "answer what came together after so long")
	flag.Parse()
	if err := run(*plain, *wait); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

func run(plain bool, wait time.Duration) error {
	s, err := listen(plain, wait)
	if err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-ended
		fmt.Println("mails", s.mails.Load())
		os.Exit(0)
	}()
	fmt.Println("listening on", s.addr)
	return s.serve()
}

// listen opens a port of loopback.
func listen(plain bool, wait time.Duration) (*server, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	if err := unix.Listen(fd, 1024); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, fmt.Errorf("ask for the port: %w", err)
	}
	in4, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return nil, fmt.Errorf("a socket of another kind: %T", name)
	}
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll: %w", err)
	}
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	s := &server{fd: fd, ep: ep, timer: timer, addr: fmt.Sprintf("127.0.0.1:%d", in4.Port), offers: chunking, wait: wait}
	if plain {
		s.offers = pipelining
	}
	return s, errors.Join(s.watch(fd), s.watch(timer))
}
