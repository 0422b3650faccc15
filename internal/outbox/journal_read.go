package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// trace is what a journal tells of one message's hand-over.
type trace int

const (
	traceUnknown trace = iota // nothing that could be relied on
	traceNoDot                // the end of its text was not written
	traceDot                  // it was about to be, and nothing came back
	traceReply                // it was settled
)

// reading is a journal as it was read.
type reading struct {
	windows map[int64]*passage
}

// passage is what a journal tells of one window.
type passage struct {
	last map[hand]entry // of each message the last entry
}

// hand is one message under one claim.
type hand struct{ message, token int64 }

type entry struct {
	what      byte
	outcome   studymail.Outcome
	at        time.Time
	noMailbox bool
}

// readJournal reads the journal of a dead worker, or our own. An error says
// that nothing can be told from it.
func readJournal(path, bootID string) (*reading, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a journal: %w", err)
	}
	return parseJournal(b, bootID)
}

func parseJournal(b []byte, bootID string) (*reading, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("read a journal: %d bytes", len(b))
	}
	lines := strings.SplitN(string(b[:256]), "\n", 4)
	if len(lines) != 4 || lines[0] != journalMagic {
		return nil, errors.New("read a journal: not one of this version")
	}
	if lines[1] != bootID || bootID == "" {
		return nil, errors.New("read a journal: it is from before the machine was started")
	}
	lanes, err := strconv.Atoi(lines[2])
	if err != nil || lanes < 1 || lanes > maxRings || len(b) != headerSize+lanes*ringSize {
		return nil, errors.New("read a journal: it was cut short")
	}
	r := &reading{windows: map[int64]*passage{}}
	for i := range lanes {
		r.readRing(b[headerSize+i*ringSize:][:ringSize])
	}
	return r, nil
}

// readRing reads a ring backwards from its last whole entry. It stops at the
// first gap: what is behind that is not believed.
func (r *reading) readRing(ring []byte) {
	last := uint64(0)
	for i := range ringEntries {
		if seq, ok := whole(ring, i); ok {
			last = max(last, seq)
		}
	}
	first := last + 1
	for seq := last; seq > 0 && last-seq < ringEntries; seq-- {
		if at, ok := whole(ring, int(seq%ringEntries)); !ok || at != seq {
			break
		}
		first = seq
	}
	for seq := first; seq <= last; seq++ {
		r.take(ring[int(seq%ringEntries)*entrySize:][:entrySize])
	}
}

// whole tells whether an entry was written to its end, and its number.
func whole(ring []byte, place int) (seq uint64, ok bool) {
	e := ring[place*entrySize:][:entrySize]
	le := binary.LittleEndian
	seq = le.Uint64(e[atSeq:])
	return seq, seq > 0 && int(seq%ringEntries) == place && le.Uint32(e[atSum:]) == crc32.Checksum(e[:atSum], castagnoli)
}

func (r *reading) take(e []byte) {
	le := binary.LittleEndian
	window := int64(le.Uint64(e[atWindow:]))
	if e[atWhat] == entryOpened {
		r.windows[window] = &passage{last: map[hand]entry{}}
		return
	}
	p := r.windows[window]
	if p == nil {
		return // its opening is overwritten
	}
	h := hand{int64(le.Uint64(e[atMessage:])), int64(le.Uint64(e[atToken:]))}
	got := entry{what: e[atWhat]}
	if got.what == entryReply {
		got.at = time.UnixMilli(int64(le.Uint64(e[atTime:]))).UTC()
		got.noMailbox = e[atFlags]&noMailboxFlag != 0
		got.outcome = studymail.Outcome{
			Kind: studymail.OutcomeKind(e[atKind]), Code: int(le.Uint16(e[atCode:])), Enhanced: unpackEnhanced(le.Uint64(e[atEnhanced:])),
			Took: time.Duration(le.Uint32(e[atTook:])) * time.Millisecond,
		}
		if n := int(e[atStage]); n < len(stages) {
			got.outcome.Stage = stages[n]
		}
	}
	p.last[h] = got
}

// of tells how far a message had come that stood in these open windows under
// one claim. One window of which nothing is known is enough not to know.
func (r *reading) of(message, token int64, windows []int64) (trace, entry) {
	found, last := traceNoDot, entry{}
	if r == nil || len(windows) == 0 {
		return traceUnknown, last
	}
	for _, w := range windows {
		p := r.windows[w]
		if p == nil {
			return traceUnknown, entry{}
		}
		e, ok := p.last[hand{message, token}]
		switch {
		case !ok:
		case e.what == entryDot:
			return traceDot, e
		case e.what == entryReply:
			found, last = traceReply, e
		default:
			return traceUnknown, entry{}
		}
	}
	return found, last
}
