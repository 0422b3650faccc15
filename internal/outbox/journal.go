package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"studymail"

	"golang.org/x/sys/unix"
)

// journal is a small file in STATE_DIR that tells, after kill -9 and a start on
// the same machine, how far each message of an open hand-over window had come.
// It is mapped into memory and never synced: the kernel keeps what a killed
// process wrote, and after a loss of power the boot id in its header says that
// it is worth nothing (then only the durable window counts).
//
// Each lane has a ring of entries of its own, which it alone writes. An entry
// that is overwritten takes nothing away unseen: of a window whose opening is
// still in its ring, everything that came later is, too; of any other window
// the journal knows nothing, and its messages are uncertain.
//
// It holds row keys, codes and times, and nothing of what servers say.
type journal struct {
	mem   []byte
	rings []*ring

	mu    sync.Mutex
	given int
	names []string // of the file: one for each worker that this process was
}

const (
	journalMagic = "studymail journal 1"
	headerSize   = 4096
	entrySize    = 64
	ringEntries  = 1024 // thirty windows of 16; a lane has three at most that are not recorded
	ringSize     = ringEntries * entrySize
	maxRings     = 4096
)

// An entry's layout, little-endian. A sum over it tells one that was being
// written when the process died.
const (
	atSeq      = 0  // 8: from 1; its place is seq mod ringEntries
	atMessage  = 8  // 8: row key
	atToken    = 16 // 8: of the claim
	atWindow   = 24 // 8: row key
	atTime     = 32 // 8: Unix milliseconds
	atEnhanced = 40 // 8: class, subject and detail, three 16-bit numbers
	atTook     = 48 // 4: milliseconds
	atCode     = 52 // 2: the server's
	atWhat     = 54 // 1: entryOpened, entryDot, entryReply
	atKind     = 55 // 1: of the outcome
	atStage    = 56 // 1
	atFlags    = 57 // 1
	atSum      = 60 // 4
)

const (
	entryOpened = 1 + iota // this window may be on the wire from now on
	entryDot               // the end of this message's text is about to be written
	entryReply             // this became of it
)

// noMailboxFlag: the reply said that the mailbox does not exist. That is read
// from the server's words, which are not kept here.
const noMailboxFlag = 1

var stages = []string{"", "mail", "rcpt", "data", "dot", "idle", "connect", "greeting", "ehlo", "starttls", "tls", "auth", "quit"}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errJournal: the file cannot be written.
var errJournal = errors.New("the journal cannot be written")

// createJournal makes a journal with a ring for each lane. Its blocks are taken
// from the disk at once: a disk that fills up later does not concern it.
func createJournal(path, bootID string, lanes int) (*journal, error) {
	if bootID == "" || len(bootID) > 64 || lanes < 1 || lanes > maxRings {
		return nil, fmt.Errorf("%w: boot id %q, %d lanes", errJournal, bootID, lanes)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the journal: %w", err)
	}
	defer func() { _ = f.Close() }() // the mapping stays
	size := headerSize + lanes*ringSize
	j := &journal{names: []string{path}}
	if err = allocate(f, size); err == nil {
		j.mem, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED) //nolint:gosec // a file descriptor is small
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the journal: %w", err), os.Remove(path))
	}
	for i := range lanes {
		from := headerSize + i*ringSize
		j.rings = append(j.rings, &ring{j: j, mem: j.mem[from : from+ringSize : from+ringSize]})
	}
	copy(j.mem, journalMagic+"\n"+bootID+"\n"+strconv.Itoa(lanes)+"\n")
	return j, nil
}

func allocate(f *os.File, size int) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, int64(size)) //nolint:gosec // a file descriptor is small
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	_, err = f.WriteAt(make([]byte, size), 0)
	return err
}

// alias gives the journal a second name: this process has become a new worker.
func (j *journal) alias(path string) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.names) == 0 {
		return errJournal
	}
	if err := os.Link(j.names[len(j.names)-1], path); err != nil {
		return fmt.Errorf("name the journal: %w", err)
	}
	j.names = append(j.names, path)
	return nil
}

