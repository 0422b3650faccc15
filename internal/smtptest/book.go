package smtptest

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Record is one accepted mail.
type Record struct {
	UUID   string // of its Message-ID: what stands before the @
	From   string
	To     []string
	Params string // of MAIL: SIZE, BODY, RET, ENVID, as sent
	Conn   int    // which connection of the server, from 1
	Data   []byte // with Config.KeepData
}

// EnvelopeID is ENVID as sent.
func (r Record) EnvelopeID() string {
	for word := range strings.FieldsSeq(r.Params) {
		if id, ok := strings.CutPrefix(strings.ToUpper(word), "ENVID="); ok {
			return word[len(word)-len(id):]
		}
	}
	return ""
}

// Book is what a server accepted. It outlives a Kill and a Start.
type Book struct {
	mu      sync.Mutex
	total   int
	times   map[string]int
	records []Record
	keep    bool
	file    *os.File
	changed chan struct{} // closed and renewed when someone waits
	waiting bool
}

func newBook(keep bool, file string) (*Book, error) {
	b := &Book{times: map[string]int{}, keep: keep, changed: make(chan struct{})}
	if file != "" {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open the book: %w", err)
		}
		b.file = f
	}
	return b, nil
}

func (b *Book) enter(r Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file != nil {
		if _, err := b.file.WriteString(r.UUID + " " + strconv.FormatInt(time.Now().UnixNano(), 10) + "\n"); err != nil {
			return fmt.Errorf("write the book: %w", err)
		}
	}
	b.total++
	b.times[r.UUID]++
	if b.keep {
		b.records = append(b.records, r)
	}
	if b.waiting {
		close(b.changed)
		b.changed, b.waiting = make(chan struct{}), false
	}
	return nil
}

// Total is how many mails were accepted.
func (b *Book) Total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

// Distinct is how many different UUIDs were accepted.
func (b *Book) Distinct() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.times)
}

// Count is how often a UUID was accepted.
func (b *Book) Count(uuid string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.times[uuid]
}

// Counts gives all UUIDs and how often each was accepted.
func (b *Book) Counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(map[string]int, len(b.times))
	for id, n := range b.times {
		c[id] = n
	}
	return c
}

// Duplicates gives the UUIDs that were accepted more than once.
func (b *Book) Duplicates() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for id, n := range b.times {
		if n > 1 {
			ids = append(ids, id)
		}
	}
	return ids
}

// Records gives the accepted mails in order; none with Config.CountOnly.
func (b *Book) Records() []Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Record(nil), b.records...)
}

// Wait waits until n mails were accepted.
func (b *Book) Wait(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		total, changed := b.total, b.changed
		b.waiting = true
		b.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d mails, there are %d: %w", n, total, ctx.Err())
		}
	}
}

// ReadBook reads a book file: UUIDs and how often each stands there.
func ReadBook(file string) (map[string]int, error) {
	times := map[string]int{}
	return times, eachLine(file, func(uuid, _ string) error {
		times[uuid]++
		return nil
	})
}

// ReadTimes reads when the mails of a book file were accepted, in the order in
// which they were entered.
func ReadTimes(file string) ([]time.Time, error) {
	var all []time.Time
	err := eachLine(file, func(_, at string) error {
		ns, err := strconv.ParseInt(at, 10, 64)
		all = append(all, time.Unix(0, ns))
		return err
	})
	return all, err
}

// eachLine reads a book file: a UUID and nanoseconds since 1970 in each line. A
// last line without its end was never answered and is left out.
func eachLine(file string, fn func(uuid, at string) error) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the book: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			continue
		}
		uuid, at, _ := strings.Cut(line, " ")
		if err := fn(uuid, at); err != nil {
			return fmt.Errorf("read the book: %w", err)
		}
	}
	return nil
}
