package config_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/sealed"
)

// load loads a .env with that text (none if empty), mode 0600.
func load(t *testing.T, dotenv string, environ ...string) (*config.Config, []config.Warning, error) {
	t.Helper()
	return config.Load(folder(t, dotenv), environ)
}

func folder(t *testing.T, dotenv string) string {
	t.Helper()
	dir := t.TempDir()
	if dotenv != "" {
		write(t, filepath.Join(dir, ".env"), dotenv)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t *testing.T, dotenv string, environ ...string) *config.Config {
	t.Helper()
	c, warnings, err := load(t, dotenv, environ...)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %v", warnings, err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, warnings, err := config.Load(dir, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("the defaults work with no set-up: %v, %v", warnings, err)
	}
	for _, x := range []struct{ name, got, want any }{
		{"DATABASE_URL", c.DatabaseURL.Reveal(), "sqlite:" + filepath.Join(dir, "data/studymail.db")},
		{"IsSQLite", c.IsSQLite(), true},
		{"STATE_DIR", c.StateDir, filepath.Join(dir, "state")},
		{"MAIL_TRANSPORT", c.MailTransport, config.Maildir},
		{"MAILDIR_PATH", c.MaildirPath, filepath.Join(dir, "mail")},
		{"EMAIL", c.Email, "studymail@localhost.localdomain"},
		{"EMAIL_TLS", c.EmailTLS, config.StartTLSRequired},
		{"EMAIL_PORT", c.EmailPort, 587},
		{"CONTACT_CAP", c.ContactCap.On(), false},
		{"SMTP_CONNECTIONS", c.SMTPConnections, 4},
		{"SMTP_MAILS_PER_CONNECTION", c.SMTPMailsPerConnection, 1000},
		{"SMTP_IDLE", c.SMTPIdle, 30 * time.Second},
		{"SMTP_TIMEOUT", c.SMTPTimeout, 10 * time.Minute},
		{"SMTP_WINDOW", c.SMTPWindow, 16},
		{"SMTP_PIPELINING", c.SMTPPipelining, true},
		{"SMTP_CHUNKING", c.SMTPChunking, true},
		{"MAX_ATTEMPTS", c.MaxAttempts, 8},
		{"RETRY_BASE", c.RetryBase, 5 * time.Minute},
		{"RETRY_MAX", c.RetryMax, 4 * time.Hour},
		{"SWEEP_EVERY", c.SweepEvery, 30 * time.Second},
		{"MESSAGE_EXPIRES", c.MessageExpires, 120 * time.Hour},
		{"JOB_HISTORY", c.JobHistory, 7 * 24 * time.Hour},
		{"HTTP_ADDR", c.HTTPAddr, "127.0.0.1:8000"},
		{"ALLOWED_HOSTS", fmt.Sprint(c.AllowedHosts), "[localhost 127.0.0.1 [::1]]"},
		{"PUBLIC_URL", c.PublicURL, ""},
		{"DEBUG", c.Debug, false},
		{"TIME_ZONE", c.TimeZone.String(), "Europe/London"},
		{"LOG_LEVEL", c.LogLevel, slog.LevelInfo},
		{"LOG_FILE_PATH", c.LogFilePath, filepath.Join(dir, "logs/app.log")},
		{"WORKER_LOG_FILE_PATH", c.WorkerLogFilePath, filepath.Join(dir, "logs/worker.log")},
		{"LOG_MAX_MB", c.LogMaxMB, 10},
		{"LOG_MAX_FILES", c.LogMaxFiles, 10},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("%v: got %v, want %v", x.name, x.got, x.want)
		}
	}
}

