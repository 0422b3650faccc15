package web

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// campaignRate words how fast mail goes out.
func campaignRate(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return ""
	case perSecond < 1:
		return fmt.Sprintf("%s a minute", strconv.FormatFloat(perSecond*60, 'g', 2, 64))
	case perSecond < 10:
		return strconv.FormatFloat(math.Round(perSecond*10)/10, 'f', -1, 64) + " a second"
	}
	return commas(int(math.Round(perSecond))) + " a second"
}

// campaignSpan words a time to go, roughly.
func campaignSpan(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 90*time.Second:
		return countOf(int64((d+5*time.Second)/(10*time.Second))*10, "second")
	case d < 90*time.Minute:
		return countOf(int64((d+30*time.Second)/time.Minute), "minute")
	case d < 48*time.Hour:
		return countOf(int64((d+30*time.Minute)/time.Hour), "hour")
	}
	return countOf(int64((d+12*time.Hour)/(24*time.Hour)), "day")
}

// held says what keeps a campaign's mail back, or from going faster, and what to do;
// "" when nothing does.
func (s *site) held(n *campaignNow) string {
	left := n.all.Unfinished()
	switch {
	case n.State == studymail.Paused && left > 0:
		return "The campaign is paused: nothing of it leaves before somebody resumes it."
	case n.State == studymail.Paused:
		return "The campaign is paused: nothing of it is planned before somebody resumes it."
	case n.planning && n.workers == 0:
		return "Its plan is not whole yet, and no worker is alive to go on with it: start `studymail serve` or `studymail worker`."
	case n.State != studymail.Running || left == 0:
		return ""
	case !n.arming.Armed:
		return "Sending is switched off for the whole installation: " + n.arming.Reason.String() + ". `studymail arm` lets it go on."
	case n.workers == 0:
		return "No worker is alive, so nothing leaves: start `studymail serve` or `studymail worker`. Nothing is lost meanwhile."
	case n.hasHeld():
		return s.canaryWords(n)
	case !n.waits.IsZero():
		return "Mail waits for its send hours until " + s.timeOf(n.waits).Words + "."
	}
	switch n.flow.LimitedBy {
	case "rate limit":
		return "The rate limit of this installation (RATE_PER_SECOND and the others) keeps it from going faster."
	case "throttled":
		return "The mail server asked for less mail at once; the rate grows back by itself."
	case "transport":
		return "The mail server does not take mail now. It is tried again by itself, and no letter is lost; `studymail doctor` says more."
	case "connections":
		return "The connections to the mail server keep it from going faster: all of them are busy."
	case "":
		return ""
	}
	return "Limited by: " + n.flow.LimitedBy + "."
}

// campaignProgress says how far a campaign's letters are.
func (s *site) campaignProgress(n *campaignNow) progress {
	done := n.all.Planned - n.all.Unfinished()
	p := progress{Label: "Letters that are done", Done: int64(done), All: int64(max(n.all.Planned, 1))}
	var words []string
	if n.planning {
		words = append(words, "The plan is being made: "+countOf(int64(n.all.Planned), "letter")+" so far. Nothing of it leaves before it is whole.")
	}
	words = append(words, fmt.Sprintf("%s of %s done.", commas(done), countOf(int64(n.all.Planned), "letter")))
	if rate := campaignRate(n.flow.PerSecond); rate != "" {
		words = append(words, sentence(rate+" in the last minute"))
	}
	if !n.flow.FinishAt.IsZero() && n.waits.IsZero() {
		words = append(words, "About "+campaignSpan(n.flow.FinishAt.Sub(s.Now()))+" to go at this rate.")
	}
	p.Text = strings.Join(words, " ")
	return p
}

// reasonLine is how often a reason stands.
type reasonLine struct {
	What   string
	Reason string
	Count  int
	Path   string
}

// reasonsOf lists reasons, the most frequent first.
func reasonsOf(counts map[studymail.Reason]int, path func(studymail.Reason) string) []reasonLine {
	reasons := slices.SortedFunc(maps.Keys(counts), func(a, b studymail.Reason) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(string(a), string(b))
	})
	var all []reasonLine
	for _, r := range reasons {
		if counts[r] > 0 {
			all = append(all, reasonLine{Reason: sentenceWord(string(r)), Count: counts[r], Path: path(r)})
		}
	}
	return all
}

func sumOf(counts map[studymail.Reason]int) int {
	n := 0
	for _, k := range counts {
		n += k
	}
	return n
}

// stepTitle names a step: "First letter", "Reminder 1".
func stepTitle(number int) string {
	if number == 1 {
		return "First letter"
	}
	return "Reminder " + strconv.Itoa(number-1)
}