// remove takes the file away; what is written later is written nowhere.
func (j *journal) remove() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.names) > 0 {
		if err := os.Remove(j.names[0]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the journal: %w", err)
		}
		j.names = j.names[1:]
	}
	return nil
}

// ring gives a lane its ring; nil when there is none left.
func (j *journal) ring() *ring {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.given == len(j.rings) {
		return nil
	}
	j.given++
	return j.rings[j.given-1]
}

// ring is a lane's part of the journal. A nil one writes nothing: of its windows
// nothing will be known.
type ring struct {
	j   *journal
	mem []byte

	mu   sync.Mutex
	last uint64
	gone bool // writing failed: the file was removed
}

// opened notes that a window may be on the wire from now on. It comes before
// the first dot of its messages, and says that the journal knows of them all.
func (r *ring) opened(window int64) {
	if r != nil {
		r.put(entryOpened, 0, 0, window, nil, time.Time{})
	}
}

// dot notes that the end of a message's text is about to be written. Where it
// says no, the end must not be written: the journal would tell, falsely, that
// it was not.
func (r *ring) dot(message, token, window int64) bool {
	return r == nil || r.put(entryDot, message, token, window, nil, time.Time{})
}

// reply notes what became of a message.
func (r *ring) reply(message, token, window int64, o *studymail.Outcome, at time.Time) {
	if r != nil {
		r.put(entryReply, message, token, window, o, at)
	}
}

// put writes one entry. When that fails (a file that someone cut short) it
// removes the file, so that nobody believes what it says; it gives false only
// if that fails, too.
func (r *ring) put(what byte, message, token, window int64, o *studymail.Outcome, at time.Time) (ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return true
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			r.gone = r.j.remove() == nil
			ok = r.gone
		}
	}()
	seq := r.last + 1
	place := int(seq%ringEntries) * entrySize
	e := r.mem[place : place+entrySize : place+entrySize]
	le := binary.LittleEndian
	le.PutUint64(e[atSeq:], seq)
	le.PutUint64(e[atMessage:], uint64(message))
	le.PutUint64(e[atToken:], uint64(token))
	le.PutUint64(e[atWindow:], uint64(window))
	le.PutUint64(e[atTime:], 0)
	le.PutUint64(e[atEnhanced:], 0)
	le.PutUint64(e[atTook:], 0)
	le.PutUint64(e[atStage:], 0)
	e[atWhat] = what
	if o != nil {
		putOutcome(e, o, at)
	}
	le.PutUint32(e[atSum:], crc32.Checksum(e[:atSum], castagnoli))
	r.last = seq
	return true
}

func putOutcome(e []byte, o *studymail.Outcome, at time.Time) {
	le := binary.LittleEndian
	le.PutUint64(e[atTime:], uint64(at.UnixMilli()))
	le.PutUint64(e[atEnhanced:], packEnhanced(o.Enhanced))
	le.PutUint32(e[atTook:], uint32(min(max(o.Took.Milliseconds(), 0), math.MaxUint32)))
	le.PutUint16(e[atCode:], uint16(o.Code))
	e[atKind] = byte(o.Kind)
	for i, s := range stages {
		if s == o.Stage {
			e[atStage] = byte(i)
			break
		}
	}
	if o.Kind == studymail.Refused && noMailbox(*o) {
		e[atFlags] = noMailboxFlag
	}
}

// packEnhanced packs 4.7.28 (RFC 3463 §2: one digit, up to three, up to three).
func packEnhanced(s string) uint64 {
	var packed, n uint64
	dots := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && dots < 2:
			packed, n = packed<<16|n, 0
			dots++
		case c >= '0' && c <= '9' && n < 1000:
			n = 10*n + uint64(c-'0')
		default:
			return 0
		}
	}
	if dots != 2 {
		return 0
	}
	return packed<<16 | n
}

func unpackEnhanced(p uint64) string {
	if p == 0 {
		return ""
	}
	parts := make([]string, 3)
	for i := range parts {
		parts[i] = strconv.FormatUint(p>>(32-16*i)&0xffff, 10)
	}
	return strings.Join(parts, ".")
}
