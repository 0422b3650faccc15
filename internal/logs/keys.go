package logs

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// class is the kind of value that a key may carry.
type class int

const (
	unknown class = iota // the key is not on the list: dropped
	id                   // a UUID or a row key
	number               // a number, duration, time or truth value
	word                 // a short code of ours or River's: "deferred", "4.7.1", "send_pass"
	words                // several of them
	symbol               // a name of Go's: a type, a function and its line; a database's own code
	route                // a path of ours; long segments (tokens) are cut out
	text                 // free text: scrubbed
)

// classOf is the list of all keys that can ever stand in a log.
func classOf(key string) class {
	switch key {
	case "campaign", "run", "step", "message", "patient", "person", "study", "provider",
		"template", "template_version", "schedule", "schedule_run", "event", "user", "worker", "dead_worker", "window", "claim",
		"import", "resend", "job", "job_id", "id", "request", "feedback":
		return id

	case "count", "selected", "planned", "left_out", "queued", "sending", "deferred", "sent", "settled", "failed",
		"skipped", "windows", "replies", "feedbacks", "expired", "uncertain", "cancelled", "released", "rows", "problems", "warnings", "missed",
		"attempt", "attempts", "max_attempts", "limit", "connections", "open", "depth", "rate",
		"took_ms", "took", "wait", "age", "late", "duration", "timeout", "sleep_duration", "soft_stop_timeout",
		"next_at", "due_at", "next_run_at", "next_retry_scheduled_at", "now", "until", "since", "at",
		"status", "bytes", "port", "pid", "signal_count", "from_version", "to_version", "ok", "dry_run",
		"is_leader", "paused", "max_size", "max_total_size", "logs_size", "error_count", "total_stuck_jobs",
		"num_jobs", "num_jobs_deleted", "num_jobs_discarded", "num_jobs_retry_scheduled", "num_jobs_running",
		"num_jobs_run", "num_jobs_scheduled", "num_jobs_stuck", "num_completed_jobs",
		"num_notifications_deleted", "num_reindexes_initiated", "num_entries_dropped",
		"num_next_run_at_upserts", "new_num_subscriptions", "queues_deleted",
		"average_complete_duration", "average_queue_wait_duration", "average_run_duration",
		"backlog_size", "backlog_wait_threshold", "backlog_resume_threshold", "max_backlog":
		return number

	case "action", "state", "reason", "code", "enhanced", "stage", "kind", "job_kind", "job_state", "event_kind",
		"transport", "queue", "queue_in_message", "client_id", "version", "commit", "go", "database", "driver",
		"addr", "method", "signal", "source", "class", "level", "topic", "direction", "index_name", "artifact_name",
		"function_name", "tls", "result", "mode":
		return word

	case "queues", "index_names", "artifact_names":
		return words

	case "type", "place", "detail":
		return symbol

	case "path", "route":
		return route

	case "err", "error", "reply":
		return text
	}
	return unknown
}

var (
	symbolText = regexp.MustCompile(`^[A-Za-z0-9_*.(\[][A-Za-z0-9_*./:()\[\]{}=,\-]{0,159}$`)

	uuidText = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	wordText = regexp.MustCompile(`^[A-Za-z0-9_\[][A-Za-z0-9 ._:/+\-\[\]]{0,79}$`)
)

// maxSegment is the longest segment of a path that is shown: a UUID has 36
// characters, the tokens that patients follow have 60.
const maxSegment = 40

// fit gives the text as this class of key may show it.
func (c class) fit(s string) (string, bool) {
	switch c {
	case id:
		return s, uuidText.MatchString(s) || isInt(s)
	case number:
		return s, isNumber(s)
	case word, words:
		return s, wordText.MatchString(s)
	case symbol:
		return s, symbolText.MatchString(s)
	case route:
		return fitRoute(s), true
	case text:
		return Scrub(s), true
	case unknown:
	}
	return "", false
}

func isInt(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

func isNumber(s string) bool {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return true
	}
	if _, err := time.ParseDuration(s); err == nil {
		return true
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

func fitRoute(s string) string {
	s, _, _ = strings.Cut(s, "?")
	segments := strings.Split(s, "/")
	for i, seg := range segments {
		if len(seg) > maxSegment {
			segments[i] = "[token]"
		}
	}
	return Scrub(strings.Join(segments, "/"))
}
