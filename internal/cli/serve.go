package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"studymail/internal/app"
	"studymail/internal/config"

	"github.com/spf13/cobra"
)

func (e *env) serveCommand() *cobra.Command {
	var init, demo bool
	cmd := &cobra.Command{
		Use:   "serve [--init] [--demo-if-new]",
		Short: "Run everything in one process: workers, scheduler and pages",
		Long: `Run everything in one process: workers that hand mail over, the scheduler, and
the pages on HTTP_ADDR. On the embedded database it makes missing tables by itself.
While nobody can sign in it prints a link for the first user. It ends in order on
Ctrl-C or SIGTERM, within 15 seconds: what is on the wire is finished and recorded,
the rest stays queued. A second Ctrl-C ends it at once; nothing is lost, the next
start sees what was on the wire.`,
		Example: `  studymail serve
  HTTP_ADDR=127.0.0.1:9000 studymail serve`,
		Args: exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			return e.serve(ctx, app.Parts{Mode: "serve", Workers: true, Web: true}, init, demo)
		}),
	}
	cmd.Flags().BoolVar(&init, "init", false, "write .env with fresh keys first, if there is none")
	cmd.Flags().BoolVar(&demo, "demo-if-new", false, "load the sample data into a database that this start has made")
	return cmd
}

func (e *env) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Run workers only: they hand mail over, work jobs and look at the schedules",
		Long: `Run workers only. Any number may run on the same PostgreSQL, on any machines; they
share the work. It ends in order on Ctrl-C or SIGTERM.`,
		Example: `  studymail worker`,
		Args:    exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			return e.serve(ctx, app.Parts{Mode: "worker", Workers: true}, false, false)
		}),
	}
}

func (e *env) webCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "web",
		Short:   "Run the pages only",
		Long:    "Run the pages on HTTP_ADDR only. No mail is sent by it.",
		Example: `  studymail web`,
		Args:    exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			return e.serve(ctx, app.Parts{Mode: "web", Web: true}, false, false)
		}),
	}
}

func (e *env) serve(ctx context.Context, parts app.Parts, init, demo bool) (err error) {
	if init {
		created, err := config.WriteEnv(e.Dir)
		if err != nil {
			return err
		}
		if created {
			e.note("wrote %s with fresh keys; keep a copy of it in a safe place: without it personal details cannot be read", filepath.Join(e.Dir, ".env"))
		}
	}
	o := e.options()
	o.Tables, o.Console = app.MakeEmbedded, e.Err
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if demo && len(a.Made) > 0 && a.Made[0].Version == 1 {
		if err := e.loadDemo(ctx, a); err != nil {
			return err
		}
		e.note("loaded the sample data: three care providers, three studies, three people; try `studymail campaign create --study \"Study A\" --template %s --start --wait`", demoTemplate)
	}
	parts.Ended = func(uncertain int) {
		if uncertain > 0 {
			e.note("%s uncertain: the mail server had not answered in time. `studymail outbox list --state uncertain` shows them", areUncertain(uncertain))
		}
	}
	return a.Serve(ctx, parts, func(addr string) {
		if addr != "" {
			defer e.firstSignIn(ctx, a, addr)
		}
		where := "mail goes to the folder " + a.Config.MaildirPath
		if a.Config.MailTransport == config.SMTP {
			where = "mail goes to the relay " + net.JoinHostPort(a.Config.EmailHost, strconv.Itoa(a.Config.EmailPort)) + " by SMTP"
		}
		if a.Config.MailTransport == config.SES {
			where = "mail goes to Amazon SES"
		}
		if parts.Workers {
			e.note("working; %s", where)
		}
		if err := e.warnOff(ctx, &job{App: a}); err != nil {
			e.note("whether sending is armed could not be read: %s", err)
		}
		if addr != "" {
			e.note("up at http://%s (health: /healthz, /readyz, /health); Ctrl-C ends it", addr)
		}
	})
}

func areUncertain(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return count(n, "message") + " are"
}

// firstSignIn prints the link by which the first administrator signs in, while
// there is none. It is printed nowhere else, and never logged.
func (e *env) firstSignIn(ctx context.Context, a *app.App, addr string) {
	token, needed, err := a.Accounts().FirstLink(ctx)
	switch {
	case err != nil:
		e.note("a link for the first user could not be made: %s; `studymail user add` adds one", err)
	case needed:
		base := "http://" + browsable(addr)
		if a.Config.PublicURL != "" {
			base = a.Config.PublicURL
		}
		e.note("nobody can sign in yet. To become the first user, open within an hour:\n  %s/setup/%s", base, token.Reveal())
	}
}

// browsable is an address that a browser on this machine can open: one that
// listens everywhere is reached as localhost.
func browsable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

func (e *env) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask a running server whether its process is up",
		Long: `Ask the server on HTTP_ADDR whether its process is up, as container health checks
do: exit code 0 when it is.`,
		Example: `  studymail health`,
		Args:    exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error {
			cfg, _, err := config.Load(e.Dir, e.Environ)
			if err != nil {
				return err
			}
			return app.AskHealth(ctx, cfg.HTTPAddr)
		}),
	}
}
