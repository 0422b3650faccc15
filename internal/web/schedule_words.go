package web

import (
	"fmt"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

// What schedules, their times and their runs are called on pages.

const timesShown = 5

// jobWords say what a schedule does.
func jobWords(j studymail.ScheduledJob) string {
	switch j {
	case studymail.CampaignJob:
		return "Starts a campaign"
	case studymail.RetrySweepJob:
		return "Brings back letters that wait for another attempt"
	case studymail.StuckSweepJob:
		return "Takes back letters that a dead worker held"
	case studymail.RetentionPurgeJob:
		return "Removes what has been kept long enough"
	}
	return string(j)
}

func missedWords(s *studymail.Schedule) string {
	if s.Missed == studymail.MissedSkip {
		return "A time that passed while nothing ran is left out"
	}
	return "A time that passed while nothing ran is made up for, once, if it is at most " + spanWords(s.MissedWithin) + " late"
}

func overlapWords(p studymail.OverlapPolicy) string {
	if p == studymail.OverlapSkip {
		return "A time is left out while the last run still works"
	}
	return "A time runs also while the last run still works"
}

// spanWords write a duration of whole units: "24 hours", "90 minutes".
func spanWords(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= u.unit && d%u.unit == 0 {
			return countOf(int64(d/u.unit), u.name)
		}
	}
	return d.String()
}

// tookWords write how long something took.
func tookWords(d time.Duration) string {
	switch {
	case d < 0:
		return "–"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.Round(time.Second).String(), "0s"), "0m")
}

func enabledBadge(s *studymail.Schedule) badge {
	switch {
	case !s.Enabled:
		return badge{"quiet", "Off"}
	case s.NextRunAt.IsZero():
		return badge{"warn", "No time left"}
	}
	return badge{"good", "On"}
}

func outcomeOfRun(o studymail.ScheduleOutcome) badge {
	switch o {
	case studymail.RunWaiting:
		return badge{"info", "Waits for a worker"}
	case studymail.RunRunning:
		return badge{"info", "Running"}
	case studymail.RunEnded:
		return badge{"good", "Done"}
	case studymail.RunFailed:
		return badge{"bad", "Failed"}
	case studymail.RunMissed:
		return badge{"warn", "Missed"}
	case studymail.RunOverlapped:
		return badge{"warn", "Left out: the last run still worked"}
	}
	return badge{"quiet", string(o)}
}

// runDetail words what a run's detail says in counts and codes.
func runDetail(r *studymail.ScheduleRun) string {
	switch r.Detail {
	case "":
		if r.Outcome == studymail.RunEnded {
			return "There was nothing to do"
		}
		return ""
	case "code=no_campaign":
		return "Its campaign has ended, or was cancelled"
	case "code=lost":
		return "Its job was cancelled or got lost"
	case "code=invalid":
		return "Its expression or time zone cannot be understood"
	case "code=planning":
		return "The letters are being planned"
	}
	return strings.ReplaceAll(r.Detail, "=", " ")
}

// whenWords say when a schedule fires, and why it never does.
func whenWords(s *studymail.Schedule) string {
	spec, err := when.Of(*s)
	if err != nil {
		return "Never: " + err.Error()
	}
	return sentenceWord(spec.Words())
}

// zoned shows a time in a zone that it names.
func zoned(t time.Time, zone *time.Location) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(zone)
	return moment{
		Machine: t.UTC().Format(time.RFC3339),
		Words:   local.Format("Mon 2 Jan 2006, 15:04 MST"),
		Exact:   local.Format("Monday 2 January 2006, 15:04:05 MST (-07:00)") + " (" + zone.String() + ")",
	}
}

// nextTime is one of the next times of a schedule. Clocks says that they changed
// since the time before it.
type nextTime struct {
	At     moment
	Clocks string
}

// nextOf gives the next times of a schedule from a first one on, with the changes
// of the clocks marked: they are why a time may look odd.
func nextOf(spec when.Spec, first, now time.Time) []nextTime {
	if first.IsZero() {
		return nil
	}
	all := append([]time.Time{first}, spec.NextN(first, timesShown-1)...)
	before := now
	var rows []nextTime
	for _, t := range all {
		rows = append(rows, nextTime{zoned(t, spec.Zone), clocksBetween(before, t, spec.Zone)})
		before = t
	}
	return rows
}

func clocksBetween(a, b time.Time, zone *time.Location) string {
	from, was := a.In(zone).Zone()
	to, is := b.In(zone).Zone()
	switch {
	case is > was:
		return fmt.Sprintf("the clocks have gone forward by then (%s to %s)", from, to)
	case is < was:
		return fmt.Sprintf("the clocks have gone back by then (%s to %s)", from, to)
	}
	return ""
}

// scheduleRow is a line of a list of schedules.
type scheduleRow struct {
	Name    link
	Does    string
	When    string
	Next    moment
	Ahead   moment
	Enabled badge
	Last    badge
	LastAt  moment
}

func (s *site) scheduleRow(r *store.ScheduleRow) scheduleRow {
	row := scheduleRow{
		Name: link{r.Name, "/schedules/" + r.ID.String()}, Does: jobWords(r.Job), When: whenWords(&r.Schedule), Enabled: enabledBadge(&r.Schedule),
	}
	if zone, err := when.Zone(r.Zone); err == nil && !r.NextRunAt.IsZero() {
		row.Next, row.Ahead = zoned(r.NextRunAt, zone), s.agoOf(r.NextRunAt)
	}
	if r.Last != nil {
		row.Last, row.LastAt = outcomeOfRun(r.Last.Outcome), s.agoOf(r.Last.FiredAt)
	}
	return row
}
