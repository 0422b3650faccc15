package config

import (
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"studymail/internal/sealed"
)

// cross settles what depends on more than one option.
func (l *loader) cross() {
	c := l.c
	l.sender()
	l.tls()
	l.pooler()
	if c.EmailPort == 0 {
		c.EmailPort = map[TLS]int{ImplicitTLS: 465, NoTLS: 25}[c.EmailTLS]
		if c.EmailPort == 0 {
			c.EmailPort = 587
		}
	}
	c.EmailTokenFile = l.tokenFile("EMAIL_TOKEN", c.EmailToken, "EMAIL_PASSWORD", c.EmailPassword)
	if c.EmailUser == "" && (!c.EmailPassword.IsEmpty() || !c.EmailToken.IsEmpty()) {
		c.EmailUser = c.Email
	}
	if c.RetryBase > c.RetryMax && !l.wrong["RETRY_BASE"] && !l.wrong["RETRY_MAX"] {
		l.problem("RETRY_MAX", "found %s, which is less than RETRY_BASE (%s); allowed: a duration from RETRY_BASE to 7d", c.RetryMax, c.RetryBase)
	}
	if c.Debug && l.sources["LOG_LEVEL"] == "" {
		c.LogLevel = slog.LevelDebug
	}
	if u, err := url.Parse(c.PublicURL); err == nil && c.PublicURL != "" {
		if host := strings.ToLower(hostOf(u.Host)); !slices.Contains(c.AllowedHosts, host) {
			c.AllowedHosts = append(c.AllowedHosts, host)
		}
	}
	if slices.Contains(c.AllowedHosts, "*") {
		l.warn("ALLOWED_HOSTS", "* answers under any name, forged ones included; name the hosts")
	}
	l.mailbox()
	if c.FeedbackSMTPAddr != "" && c.BounceDomain == "" && !l.wrong["BOUNCE_DOMAIN"] {
		l.problem("BOUNCE_DOMAIN", "found nothing, but FEEDBACK_SMTP_ADDR is set; allowed: %s", allowedFor("BOUNCE_DOMAIN"))
	}
	l.signing()
	l.ses()
	l.keys()
	for name, v := range map[string]string{
		"EMAIL": c.Email, "EMAIL_USER": c.EmailUser, "EMAIL_PORT": strconv.Itoa(c.EmailPort),
		"EMAIL_TLS": string(c.EmailTLS), "FEEDBACK_IMAP_PORT": strconv.Itoa(c.FeedbackIMAP.Port), "DKIM_DOMAIN": c.DKIMDomain, "LOG_LEVEL": c.LogLevel.String(),
	} {
		l.settings[name].Value = v
	}
}

func (l *loader) sender() {
	c := l.c
	if c.MailTransport == SMTP {
		for _, needed := range []struct{ name, value string }{{"EMAIL", c.Email}, {"EMAIL_HOST", c.EmailHost}} {
			if needed.value == "" {
				l.problem(needed.name, "found nothing; with MAIL_TRANSPORT=smtp it is needed: %s", allowedFor(needed.name))
			}
		}
		return
	}
	if c.Email == "" && c.MailTransport != SES {
		c.Email = defaultSender
	}
}

// tokenFile gives the file that a token is read from, "" for none. There must be no password
// beside a token.
func (l *loader) tokenFile(name string, token sealed.Secret, besides string, password sealed.Secret) string {
	if !token.IsEmpty() && !password.IsEmpty() {
		l.problem(name, "found both it and %s; allowed: one of them", besides)
	}
	if path, ok := strings.CutPrefix(l.sources[name], fromFile); ok {
		return l.c.path(path)
	}
	return ""
}

// mailbox settles the mailbox that feedback is read from.
func (l *loader) mailbox() {
	m := &l.c.FeedbackIMAP
	if m.Port == 0 {
		m.Port = 143
		if m.TLS == ImplicitTLS {
			m.Port = 993
		}
	}
	if m.Host == "" {
		return
	}
	m.TokenFile = l.tokenFile("FEEDBACK_IMAP_TOKEN", m.Token, "FEEDBACK_IMAP_PASSWORD", m.Password)
	if m.User == "" {
		l.problem("FEEDBACK_IMAP_USER", "found nothing, but FEEDBACK_IMAP_HOST is set; allowed: %s", allowedFor("FEEDBACK_IMAP_USER"))
	}
	if m.Folder == "" {
		l.problem("FEEDBACK_IMAP_FOLDER", "found nothing; allowed: %s", allowedFor("FEEDBACK_IMAP_FOLDER"))
	}
	if m.Folder != "" && m.Folder == m.Done {
		l.problem("FEEDBACK_IMAP_DONE", "found %q, which is FEEDBACK_IMAP_FOLDER, too; allowed: another folder", m.Done)
	}
	if m.Done == "delete" {
		m.Done = ""
	}
	if m.TLS == NoTLS && !loopback(m.Host) {
		l.warn("FEEDBACK_IMAP_TLS", "with none, mails and the password cross the network in clear; tls or starttls-required protect them")
	}
}

