package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/store"
)

// What is still healthy.
const (
	unsentLimit = 10 * time.Minute
	tickLimit   = time.Minute
)

// Ready tells whether the database answers and has this program's tables.
func (a *App) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return a.Store.CheckVersion(ctx)
}

// MailFlows looks at everything that could keep mail from going out.
func (a *App) MailFlows(ctx context.Context) (studymail.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var p studymail.Pulse
	err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Pulse(ctx)
		return err
	})
	if err == nil {
		err = a.foresee(ctx, &p.Arming)
	}
	if err != nil {
		return studymail.Health{}, err
	}
	return healthOf(&p), nil
}

// healthOf holds a pulse against the limits.
func healthOf(p *studymail.Pulse) studymail.Health {
	h := studymail.Health{Healthy: true}
	add := func(c studymail.Check) {
		if c.OK {
			c.Mend = ""
		}
		h.Healthy = h.Healthy && c.OK
		h.Checks = append(h.Checks, c)
	}
	add(sendingCheck(&p.Arming))
	add(studymail.Check{
		Name: "workers", OK: p.Workers > 0, Value: strconv.Itoa(p.Workers), Limit: "at least 1",
		Mend: "start `studymail serve` or `studymail worker`",
	})
	// A large campaign takes its time: what is late is no fault while mail goes out.
	// Nor is it while it waits for its turn: a limit that is used up is no fault.
	unsent, flowing := age(p.Now, p.OldestUnsent), p.MailSent || !p.LastHandOver.IsZero() && age(p.Now, p.LastHandOver) < unsentLimit
	paced := slices.ContainsFunc(p.Transports, func(t studymail.Transport) bool { return t.Paced() })
	value := ageText(p.OldestUnsent, unsent)
	switch {
	case paced:
		value += ", mail waits for the rate limit"
	case flowing:
		value += ", mail is going out"
	}
	add(studymail.Check{
		Name: "oldest unsent message", OK: unsent < unsentLimit || flowing || paced, Value: value, Limit: under(unsentLimit) + ", or mail is going out",
		Mend: "look at the transport below, and at the worker's log",
	})
	add(studymail.Check{
		Name: "stuck claims", OK: p.StuckClaims == 0, Value: strconv.Itoa(p.StuckClaims), Limit: "0",
		Mend: "a worker died; a live one takes them back within seconds: start one",
	})
	tick := age(p.Now, p.LastTick)
	add(studymail.Check{
		Name: "last look at the schedules", OK: !p.LastTick.IsZero() && tick < tickLimit, Value: ageText(p.LastTick, tick), Limit: under(tickLimit),
		Mend: "start `studymail serve` or `studymail worker`",
	})
	for i := range p.Transports {
		add(transportCheck(&p.Transports[i]))
	}
	return h
}

func transportCheck(t *studymail.Transport) studymail.Check {
	value := string(t.State)
	if t.Code != "" {
		value += fmt.Sprintf(" (%s: %s)", t.Code, t.Detail)
	}
	if t.MaxConnections > 0 {
		value += fmt.Sprintf(", %d of %d connections carry mail", t.Connections, t.MaxConnections)
	}
	c := studymail.Check{
		Name: "transport " + t.Name, OK: t.State == studymail.TransportUp || t.Paced(), Value: value, Limit: string(studymail.TransportUp),
		Mend: "check EMAIL_HOST, EMAIL_PORT, EMAIL_TLS, EMAIL_USER and EMAIL_PASSWORD with `studymail doctor`",
	}
	if t.Name == "ses" {
		c.Mend = "do as it says; `studymail doctor` looks at each part of Amazon SES (docs/ses.md)"
	}
	if t.Code == studymail.CodeRate {
		c.Limit += ", or waiting for the rate limit"
		c.Mend = "correct the variable, and start the workers again"
	}
	return c
}

// under words a limit of whole minutes.
func under(d time.Duration) string {
	if d == time.Minute {
		return "under a minute"
	}
	return fmt.Sprintf("under %d minutes", int(d.Minutes()))
}

func age(now, then time.Time) time.Duration {
	if then.IsZero() {
		return 0
	}
	return max(now.Sub(then), 0).Truncate(time.Second)
}

func ageText(then time.Time, d time.Duration) string {
	if then.IsZero() {
		return "none"
	}
	return d.String() + " ago"
}