const smtp = "MAIL_TRANSPORT=smtp\nEMAIL=studies@example.org\nEMAIL_HOST=relay.example.org\n"

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, dotenv string
		environ      []string
		get          func(*config.Config) any
		want         any
	}{
		{"the environment wins", "MAX_ATTEMPTS=3\nSMTP_WINDOW=8", []string{"MAX_ATTEMPTS=5"}, func(c *config.Config) any { return [2]int{c.MaxAttempts, c.SMTPWindow} }, [2]int{5, 8}},
		{"an empty variable stands for the default", "MAX_ATTEMPTS=3", []string{"MAX_ATTEMPTS="}, func(c *config.Config) any { return c.MaxAttempts }, 8},
		{"quotes, export, comment, CRLF, BOM", "\ufeffexport TIME_ZONE = \"UTC\" # comment\r\nEMAIL_DISPLAY_NAME='A # B'\r\n", nil, func(c *config.Config) any { return c.TimeZone.String() + c.DisplayName }, "UTCA # B"},
		{"a dollar is a dollar", `EMAIL_PASSWORD=a$HOME${X}$(y)$$1`, nil, func(c *config.Config) any { return c.EmailPassword.Reveal() }, `a$HOME${X}$(y)$$1`},
		{"in quotes, too", `EMAIL_PASSWORD="a$HOME#' b"`, nil, func(c *config.Config) any { return c.EmailPassword.Reveal() }, `a$HOME#' b`},
		{"spaces of a password stay", `EMAIL_PASSWORD=' a '`, nil, func(c *config.Config) any { return c.EmailPassword.Reveal() }, ` a `},
		{"DEBUG logs more", "DEBUG=1", nil, func(c *config.Config) any { return c.LogLevel }, slog.LevelDebug},
		{"unless told", "DEBUG=yes\nLOG_LEVEL=warning", nil, func(c *config.Config) any { return c.LogLevel }, slog.LevelWarn},
		{"DEBUG as Django's users write it", "DEBUG=False", []string{"DEBUG=True"}, func(c *config.Config) any { return c.Debug }, true},
		{"no file", "LOG_FILE_PATH=-", nil, func(c *config.Config) any { return c.LogFilePath }, ""},
		{"days", "MESSAGE_EXPIRES=1d12h\nRETRY_MAX=2d", nil, func(c *config.Config) any { return [2]time.Duration{c.MessageExpires, c.RetryMax} }, [2]time.Duration{36 * time.Hour, 48 * time.Hour}},
		{"a contact cap", "CONTACT_CAP=2/30d", nil, func(c *config.Config) any { return c.ContactCap }, studymail.ContactCap{Mails: 2, Within: 30 * 24 * time.Hour}},
		{"absolute SQLite path", "DATABASE_URL=sqlite:/var/lib/studymail.db", nil, func(c *config.Config) any { return c.DatabaseURL.Reveal() }, "sqlite:/var/lib/studymail.db"},
		{"PostgreSQL as it is", "DATABASE_URL=postgres://u:p%23x@db/studymail?sslmode=require", nil, func(c *config.Config) any { return c.DatabaseURL.Reveal() }, "postgres://u:p%23x@db/studymail?sslmode=require"},
		{"PostgreSQL by a socket", "DATABASE_URL=postgres:///studymail?host=/run/postgresql", nil, func(c *config.Config) any { return c.IsSQLite() }, false},
		{"SMTP with login", smtp + "EMAIL_PASSWORD=x", nil, func(c *config.Config) any {
			return fmt.Sprint(c.Email, c.EmailHost, c.EmailPort, c.EmailUser, c.EmailTLS)
		}, "studies@example.orgrelay.example.org587studies@example.orgstarttls-required"},
		{"SMTP without", smtp, nil, func(c *config.Config) any { return c.EmailUser }, ""},
		{"another login", smtp + "EMAIL_PASSWORD=x\nEMAIL_USER=relay", nil, func(c *config.Config) any { return c.EmailUser }, "relay"},
		{"implicit TLS has its port", smtp + "EMAIL_TLS=TLS", nil, func(c *config.Config) any { return c.EmailPort }, 465},
		{"this machine's relay needs no TLS", "MAIL_TRANSPORT=smtp\nEMAIL=a@b.example\nEMAIL_HOST=127.0.0.1\nEMAIL_PORT=2525", nil, func(c *config.Config) any { return c.EmailTLS }, config.NoTLS},
		{"EMAIL_USE_TLS=True", smtp + "EMAIL_USE_TLS=True", nil, func(c *config.Config) any { return c.EmailTLS }, config.StartTLSRequired},
		{"EMAIL_USE_TLS=False at home", "EMAIL_HOST=localhost\nEMAIL_USE_TLS=False", nil, func(c *config.Config) any { return fmt.Sprint(c.EmailTLS, c.EmailPort) }, "none25"},
		{"both that agree", smtp + "EMAIL_USE_TLS=True\nEMAIL_TLS=tls", nil, func(c *config.Config) any { return c.EmailTLS }, config.ImplicitTLS},
		{"IPv6 relay", "EMAIL_HOST=[2001:db8::1]", nil, func(c *config.Config) any { return c.EmailHost }, "2001:db8::1"},
		{"public URL adds its host", "PUBLIC_URL=https://Mail.example.org:8443/studies/", nil, func(c *config.Config) any { return fmt.Sprint(c.PublicURL, c.AllowedHosts) }, "https://Mail.example.org:8443/studies[localhost 127.0.0.1 [::1] mail.example.org]"},
		{"no limits", "", nil, func(c *config.Config) any { return c.Limits }, studymail.Limits{}},
		{"half a mail a second", "RATE_PER_SECOND=0.5", nil, func(c *config.Config) any { return c.Limits.PerSecond }, studymail.LimitOf(0.5)},
		{"no mail at all", "RATE_PER_HOUR=0", nil, func(c *config.Config) any { return c.Limits.PerHour.Zero() }, true},
		{"public URL of this machine", "PUBLIC_URL=http://localhost:8000", nil, func(c *config.Config) any { return c.PublicURL }, "http://localhost:8000"},
		{"hosts with spaces", "ALLOWED_HOSTS=a.example .b.example ::1", nil, func(c *config.Config) any { return fmt.Sprint(c.AllowedHosts) }, "[a.example .b.example [::1]]"},
		{"pins", "EMAIL_TLS_PINS=" + strings.Repeat("ab", 32) + ",sha256/q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=", nil, func(c *config.Config) any {
			return len(c.EmailTLSPins) == 2 && bytes.Equal(c.EmailTLSPins[0], c.EmailTLSPins[1])
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.get(mustLoad(t, c.dotenv, c.environ...)); !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestWrongValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dotenv, want string }{
		{"EMAIL_PORT=0", `EMAIL_PORT: found "0" from .env; allowed: a port, 1 to 65535`},
		{"EMAIL_PORT=smtp", `EMAIL_PORT: found "smtp"`},
		{"DEBUG=maybe", `DEBUG: found "maybe" from .env; allowed: True or False`},
		{"EMAIL_USE_TLS=ssl", `EMAIL_USE_TLS: found "ssl"`},
		{"EMAIL_TLS=ssl", `EMAIL_TLS: found "ssl" from .env; allowed: none, starttls`},
		{"EMAIL_TLS=none\nEMAIL_USE_TLS=True", `EMAIL_USE_TLS: found "True", but EMAIL_TLS is none`},
		{"MAIL_TRANSPORT=uucp", `MAIL_TRANSPORT: found "uucp"`},
		{"MAIL_TRANSPORT=ses", "EMAIL: found nothing; with MAIL_TRANSPORT=ses"},
		{"SES_REGION=London", `SES_REGION: found "London"`},
		{"SES_MODE=fast", `SES_MODE: found "fast"`},
		{"SES_TOPIC_ARN=arn:aws:sqs:eu-west-2:123456789012:x", "SES_TOPIC_ARN: found"},
		{"SES_SQS_QUEUE_URL=http://sqs.eu-west-2.amazonaws.com/1/x", "SES_SQS_QUEUE_URL: found"},
		{"SES_ENDPOINT=http://ses.example.org", "SES_ENDPOINT: found"},
		{"SES_CONFIGURATION_SET=a b", "SES_CONFIGURATION_SET: found"},
		{"MAIL_TRANSPORT=smtp", "EMAIL: found nothing; with MAIL_TRANSPORT=smtp"},
		{"MAIL_TRANSPORT=smtp", "EMAIL_HOST: found nothing; with MAIL_TRANSPORT=smtp"},
		{"EMAIL=Studies <a@example.org>", "EMAIL: found"},
		{"EMAIL=nobody", "EMAIL: found"},
		{"EMAIL='ü@example.org'", "EMAIL: found"},
		{"EMAIL_DISPLAY_NAME=\"a\nBcc: b\"", `EMAIL_DISPLAY_NAME: found "a\nBcc: b"`},
		{"EMAIL_HOST=relay.example.org:25", "EMAIL_HOST: found"},
		{"EMAIL_TLS_CA_FILE=nowhere.pem", `EMAIL_TLS_CA_FILE: found "nowhere.pem"`},
		{"EMAIL_TLS_CA_FILE=.env", "EMAIL_TLS_CA_FILE: found"},
		{"EMAIL_TLS_PINS=abcd", "EMAIL_TLS_PINS: found"},
		{"HELO_NAME=my_host", "HELO_NAME: found"},
		{"BOUNCE_DOMAIN=@bounce.example.org", "BOUNCE_DOMAIN: found"},
		{"BOUNCE_DOMAIN=" + strings.Repeat("a", 64) + ".example", "BOUNCE_DOMAIN: found"},
		{"SMTP_WINDOW=33", "SMTP_WINDOW: found"},
		{"SMTP_WINDOW=0", "SMTP_WINDOW: found"},
		{"SMTP_CONNECTIONS=-1", "SMTP_CONNECTIONS: found"},
		{"SMTP_CONNECTIONS=99999999999999999999", "SMTP_CONNECTIONS: found"},
		{"RATE_PER_SECOND=fast", `RATE_PER_SECOND: found "fast" from .env; allowed: a number from 0`},
		{"RATE_PER_SECOND=-1", "RATE_PER_SECOND: found"},
		{"RATE_PER_SECOND=NaN", "RATE_PER_SECOND: found"},
		{"RATE_PER_SECOND=1e3", "RATE_PER_SECOND: found"},
		{"RATE_PER_SECOND=0.000001", "RATE_PER_SECOND: found"},
		{"RATE_PER_MINUTE=0.5", "RATE_PER_MINUTE: found"},
		{"RATE_PER_HOUR=10/h", "RATE_PER_HOUR: found"},
		{"RATE_PER_DAY=99999999999", "RATE_PER_DAY: found"},
		{"MAX_CONNECTIONS=-2", "MAX_CONNECTIONS: found"},
		{"RETRY_BASE=5", `RETRY_BASE: found "5" from .env; allowed: a duration`},
		{"RETRY_BASE=-5m", "RETRY_BASE: found"},
		{"RETRY_BASE=5h", "RETRY_MAX: found 4h0m0s, which is less than RETRY_BASE (5h0m0s)"},
		{"SWEEP_EVERY=99999d", "SWEEP_EVERY: found"},
		{"SWEEP_EVERY=0s", "SWEEP_EVERY: found"},
		{"MESSAGE_EXPIRES=5 days", "MESSAGE_EXPIRES: found"},
		{"TIME_ZONE=Europe/Lodnon", `TIME_ZONE: found "Europe/Lodnon"`},
		{"TIME_ZONE=Local", "TIME_ZONE: found"},
		{"CONTACT_CAP=2", `CONTACT_CAP: found "2" from .env; allowed: 1 to 1000 mails in 1h to 366d, such as 2/30d`},
		{"CONTACT_CAP=0/30d", "CONTACT_CAP: found"},
		{"CONTACT_CAP=2/30", "CONTACT_CAP: found"},
		{"CONTACT_CAP=2/2y", "CONTACT_CAP: found"},
		{"CONTACT_CAP=2/400d", "CONTACT_CAP: found"},
		{"HTTP_ADDR=8000", "HTTP_ADDR: found"},
		{"HTTP_ADDR=localhost:99999", "HTTP_ADDR: found"},
		{"ALLOWED_HOSTS=https://a.example", "ALLOWED_HOSTS: found"},
		{"ALLOWED_HOSTS=a.example:80", "ALLOWED_HOSTS: found"},
		{"ALLOWED_HOSTS=,", "ALLOWED_HOSTS: found"},
		{"PUBLIC_URL=http://studies.example.org", "PUBLIC_URL: found"},
		{"PUBLIC_URL=studies.example.org", "PUBLIC_URL: found"},
		{"PUBLIC_URL=https://u:p@studies.example.org", "PUBLIC_URL: found"},
		{"PUBLIC_URL=https://studies.example.org/?x=1", "PUBLIC_URL: found"},
		{"PUBLIC_URL=ftp://localhost", "PUBLIC_URL: found"},
		{"LOG_LEVEL=loud", "LOG_LEVEL: found"},
		{"LOG_MAX_MB=0", "LOG_MAX_MB: found"},
		{"DATABASE_URL=sqlite:///data/x.db", `DATABASE_URL: found "sqlite:///data/x.db"`},
		{"DATABASE_URL=sqlite::memory:", "DATABASE_URL: found"},
		{"DATABASE_URL=sqlite:", "DATABASE_URL: found"},
		{"DATABASE_URL=sqlite:x.db?mode=ro", "DATABASE_URL: found"},
		{"DATABASE_URL=postgres://host", "DATABASE_URL: found a value (not shown)"},
		{"MASTER_KEYSET=abc", "MASTER_KEYSET: not base64"},
		{"MASTER_KEYSET=abc", "HASH_KEYSET: missing"},
		{"no equals sign", ".env, line 1: not NAME=value"},
		{"DEBUG=1\n\n# x\nEMAIL_HOST=\"open", ".env, line 4: not NAME=value"},
		{"DEBUG=\"1\" EMAIL_HOST=\"b\"", ".env, line 1: not NAME=value"},
		{"DEBUG=1\x00", ".env: not a text file"},
		{"DEBUG=\xff", ".env: not a text file"},
		{strings.Repeat("#", 300<<10), ".env: longer than"},
	} {
		t.Run(fmt.Sprintf("%.60q", c.dotenv), func(t *testing.T) {
			t.Parallel()
			_, _, err := load(t, c.dotenv)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v\nwant %s", err, c.want)
			}
			if studymail.CodeOf(err) != studymail.Invalid {
				t.Fatalf("code %v", studymail.CodeOf(err))
			}
		})
	}
}

func TestAllWrongValuesAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, "EMAIL_PORT=x\nDEBUG=x\nRETRY_BASE=x", "SMTP_WINDOW=99", "TIME_ZONE=x")
	if err == nil || strings.Count(err.Error(), "\n") != 5 {
		t.Fatalf("five lines, one a value; got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, dotenv, environ, want string }{
		{"unknown key", "X=1\nEMIAL_HOST=relay", "", ".env: line 2: EMIAL_HOST is not an option and is ignored; did you mean EMAIL_HOST?"},
		{"lower case", "debug=1", "", ".env: line 1: a name (not shown) is not an option and is ignored; did you mean DEBUG?"},
		{"a key on a line of its own", "q6urq6urq6urq6urq6ur=", "", ".env: line 1: a name (not shown) is not an option and is ignored"},
		{"a NAME_FILE that is none", "DEBUG_FILE=x", "", "DEBUG_FILE is not an option"},
		{"twice", "DEBUG=1\nDEBUG=0", "", "line 2: DEBUG is there twice"},
		{"old name", "DJANGO_ALLOWED_HOSTS=a.example", "", "DJANGO_ALLOWED_HOSTS: is the old name of ALLOWED_HOSTS and still works"},
		{"old name in the environment", "", "CELERY_LOGFILE_PATH=x.log", "CELERY_LOGFILE_PATH: is the old name of WORKER_LOG_FILE_PATH and still works"},
		{"both names", "DJANGO_ALLOWED_HOSTS=a.example\nALLOWED_HOSTS=b.example", "", "DJANGO_ALLOWED_HOSTS: is the old name of ALLOWED_HOSTS, which is set, too, and counts"},
		{"any host", "ALLOWED_HOSTS=*", "", "ALLOWED_HOSTS: * answers"},
		{"password in clear", smtp + "EMAIL_TLS=starttls\nEMAIL_PASSWORD=x", "", "EMAIL_TLS: with starttls, mails and the password may cross"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, warnings, err := load(t, c.dotenv, c.environ)
			if got := fmt.Sprint(warnings); err != nil || !strings.Contains(got, c.want) {
				t.Fatalf("got %v, %v\nwant %s", got, err, c.want)
			}
		})
	}
	c, _, err := load(t, "DJANGO_ALLOWED_HOSTS=a.example", "CELERY_LOGFILE_PATH=/x.log")
	if err != nil || c.AllowedHosts[0] != "a.example" || c.WorkerLogFilePath != "/x.log" {
		t.Fatalf("old names work: %+v, %v", c, err)
	}
	dir := folder(t, "DEBUG=1")
	if err := os.Chmod(filepath.Join(dir, ".env"), 0o644); err != nil { //nolint:gosec // on purpose
		t.Fatal(err)
	}
	if _, warnings, err := config.Load(dir, nil); err != nil || !strings.Contains(fmt.Sprint(warnings), "chmod 600") {
		t.Fatalf("an .env that others can read: %v, %v", warnings, err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, "EMAIL_PASSWORD_FILE=pw\nSECRET_KEY=from-dotenv-that-is-long-enough-to-be-one")
	write(t, filepath.Join(dir, "pw"), " canary pass \r\n")
	write(t, filepath.Join(dir, "url"), "postgres://u:canary@db/studymail\n")
	write(t, filepath.Join(dir, "key"), strings.Repeat("k", 32))
	write(t, filepath.Join(dir, "empty"), "\n")
	c, _, err := config.Load(dir, []string{"DATABASE_URL_FILE=" + filepath.Join(dir, "url"), "SECRET_KEY_FILE=key"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.EmailPassword.Reveal(); got != " canary pass " {
		t.Errorf("only the line's end is cut off; got %q", got)
	}
	if got := c.SecretKey.Reveal(); got != strings.Repeat("k", 32) {
		t.Errorf("the environment's file wins over .env; got %q", got)
	}
	if c.IsSQLite() {
		t.Error("DATABASE_URL_FILE was not read")
	}
	for environ, want := range map[string]string{
		"SECRET_KEY_FILE=nowhere": `SECRET_KEY_FILE: the file "nowhere" cannot be read: no such file`,
		"SECRET_KEY_FILE=empty":   `SECRET_KEY_FILE: the file "empty" is empty`,
		"SECRET_KEY_FILE=.":       `SECRET_KEY_FILE: the file "." cannot be read: is a directory`,
		"EMAIL_PASSWORD=x":        "", // wins over the file in .env
	} {
		_, _, err := config.Load(dir, []string{environ})
		if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v", environ, err)
		}
	}
	if _, _, err := config.Load(dir, []string{"SECRET_KEY_FILE=key", "SECRET_KEY=" + strings.Repeat("x", 40)}); err == nil || !strings.Contains(err.Error(), "both SECRET_KEY and SECRET_KEY_FILE") {
		t.Errorf("both in one place: got %v", err)
	}
}

// TestNothingSecretIsPrinted plants a canary in every secret and in every kind of
// wrong value that could quote one.
func TestNothingSecretIsPrinted(t *testing.T) {
	t.Parallel()
	const canary = "CanaryKey"
	keys, _, _, err := sealed.NewKeysets()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := config.WriteEnv(dir); err != nil {
		t.Fatal(err)
	}
	c, warnings, err := config.Load(dir, []string{"SECRET_KEY=" + strings.Repeat(canary, 9), "EMAIL_PASSWORD=" + canary, "DATABASE_URL=postgres://" + canary + ":" + canary + "@db:5432/studymail?password=" + canary})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", *c)
	}
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", *c)
	fmt.Fprint(&out, c.Show(), warnings)
	env, err := os.ReadFile(filepath.Join(dir, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	var master string
	for l := range strings.Lines(string(env)) {
		if v, ok := strings.CutPrefix(l, "MASTER_KEYSET="); ok {
			master = strings.TrimSpace(v)
		}
	}
	for _, bad := range []string{
		"SECRET_KEY=" + canary,
		"DATABASE_URL=postgres://u:" + canary + "#x@db/studymail",
		"DATABASE_URL=postgres://u:1/" + canary + "@db/studymail",
		"DATABASE_URL=postgres://u:1?" + canary + "@db/studymail",
		"DATABASE_URL=mysql://u:" + canary + "@db/studymail",
		"DATABASE_URL=postgres://u:" + canary + "%zz@db/studymail",
		"EMAIL_PASSWORD=\"" + canary,
		"EMAIL_PASSWORD=\"" + canary + "\" " + canary,
		"EMAIL PASSWORD!=" + canary,
		canary + canary + canary,
		"MASTER_KEYSET=" + canary,
		"MASTER_KEYSET=" + keys.Reveal()[:40],
		"HASH_KEYSET=" + keys.Reveal(),
	} {
		_, warnings, err := load(t, bad)
		if err == nil {
			t.Errorf("%s: no error", bad)
		}
		fmt.Fprint(&out, warnings, err)
	}
	for name, secret := range map[string]string{"canary": canary, "hex": hex.EncodeToString([]byte(canary)), "keyset": keys.Reveal()[:20], "master": master} {
		if i := strings.Index(strings.ToLower(out.String()), strings.ToLower(secret)); i >= 0 || secret == "" {
			t.Errorf("%s was printed: …%s", name, out.String()[max(0, i-100):])
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	dir := folder(t, smtp+"EMAIL_PASSWORD_FILE=pw\nSMTP_WINDOW=8")
	write(t, filepath.Join(dir, "pw"), "x")
	c, _, err := config.Load(dir, []string{"DATABASE_URL=postgres://u:p@db:5432/studymail?sslmode=require", "SMTP_IDLE=1m"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]config.Setting{}
	for _, s := range c.Show() {
		got[s.Name] = s
	}
	for _, want := range []config.Setting{
		{"DATABASE_URL", "postgres://db:5432/studymail", "environment"},
		{"EMAIL_PASSWORD", "(set)", "file pw"},
		{"EMAIL_USER", "studies@example.org", "default"},
		{"EMAIL_TLS", "starttls-required", "default"},
		{"EMAIL_PORT", "587", "default"},
		{"SMTP_WINDOW", "8", ".env"},
		{"SMTP_IDLE", "1m", "environment"},
		{"MASTER_KEYSET", "", "default"},
		{"LOG_LEVEL", "INFO", "default"},
	} {
		if got[want.Name] != want {
			t.Errorf("got %+v, want %+v", got[want.Name], want)
		}
	}
}

func TestHostAllowed(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "ALLOWED_HOSTS=localhost,127.0.0.1,[::1],.example.org")
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:8000": true, "127.0.0.1:8000": true, "[::1]:8000": true, "[0:0:0:0:0:0:0:1]": true,
		"example.org": true, "a.example.org.": true, "badexample.org": false, "evil.test": false, "": false, "localhost.evil.test": false,
	} {
		if got := c.HostAllowed(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}

func FuzzDotenv(f *testing.F) {
	f.Add("A=1\nB='x y'\nC=\"a\nb\"\n#d\nexport E=$F", "")
	f.Add("SECRET_KEY=\"unterminated", "\n\"")
	f.Add("EMAIL_PASSWORD=\\$x\r", "DEBUG: yes")
	f.Fuzz(func(t *testing.T, before, after string) {
		const canary = "c4n4ryc4n4ry"
		dir := folder(t, before+"EMAIL_PASSWORD="+canary+after)
		c, warnings, err := config.Load(dir, nil)
		// Unless the text around makes another option of it, the password is not quoted.
		if out := fmt.Sprint(warnings, err); strings.Contains(out, canary) && strings.HasSuffix("\n"+before, "\n") {
			t.Fatalf("the password is in %q", out)
		}
		if err != nil && studymail.CodeOf(err) != studymail.Invalid {
			t.Fatalf("%v has code %v", err, studymail.CodeOf(err))
		}
		if err == nil && len(c.Show()) == 0 {
			t.Fatal("nothing to show")
		}
	})
}
