package studymail

import "time"

// Arming says whether mail may leave at all. A database that was restored or
// copied does not know what was sent since: it is disarmed until a person arms it.
type Arming struct {
	Database ID    // which one: a copy has the same
	Counter  int64 // goes on with each sign of life of a worker
	LastSign time.Time
	Armed    bool
	Reason   DisarmReason // of a disarmed one
	Note     string       // what an operator wrote
	Since    time.Time    // it is disarmed
	CopiedAt time.Time    // its last sign of life before that was noticed: the copy's age
}

// DisarmReason is why no mail leaves.
type DisarmReason string

// The reasons.
const (
	WasRestored  DisarmReason = "restored"      // a machine has seen the database further on
	WasCopied    DisarmReason = "copied"        // it is not where its workers were
	IsBackup     DisarmReason = "backup"        // `studymail backup` wrote it
	ByHand       DisarmReason = "by hand"       // `studymail disarm`
	StateDamaged DisarmReason = "state damaged" // nobody can tell: the machine's file is damaged
)

// String says it as a sentence's end: "sending is off: …".
func (r DisarmReason) String() string {
	switch r {
	case WasRestored:
		return "the database is older than one that this installation has worked on: it was restored from a copy"
	case WasCopied:
		return "the database is not where its workers ran: it is a copy, or was moved"
	case IsBackup:
		return "the database was restored from a file of `studymail backup`"
	case ByHand:
		return "someone switched it off with `studymail disarm`"
	case StateDamaged:
		return "the file in STATE_DIR that tells whether the database is the latest is damaged"
	}
	return string(r)
}

// IsCopy tells whether what was sent since may be missing in the database.
func (r DisarmReason) IsCopy() bool { return r != ByHand && r != "" }

// Lead is how far arming moves the counter: beyond all that any machine can have
// counted since a copy was made, so that none disarms again what a person armed.
const Lead = 1 << 40

// ArmedCounter gives the counter of a database that is armed at this counter, by
// a machine that has seen it at the other.
func ArmedCounter(counter, seen int64) int64 { return (max(counter, seen)/Lead + 1) * Lead }
