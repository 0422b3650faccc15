package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	pipelining = "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
	chunking   = "250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
)

// server is one thread: it waits for sockets that have something, and goes on
// with their sessions.
type server struct {
	fd, ep int
	timer  int // when the first of late is due
	addr   string
	offers string
	wait   time.Duration
	mails  atomic.Int64
	open   map[int32]*session
	late   []answer // that wait, the first to say first
}

// answer is what is said when its time has come.
type answer struct {
	due  time.Time
	to   *session
	text []byte
}

func (s *server) watch(fd int) error {
	err := unix.EpollCtl(s.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}) //nolint:gosec // a file descriptor is small
	if err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	return nil
}

func (s *server) serve() error {
	s.open = map[int32]*session{}
	events := make([]unix.EpollEvent, 64)
	for {
		n, err := unix.EpollWait(s.ep, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for sockets: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			if err := s.turn(e.Fd); err != nil {
				return err
			}
		}
	}
}

// turn goes on with what a socket or the timer has.
func (s *server) turn(fd int32) error {
	switch int(fd) {
	case s.fd:
		return s.accept()
	case s.timer:
		return s.sayDue()
	}
	if c := s.open[fd]; c != nil && !c.ready() {
		return s.end(c)
	}
	return nil
}

func (s *server) end(c *session) error {
	delete(s.open, int32(c.fd)) //nolint:gosec // a file descriptor is small
	c.gone = true
	if err := unix.Close(c.fd); err != nil {
		return fmt.Errorf("close a socket: %w", err)
	}
	return nil
}

// later puts an answer off.
func (s *server) later(c *session, text []byte) error {
	s.late = append(s.late, answer{due: time.Now().Add(s.wait), to: c, text: text})
	if len(s.late) > 1 {
		return nil // the timer runs
	}
	return s.setTimer(s.wait)
}

func (s *server) setTimer(d time.Duration) error {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(d), 1))}
	if err := unix.TimerfdSettime(s.timer, 0, &at, nil); err != nil {
		return fmt.Errorf("set a timer: %w", err)
	}
	return nil
}

// sayDue says what is due.
func (s *server) sayDue() error {
	var times [8]byte
	if _, err := unix.Read(s.timer, times[:]); err != nil && !errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("read a timer: %w", err)
	}
	for len(s.late) > 0 {
		a := s.late[0]
		if d := time.Until(a.due); d > 0 {
			return s.setTimer(d)
		}
		s.late = s.late[1:]
		if a.to.gone {
			continue
		}
		if !a.to.write(a.text) || a.to.quit {
			if err := s.end(a.to); err != nil {
				return err
			}
		}
	}
	s.late = nil
	return nil
}

func (s *server) accept() error {
	fd, _, err := unix.Accept4(s.fd, unix.SOCK_CLOEXEC)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	c := &session{server: s, fd: fd, in: make([]byte, 0, 64<<10)}
	s.open[int32(fd)] = c //nolint:gosec // a file descriptor is small
	c.say("220 sink\r\n")
	if !c.flush() {
		return nil // gone already: epoll will say so
	}
	return s.watch(fd)
}
