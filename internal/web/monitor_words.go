package web

import (
	"fmt"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// What workers, queues and jobs are called on pages.

func jobKindWords(kind string) string {
	switch kind {
	case "send_pass":
		return "Wake the senders"
	case "plan_campaign":
		return "Plan a campaign's letters"
	case "resend_messages":
		return "Send messages again"
	case string(studymail.RetrySweepJob):
		return "Bring back letters for another attempt"
	case string(studymail.StuckSweepJob):
		return "Take back what dead workers held"
	case string(studymail.RetentionPurgeJob):
		return "Remove what was kept long enough"
	}
	return kind
}

func queueWords(name string) string {
	switch name {
	case "send":
		return "wakes the senders when there is mail"
	case "plan":
		return "plans the letters of campaigns"
	case "sweep":
		return "housekeeping"
	}
	return ""
}

func jobStateBadge(s studymail.JobState) badge {
	words := sentenceWord(string(s))
	switch s {
	case studymail.JobWaiting, studymail.JobRunning:
		return badge{"info", words}
	case studymail.JobRetrying:
		return badge{"warn", words}
	case studymail.JobDone:
		return badge{"good", words}
	case studymail.JobGivenUp:
		return badge{"bad", words}
	case studymail.JobCancelled:
	}
	return badge{"quiet", words}
}

// doesNow says what a worker does at the moment.
func doesNow(w *store.WorkerNow) string {
	var does []string
	if w.HandingOver > 0 {
		does = append(does, "hands over "+countOf(int64(w.HandingOver), "letter"))
	}
	if more := w.Claimed - w.HandingOver; more > 0 {
		does = append(does, "holds "+commas(more)+" more")
	}
	if w.Most > 0 && w.Open > 0 {
		does = append(does, fmt.Sprintf("%d of %s", w.Open, countOf(int64(w.Most), "connection")))
	}
	if len(does) == 0 {
		return "Waits for mail"
	}
	return sentenceWord(strings.Join(does, ", "))
}

func rateWords(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "0"
	case perSecond < 10:
		return fmt.Sprintf("%.1f", perSecond)
	}
	return commas(int(perSecond + 0.5))
}
