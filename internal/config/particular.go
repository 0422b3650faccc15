package config

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // TIME_ZONE works where there is no zoneinfo

	"studymail"
	"studymail/internal/sealed"
)

// defaultSender makes the embedded default work with no set-up: its mails stay on
// this machine.
const defaultSender = "studymail@localhost.localdomain"

// setDatabaseURL. What is wrong with it is not told in detail: it may hold a
// password.
func setDatabaseURL(c *Config, v string) bool {
	if path, ok := strings.CutPrefix(v, "sqlite:"); ok {
		// sqlite:///x means a relative path to some and an absolute one to others.
		if path == "" || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?#") || strings.HasPrefix(path, ":memory:") || !oneLine(path) {
			return false
		}
		c.DatabaseURL = sealed.NewSecret("sqlite:" + c.path(path))
		return true
	}
	c.DatabaseURL = sealed.NewSecret(v)
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") &&
		len(u.Path) > 1 && (u.Host != "" || u.Query().Has("host")) &&
		// A password with #, ? or / in it ends up in these parts.
		u.Fragment == "" && !strings.Contains(u.Path, "@") && !strings.Contains(u.RawQuery, "@")
}

// maskDatabaseURL shows which database it is, without login and parameters.
func maskDatabaseURL(v string) string {
	if strings.HasPrefix(v, "sqlite:") {
		return v
	}
	u, err := url.Parse(v)
	if err != nil {
		return masked
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// IsSQLite tells whether the database is a file of this machine.
func (c *Config) IsSQLite() bool { return strings.HasPrefix(c.DatabaseURL.Reveal(), "sqlite:") }

func setEmail(c *Config, v string) bool {
	c.Email = v
	if v == "" {
		return true
	}
	a, err := mail.ParseAddress(v)
	if err != nil || a.Name != "" || a.Address != v {
		return false
	}
	local, host, _ := strings.Cut(v, "@")
	return len(local) <= 64 && isDomain(host) && strings.IndexFunc(local, func(r rune) bool { return r > '~' }) < 0
}

func setEmailHost(c *Config, v string) (ok bool) {
	c.EmailHost, ok = hostAlone(v)
	return ok
}

func setFeedbackIMAPHost(c *Config, v string) (ok bool) {
	c.FeedbackIMAP.Host, ok = hostAlone(v)
	return ok
}

// hostAlone takes a host without a port; "" is none.
func hostAlone(v string) (host string, ok bool) {
	bare := strings.TrimSuffix(strings.TrimPrefix(v, "["), "]")
	if _, err := netip.ParseAddr(bare); err == nil {
		return bare, true
	}
	return v, v == "" || isDomain(v)
}

func setCAFile(c *Config, v string) bool {
	if v == "" {
		return true
	}
	c.EmailTLSCAFile = c.path(v)
	text, err := os.ReadFile(c.EmailTLSCAFile)
	return err == nil && x509.NewCertPool().AppendCertsFromPEM(text)
}

func setPins(c *Config, v string) bool {
	for _, p := range list(v) {
		p = strings.TrimPrefix(p, "sha256/")
		sum, err := hex.DecodeString(p)
		if err != nil {
			sum, err = base64.StdEncoding.DecodeString(p)
		}
		if err != nil || len(sum) != 32 {
			return false
		}
		c.EmailTLSPins = append(c.EmailTLSPins, sum)
	}
	return true
}

// setDKIMKey reads a key as PKCS #8 or, as older tools write RSA keys, PKCS #1.
func setDKIMKey(i int) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		if v == "" {
			return true
		}
		text, err := readLimited(c.path(v), maxSecret)
		block, _ := pem.Decode(text)
		if err != nil || block == nil {
			return false
		}
		if old, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			c.dkim[i].Key = old
			return old.N.BitLen() >= 1024
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return false
		}
		switch k := key.(type) {
		case *rsa.PrivateKey:
			c.dkim[i].Key = k
			return k.N.BitLen() >= 1024 // RFC 8301 §3.2
		case ed25519.PrivateKey:
			c.dkim[i].Key = k
			return true
		}
		return false
	}
}

func setHTTPAddr(c *Config, v string) bool {
	c.HTTPAddr = v
	return isListenAddr(v)
}

func setMetricsAddr(c *Config, v string) bool {
	c.MetricsAddr = v
	return v == "" || isListenAddr(v)
}

func setFeedbackAddr(c *Config, v string) bool {
	c.FeedbackSMTPAddr = v
	return v == "" || isListenAddr(v)
}

func isListenAddr(v string) bool {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		return false
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return false
	}
	_, err = netip.ParseAddr(host)
	return host == "" || err == nil || isDomain(host)
}

func setAllowedHosts(c *Config, v string) bool {
	c.AllowedHosts = nil
	for _, h := range list(v) {
		h = strings.ToLower(h)
		switch a, err := netip.ParseAddr(strings.Trim(h, "[]")); {
		case err == nil && a.Is6():
			h = "[" + a.String() + "]"
		case err == nil, h == "*", isDomain(strings.TrimPrefix(h, ".")):
		default:
			return false
		}
		c.AllowedHosts = append(c.AllowedHosts, h)
	}
	return len(c.AllowedHosts) > 0
}

func setPublicURL(c *Config, v string) bool {
	if v == "" {
		return true
	}
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && !isDomain(u.Hostname()) {
		return false
	}
	c.PublicURL = strings.TrimRight(u.String(), "/")
	return u.Scheme == "https" || (u.Scheme == "http" && loopback(u.Hostname()))
}

func setContactCap(c *Config, v string) bool {
	c.ContactCap = studymail.ContactCap{}
	if v == "" {
		return true
	}
	mails, within, ok := strings.Cut(v, "/")
	n, err := strconv.Atoi(mails)
	d, dOK := parseDuration(within)
	c.ContactCap = studymail.ContactCap{Mails: n, Within: d}
	return ok && err == nil && dOK && n >= 1 && n <= 1000 && d >= hour && d <= 366*day
}

func setTimeZone(c *Config, v string) bool {
	loc, err := time.LoadLocation(v)
	c.TimeZone = loc
	return err == nil && v != "Local"
}

// setLogLevel takes Python's names, too. "" is settled by DEBUG.
func setLogLevel(c *Config, v string) bool {
	switch strings.ToUpper(v) {
	case "DEBUG":
		c.LogLevel = slog.LevelDebug
	case "INFO", "":
		c.LogLevel = slog.LevelInfo
	case "WARNING", "WARN":
		c.LogLevel = slog.LevelWarn
	case "ERROR", "CRITICAL":
		c.LogLevel = slog.LevelError
	default:
		return false
	}
	return true
}

// list splits at commas and spaces: both are seen for ALLOWED_HOSTS.
func list(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

func setTrustedProxies(c *Config, v string) bool {
	c.TrustedProxies = nil
	for _, part := range list(v) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, err := netip.ParseAddr(part)
			if err != nil || a.Zone() != "" {
				return false
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.TrustedProxies = append(c.TrustedProxies, p.Masked())
	}
	return true
}
