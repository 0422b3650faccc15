package config

import (
	"crypto"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"studymail"
	"studymail/internal/sealed"
)

// Config is the whole configuration. Paths are absolute, or relative to the
// working directory if Load's dir was.
type Config struct {
	// The installation.
	Debug     bool
	SecretKey sealed.Secret
	TimeZone  *time.Location
	StateDir  string

	// The database: sqlite:PATH or postgres://….
	DatabaseURL    sealed.Secret
	DatabasePooler bool // it leads to a pooler, and says so in its parameters

	// The keysets, as sealed.ParseKeys takes them; empty before init.
	MasterKeyset  sealed.Secret
	HashKeyset    sealed.Secret
	SigningKeyset sealed.Secret

	// The web pages.
	HTTPAddr     string
	AllowedHosts []string // with PUBLIC_URL's host
	MetricsAddr  string   // "": figures are served on HTTPAddr only, and there with MetricsToken only
	MetricsToken sealed.Secret
	PublicURL    string // without a slash at the end; "" if patients cannot reach the pages

	TrustedProxies []netip.Prefix
	SessionIdle    time.Duration
	SessionMax     time.Duration
	SecondFactor   SecondFactor

	// Mail.
	MailTransport Transport
	MaildirPath   string
	Email         string // the sender's address
	DisplayName   string
	BounceDomain  string
	ContactCap    studymail.ContactCap

	// SMTP.
	EmailHost              string
	EmailPort              int
	EmailUser              string // "" without a password: no AUTH
	EmailPassword          sealed.Secret
	EmailToken             sealed.Secret
	EmailTokenFile         string // "": the token is fixed
	EmailTLS               TLS
	EmailTLSCAFile         string
	EmailTLSPins           [][]byte // SHA-256 of public keys
	HeloName               string   // "": the machine's
	SMTPConnections        int
	SMTPMailsPerConnection int // 0: no limit
	SMTPIdle               time.Duration
	SMTPTimeout            time.Duration
	SMTPWindow             int
	SMTPPipelining         bool
	SMTPChunking           bool

	// Amazon SES.
	SES SESSettings

	// Rate: of all workers together.
	Limits studymail.Limits

	// DKIM.
	DKIMDomain string
	DKIM       []DKIMKey // none: mails are not signed

	// Retries.
	MaxAttempts    int
	RetryBase      time.Duration
	RetryMax       time.Duration
	SweepEvery     time.Duration
	MessageExpires time.Duration

	// Feedback.
	FeedbackSMTPAddr string // "": nothing is received
	FeedbackSMTPRate int    // 0: no limit
	FeedbackIMAP     IMAP
	Halts            studymail.HaltRules
	FeedbackKeep     time.Duration

	// Retention.
	RetainMerged      time.Duration
	RetainDiagnostics time.Duration

	// Jobs.
	JobHistory time.Duration

	// Logs.
	LogLevel          slog.Level
	LogFilePath       string // "": no file
	WorkerLogFilePath string // "": no file
	LogMaxMB          int
	LogMaxFiles       int

	dkim     [2]DKIMKey // as set; cross.go leaves those that are there in DKIM
	dir      string
	settings []Setting
}

// DKIMKey is a key that signs mails, under the name that it has in DNS.
type DKIMKey struct {
	Selector string
	Key      crypto.Signer
}

// IMAP is a mailbox that feedback is read from.
type IMAP struct {
	Host     string // "": none
	Port     int
	User     string
	Password sealed.Secret
	Token    sealed.Secret
	TLS      TLS
	Folder   string
	Done     string // "": mails are deleted, since FEEDBACK_IMAP_DONE says so
	Every    time.Duration

	TokenFile string // "": the token is fixed
}

// Transport is where mail is handed over.
type Transport string

// The transports.
const (
	Maildir Transport = "maildir"
	SMTP    Transport = "smtp"
	SES     Transport = "ses"
)

// TLS is how a connection to the relay is secured.
type TLS string

// The ways.
const (
	NoTLS            TLS = "none"
	StartTLS         TLS = "starttls"          // where it is offered
	StartTLSRequired TLS = "starttls-required" // or no mail
	ImplicitTLS      TLS = "tls"               // from the first byte
)

// SecondFactor is whether users must have one.
type SecondFactor string

// The ways.
const (
	SecondFactorOptional SecondFactor = "optional"
	SecondFactorRequired SecondFactor = "required"
)

// Setting is one option as doctor shows it.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`  // secrets masked
	Source string `json:"source"` // default, .env, environment, a file
}

// Show lists all options and where their values come from, secrets masked.
func (c *Config) Show() []Setting { return append([]Setting(nil), c.settings...) }

// SettingGroup is a heading with its settings, as pages show them.
type SettingGroup struct {
	Title    string
	Settings []DescribedSetting
}

// DescribedSetting is a setting with what it is for.
type DescribedSetting struct {
	Setting
	Doc string
}

// Described lists all options by their headings, secrets masked.
func (c *Config) Described() []SettingGroup {
	values := map[string]Setting{}
	for _, s := range c.settings {
		values[s.Name] = s
	}
	var all []SettingGroup
	for _, g := range table() {
		group := SettingGroup{Title: g.title}
		for _, o := range g.options {
			group.Settings = append(group.Settings, DescribedSetting{values[o.name], strings.ReplaceAll(o.doc, "`", "")})
		}
		all = append(all, group)
	}
	return all
}

// HostAllowed tells whether a request's Host may be answered: one of
// ALLOWED_HOSTS, a name below one that begins with a dot, or any with *.
func (c *Config) HostAllowed(host string) bool {
	host = strings.ToLower(hostOf(host))
	for _, a := range c.AllowedHosts {
		switch {
		case a == "*", a == host, strings.HasPrefix(a, ".") && (strings.HasSuffix(host, a) || host == a[1:]):
			return true
		}
	}
	return false
}

// hostOf gives the host of host:port, in brackets if it is an IPv6 address.
func hostOf(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = h
	}
	if a, err := netip.ParseAddr(strings.Trim(hostport, "[]")); err == nil && a.Is6() {
		return "[" + a.String() + "]"
	}
	return strings.TrimSuffix(hostport, ".")
}

// path resolves a path against the folder of .env.
func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.dir, p)
}

// RelayIsHere tells whether the relay is on this machine: there is no network to protect.
func (c *Config) RelayIsHere() bool { return loopback(c.EmailHost) }

// InClear tells whether mail may go to the relay over a network in clear.
func (c *Config) InClear() bool {
	// Neither asks for a certificate that must be right: whoever sits between could read all.
	open := c.EmailTLS == NoTLS || c.EmailTLS == StartTLS
	return c.MailTransport == SMTP && open && !c.RelayIsHere()
}

func loopback(host string) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
