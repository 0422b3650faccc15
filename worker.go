package studymail

import "time"

// Worker is a process that hands mail over. It is alive while its lease runs.
type Worker struct {
	ID          ID        `json:"id"`
	Key         int64     `json:"-"` // row key
	Host        string    `json:"host"`
	BootID      string    `json:"-"`
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	StartedAt   time.Time `json:"started_at"`
	HeartbeatAt time.Time `json:"heartbeat_at"`
	LeaseUntil  time.Time `json:"-"`
	StoppedAt   time.Time `json:"stopped_at"`
}

// TransportState is how a transport is.
type TransportState string

// The states of a transport.
const (
	TransportUp         TransportState = "up"
	TransportBackingOff TransportState = "backing off" // goes on by itself at RetryAt
	TransportStopped    TransportState = "stopped"     // needs a person: authentication, TLS, a limit of 0
)

// Transport is a transport's state as the pages and commands show it.
type Transport struct {
	Name    string         `json:"name"`
	State   TransportState `json:"state"`
	Code    string         `json:"code"`   // connect, tls, auth, throttled, rate, …
	Detail  string         `json:"detail"` // scrubbed
	Since   time.Time      `json:"since"`
	RetryAt time.Time      `json:"retry_at"`

	Connections    int `json:"connections"`     // that carry mail now, of all workers
	MaxConnections int `json:"max_connections"` // that they would open if the server bore them
}

// Paced tells whether all is well with it: mail waits for its turn.
func (t *Transport) Paced() bool { return t.State == TransportBackingOff && t.Code == CodeRate }
