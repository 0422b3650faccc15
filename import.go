package studymail

import "time"

// Import is a file of patients that somebody uploaded for a study. The file lies
// sealed in the spool until the import is over; its name is not kept.
type Import struct {
	ID        ID
	Key       int64 // row key
	Study     int64 // row key
	Actor     string
	State     ImportState
	FileHash  []byte // keyed: tells whether the same file came before
	Bytes     int64
	Wrapped   []byte // the data key of the file; nil: the file is gone
	Choices   string // how it is to be read, and what is to happen: JSON
	Result    string // numbers, as the checks or the import found them: JSON
	Problems  []byte // row, column and reason of each, without values: compressed JSON
	Sample    []byte // the rows with the first problems, sealed with the file's key
	Stage     string // what a worker does with it
	Done      int64  // of Total
	Total     int64
	Failure   string // a code
	Claimed   bool   // a worker has it
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   time.Time
}

// ImportState says where an import stands.
type ImportState int

// The states.
const (
	ImportUploading ImportState = 5  // its file is still coming, or stopped coming
	ImportReceived  ImportState = 10 // a person has to say what its columns are
	ImportChecking  ImportState = 20 // a worker checks it; nothing is written
	ImportChecked   ImportState = 30 // a person has to confirm it, or to mend the file
	ImportWriting   ImportState = 40 // a worker writes it
	ImportDone      ImportState = 50
	ImportFailed    ImportState = 60 // it could not be checked, or not be finished
	ImportDiscarded ImportState = 70 // by a person, or because nobody confirmed it for a day
)

// String gives the word for a state.
func (s ImportState) String() string {
	switch s {
	case ImportUploading:
		return "uploading"
	case ImportReceived:
		return "received"
	case ImportChecking:
		return "checking"
	case ImportChecked:
		return "checked"
	case ImportWriting:
		return "writing"
	case ImportDone:
		return "done"
	case ImportFailed:
		return "failed"
	case ImportDiscarded:
		return "discarded"
	}
	return "unknown"
}

// Working tells that a worker has it, or soon will.
func (s ImportState) Working() bool { return s == ImportChecking || s == ImportWriting }

// Open tells that a person can still go on with it.
func (s ImportState) Open() bool {
	return s == ImportReceived || s == ImportChecked || s == ImportFailed
}