// pooler makes DATABASE_URL say that it leads to a pooler.
func (l *loader) pooler() {
	c := l.c
	if l.wrong["DATABASE_URL"] {
		return
	}
	u, err := url.Parse(c.DatabaseURL.Reveal())
	if err != nil || c.IsSQLite() {
		if c.DatabasePooler {
			l.warn("DATABASE_POOLER", "has no meaning for SQLite and is ignored")
		}
		return
	}
	const mode = "default_query_exec_mode"
	q := u.Query()
	if c.DatabasePooler && !q.Has(mode) {
		q.Set(mode, "exec")
		u.RawQuery = q.Encode()
		c.DatabaseURL = sealed.NewSecret(u.String())
	}
}

// signing settles which keys sign.
func (l *loader) signing() {
	c := l.c
	for i, suffix := range []string{"", "_2"} {
		k, selector, file := c.dkim[i], "DKIM_SELECTOR"+suffix, "DKIM_KEY_FILE"+suffix
		switch {
		case l.wrong[selector] || l.wrong[file]:
		case k.Selector == "" && k.Key == nil:
		case k.Selector == "":
			l.problem(selector, "found nothing, but %s is set; allowed: %s", file, allowedFor(selector))
		case k.Key == nil:
			l.problem(file, "found nothing, but %s is set; allowed: %s", selector, allowedFor(file))
		default:
			c.DKIM = append(c.DKIM, k)
		}
	}
	if len(c.DKIM) == 2 && c.DKIM[0].Selector == c.DKIM[1].Selector {
		l.problem("DKIM_SELECTOR_2", "found %q, which is DKIM_SELECTOR, too; allowed: another name for each key", c.DKIM[1].Selector)
	}
	if len(c.DKIM) == 0 || c.Email == "" {
		return
	}
	_, sender, _ := strings.Cut(strings.ToLower(c.Email), "@")
	if c.DKIMDomain == "" {
		c.DKIMDomain = sender
	}
	if sender != c.DKIMDomain && !strings.HasSuffix(sender, "."+c.DKIMDomain) {
		l.warn("DKIM_DOMAIN", "%s is not the domain of EMAIL: receivers that check the sender's domain (DMARC) give nothing for such a signature", c.DKIMDomain)
	}
}

func allowedFor(name string) string {
	for _, o := range options() {
		if o.name == name {
			return o.allowed
		}
	}
	return ""
}

// tls settles EMAIL_TLS from EMAIL_USE_TLS and the host.
func (l *loader) tls() {
	c := l.c
	use, said := truth(l.settings["EMAIL_USE_TLS"].Value)
	switch {
	case said && c.EmailTLS == "":
		c.EmailTLS = NoTLS
		if use {
			c.EmailTLS = StartTLSRequired
		}
	case said && use != (c.EmailTLS != NoTLS):
		l.problem("EMAIL_USE_TLS", "found %q, but EMAIL_TLS is %s; allowed: one of them, EMAIL_TLS says more", l.settings["EMAIL_USE_TLS"].Value, c.EmailTLS)
	case c.EmailTLS == "" && loopback(c.EmailHost):
		// There is no network to protect, and a local relay's certificate is
		// seldom one that verifies.
		c.EmailTLS = NoTLS
	case c.EmailTLS == "":
		c.EmailTLS = StartTLSRequired
	}
	if c.InClear() {
		what := "mails"
		if !c.EmailPassword.IsEmpty() {
			what = "mails and the password"
		}
		if !c.EmailToken.IsEmpty() {
			what = "mails and the token"
		}
		l.warn("EMAIL_TLS", "with %s, %s may cross the network in clear; starttls-required or tls protect them", c.EmailTLS, what)
	}
}

// keys checks the keysets, if there are any: before init there are none, and
// what needs them says so.
func (l *loader) keys() {
	c := l.c
	if c.MasterKeyset.IsEmpty() && c.HashKeyset.IsEmpty() && c.SigningKeyset.IsEmpty() {
		return
	}
	if _, err := sealed.ParseKeys(c.MasterKeyset, c.HashKeyset, c.SigningKeyset); err != nil {
		l.problems = append(l.problems, strings.Split(err.Error(), "\n")...)
	}
}
