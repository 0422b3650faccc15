package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// SESMode is how mails are handed to Amazon SES.
type SESMode string

// The modes.
const (
	SESRaw  SESMode = "raw"
	SESBulk SESMode = "bulk"
)

// SESSettings are how Amazon SES is reached, and how its events come back.
type SESSettings struct {
	Region           string // "": what the SDK finds
	ConfigurationSet string
	Mode             SESMode
	Concurrency      int
	Endpoint         string // "": AWS's
	QueueURL         string // "": no queue is read
	TopicARN         string // "": nothing is taken by HTTPS
	SNSHost          string // "": that of the topic's region
}

var (
	regionText = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)
	sesName    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	topicText  = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
)

func setRegion(c *Config, v string) bool {
	c.SES.Region = v
	return v == "" || regionText.MatchString(v)
}

func setSESName(field func(*Config) *string) func(*Config, string) bool {
	return func(c *Config, v string) bool {
		*field(c) = v
		return v == "" || sesName.MatchString(v)
	}
}

func setTopicARN(c *Config, v string) bool {
	c.SES.TopicARN = v
	return v == "" || topicText.MatchString(v)
}

// TopicRegion is the region of the topic.
func (s *SESSettings) TopicRegion() string {
	if m := topicText.FindStringSubmatch(s.TopicARN); m != nil {
		return m[1]
	}
	return ""
}

func setSNSHost(c *Config, v string) bool {
	c.SES.SNSHost = v
	host := v
	if h, _, err := net.SplitHostPort(v); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(host)
	return v == "" || err == nil || isDomain(host)
}

func setSESEndpoint(c *Config, v string) (ok bool) {
	c.SES.Endpoint, ok = plainURL(v)
	return ok
}

func setQueueURL(c *Config, v string) (ok bool) {
	c.SES.QueueURL, ok = plainURL(v)
	return ok
}

// plainURL takes an address without login and parameters; "" is none.
func plainURL(v string) (string, bool) {
	if v == "" {
		return "", true
	}
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return v, false
	}
	return strings.TrimRight(v, "/"), u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

// ses settles what Amazon SES needs.
func (l *loader) ses() {
	c := l.c
	if c.MailTransport == SES && c.Email == "" {
		l.problem("EMAIL", "found nothing; with MAIL_TRANSPORT=ses it is needed: %s", allowedFor("EMAIL"))
	}
	if c.SES.TopicARN != "" && c.PublicURL == "" && !l.wrong["PUBLIC_URL"] {
		l.warn("SES_TOPIC_ARN", "PUBLIC_URL is empty: AWS needs an address that it can reach this installation at")
	}
	if c.MailTransport != SES {
		return
	}
	if c.SES.ConfigurationSet == "" {
		l.warn("SES_CONFIGURATION_SET", "without one no bounces and complaints come back from SES (docs/ses.md)")
	}
	if c.SES.Mode == SESBulk && len(c.DKIM) > 0 {
		l.warn("SES_MODE", "with bulk, SES puts mails together: they are signed by SES, and not by the keys of DKIM_KEY_FILE")
	}
}
