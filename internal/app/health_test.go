package app

import (
	"testing"
	"time"

	"studymail"
)

// Seen to fail: without "|| flowing", and with the hand-over's age not looked at.
func TestHealthHoldsThePulseAgainstItsLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	tests := []struct {
		name   string
		change func(*studymail.Pulse)
		broken string // the check that fails; "" for none
	}{
		{"all is well", func(*studymail.Pulse) {}, ""},
		{"no worker", func(p *studymail.Pulse) { p.Workers = 0 }, "workers"},
		{"a message waits", func(p *studymail.Pulse) { p.OldestUnsent = ago(9 * time.Minute) }, ""},
		{"a message waits too long", func(p *studymail.Pulse) { p.OldestUnsent = ago(10 * time.Minute) }, "oldest unsent message"},
		{"a long campaign goes out", func(p *studymail.Pulse) {
			p.OldestUnsent, p.LastHandOver = ago(3*time.Hour), ago(time.Second)
		}, ""},
		{"a long campaign hangs", func(p *studymail.Pulse) {
			p.OldestUnsent, p.LastHandOver = ago(3*time.Hour), ago(10*time.Minute)
		}, "oldest unsent message"},
		{"a slow campaign goes out, between two of its mails", func(p *studymail.Pulse) {
			p.OldestUnsent, p.MailSent = ago(3*time.Hour), true
		}, ""},
		{"the day's limit is used up", func(p *studymail.Pulse) {
			p.OldestUnsent = ago(3 * time.Hour)
			p.Transports[0].State, p.Transports[0].Code = studymail.TransportBackingOff, studymail.CodeRate
		}, ""},
		{"a limit is 0", func(p *studymail.Pulse) {
			p.Transports[0].State, p.Transports[0].Code = studymail.TransportStopped, studymail.CodeRate
		}, "transport smtp"},
		{"a claim is stuck", func(p *studymail.Pulse) { p.StuckClaims = 1 }, "stuck claims"},
		{"nobody looks at the schedules", func(p *studymail.Pulse) { p.LastTick = ago(time.Minute) }, "last look at the schedules"},
		{"nobody ever did", func(p *studymail.Pulse) { p.LastTick = time.Time{} }, "last look at the schedules"},
		{"the transport backs off", func(p *studymail.Pulse) { p.Transports[0].State = studymail.TransportBackingOff }, "transport smtp"},
		{"the transport stopped", func(p *studymail.Pulse) { p.Transports[0].State = studymail.TransportStopped }, "transport smtp"},
		{"sending is off", func(p *studymail.Pulse) {
			p.Arming = studymail.Arming{Reason: studymail.WasRestored, Since: ago(time.Hour)}
		}, "sending"},
		{"the clock was put back", func(p *studymail.Pulse) { p.OldestUnsent, p.LastTick = now.Add(time.Hour), now.Add(time.Hour) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := studymail.Pulse{
				Now: now, Arming: studymail.Arming{Armed: true}, Workers: 2, LastTick: ago(5 * time.Second),
				Transports: []studymail.Transport{{Name: "smtp", State: studymail.TransportUp}},
			}
			tt.change(&p)
			h := healthOf(&p)
			if h.Healthy != (tt.broken == "") {
				t.Errorf("healthy: %v; %+v", h.Healthy, h.Checks)
			}
			for _, c := range h.Checks {
				if c.OK == (c.Name == tt.broken) {
					t.Errorf("%s is %v (%s)", c.Name, c.OK, c.Value)
				}
				if c.OK != (c.Mend == "") {
					t.Errorf("%s: what to do is said when it is wrong, and only then: %q", c.Name, c.Mend)
				}
			}
		})
	}
}
