package app

import (
	"context"
	"fmt"
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
	unsent, flowing := age(p.Now, p.OldestUnsent), !p.LastHandOver.IsZero() && age(p.Now, p.LastHandOver) < unsentLimit
	value := ageText(p.OldestUnsent, unsent)
	if flowing {
		value += ", mail is going out"
	}
	add(studymail.Check{
		Name: "oldest unsent message", OK: unsent < unsentLimit || flowing, Value: value, Limit: under(unsentLimit) + ", or mail is going out",
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
	for _, t := range p.Transports {
		value := string(t.State)
		if t.Code != "" {
			value += fmt.Sprintf(" (%s: %s)", t.Code, t.Detail)
		}
		add(studymail.Check{
			Name: "transport " + t.Name, OK: t.State == studymail.TransportUp, Value: value, Limit: string(studymail.TransportUp),
			Mend: "check EMAIL_HOST, EMAIL_PORT, EMAIL_TLS, EMAIL_USER and EMAIL_PASSWORD with `studymail doctor`",
		})
	}
	return h
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
