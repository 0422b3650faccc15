package cli

import (
	"context"
	"errors"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/config"

	"github.com/spf13/cobra"
)

func (e *env) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, keys, database, transport and whether mail flows",
		Long: `Check everything that an installation needs, one line each, with the mend. It sends
nothing and changes no data; a Maildir folder that is missing is made, to try it.
With a problem the exit code is 1: also while no worker is up to send mail.`,
		Example: `  studymail doctor
  studymail doctor --json`,
		Args: exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error { return e.doctor(ctx) }),
	}
	e.jsonFlag(cmd)
	return cmd
}

// diagnosis is what doctor found.
type diagnosis struct {
	Healthy  bool              `json:"healthy"`
	Checks   []studymail.Check `json:"checks"`
	Settings []config.Setting  `json:"settings"`
}

func (d *diagnosis) add(name string, err error, value, mend string) bool {
	c := studymail.Check{Name: name, OK: err == nil, Value: value, Limit: "works", Mend: mend}
	if err != nil {
		c.Value = err.Error()
		d.Healthy = false
	} else {
		c.Mend = ""
	}
	d.Checks = append(d.Checks, c)
	return c.OK
}

// errUnwell makes doctor's exit code 1.
var errUnwell = errors.New("something needs mending: see above")

func (e *env) doctor(ctx context.Context) error {
	d := &diagnosis{Healthy: true}
	if err := e.examine(ctx, d); err != nil {
		return err
	}
	if err := e.printDiagnosis(d); err != nil {
		return err
	}
	if !d.Healthy {
		return errUnwell
	}
	return nil
}

func (e *env) examine(ctx context.Context, d *diagnosis) (err error) {
	cfg, _, err := config.Load(e.Dir, e.Environ)
	if !d.add("configuration", err, "read", "correct .env or the environment as it says") {
		return nil
	}
	d.Settings = cfg.Show()
	d.add("DKIM", nil, app.SignerOf(cfg).String(), "")
	a, err := app.Open(ctx, e.options())
	if !d.add("keys and database", err, "open, and belong together", "do as it says") {
		return nil
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	h, err := a.Examine(ctx, true)
	if err != nil {
		return err
	}
	d.Healthy = d.Healthy && h.Healthy
	d.Checks = append(d.Checks, h.Checks...)
	return nil
}

func (e *env) printDiagnosis(d *diagnosis) error {
	if e.asJSON {
		return e.print(d)
	}
	t := e.table("result", "check", "found", "wanted", "mend")
	for _, c := range d.Checks {
		mark := "ok"
		if !c.OK {
			mark = "BAD"
		}
		t.row(mark, c.Name, c.Value, c.Limit, c.Mend)
	}
	if err := t.end(); err != nil {
		return err
	}
	if len(d.Settings) == 0 {
		return nil
	}
	if err := e.say(""); err != nil {
		return err
	}
	s := e.table("setting", "value", "from")
	for _, v := range d.Settings {
		s.row(v.Name, v.Value, v.Source)
	}
	return s.end()
}
