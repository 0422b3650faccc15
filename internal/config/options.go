package config

import (
	"studymail"
	"studymail/internal/sealed"
)

// option is one row of the table. An option is added here and nowhere else.
type option struct {
	name    string
	old     string // a name that is still accepted, with a notice
	def     string // as it is written in .env; "" for none
	secret  bool   // never shown; may be read from a file: NAME_FILE
	exact   bool   // spaces around the value belong to it
	allowed string // for the error message
	doc     string
	set     func(c *Config, v string) bool // whether v is allowed
}

// group is a heading with its options.
type group struct {
	title   string
	options []option
}

// table is every option, in the order of the documentation.
func table() []group {
	return []group{
		{"Keys", []option{
			{
				name: "MASTER_KEYSET", secret: true, allowed: "a keyset as `studymail init` writes it",
				doc: "Opens everything that is sealed: lose it, and the patients' details are lost; keep a copy apart from the database's.",
				set: secret(func(c *Config) *sealed.Secret { return &c.MasterKeyset }, 0),
			},
			{
				name: "HASH_KEYSET", secret: true, allowed: "a keyset as `studymail init` writes it",
				doc: "Finds people by address or username, and suppressed addresses.",
				set: secret(func(c *Config) *sealed.Secret { return &c.HashKeyset }, 0),
			},
			{
				name: "SIGNING_KEYSET", secret: true, allowed: "a keyset as `studymail init` writes it",
				doc: "Signs the links and return paths in mails.",
				set: secret(func(c *Config) *sealed.Secret { return &c.SigningKeyset }, 0),
			},
			{
				name: "SECRET_KEY", secret: true, allowed: "at least 32 characters",
				doc: "Protects the pages' sessions. A new one logs everybody out.",
				set: secret(func(c *Config) *sealed.Secret { return &c.SecretKey }, 32),
			},
		}},
		{"Database", []option{
			{ //nolint:gosec // a placeholder, not a password
				name: "DATABASE_URL", def: "sqlite:data/studymail.db", secret: true,
				allowed: "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, special characters in the password percent-encoded",
				doc:     "Where everything is kept: `sqlite:PATH` (one file, one machine) or `postgres://USER:PASSWORD@HOST/NAME` (several machines).",
				set:     setDatabaseURL,
			},
			{
				name: "DATABASE_POOLER", def: "False", allowed: "True or False",
				doc: "True if DATABASE_URL leads to a pooler such as pgbouncer, which gives each transaction any of its connections.",
				set: yes(func(c *Config) *bool { return &c.DatabasePooler }),
			},
			{
				name: "STATE_DIR", def: "state", allowed: "a folder",
				doc: "What this machine knows by itself: which of its workers are alive, how far it has seen each database, and who was erased. Leave it out of backups, and out of the data folder: it tells when a database was restored.",
				set: file(func(c *Config) *string { return &c.StateDir }),
			},
		}},
		{"Mail", []option{
			{
				name: "MAIL_TRANSPORT", def: "maildir", allowed: "maildir, smtp or ses",
				doc: "`maildir`: mails become files in MAILDIR_PATH and nothing leaves the machine; `smtp`: they go to EMAIL_HOST; `ses`: to Amazon SES.",
				set: choice(func(c *Config) *Transport { return &c.MailTransport }, Maildir, SMTP, SES),
			},
			{
				name: "MAILDIR_PATH", def: "mail", allowed: "a folder",
				doc: "The Maildir folder. Mails in it are in clear.",
				set: file(func(c *Config) *string { return &c.MaildirPath }),
			},
			{
				name: "EMAIL", allowed: "an address alone, such as studies@example.org; the name goes into EMAIL_DISPLAY_NAME",
				doc: "The sender's address, and the login if EMAIL_USER is empty. Needed with `smtp` and `ses`; with `maildir` it is " + defaultSender + " when empty.",
				set: setEmail,
			},
			{
				name: "EMAIL_DISPLAY_NAME", allowed: "up to 100 characters on one line",
				doc: "The sender's name that patients see where neither study nor care provider has one.",
				set: line(func(c *Config) *string { return &c.DisplayName }, 100),
			},
			{
				name: "BOUNCE_DOMAIN", allowed: "a domain, such as bounce.example.org",
				doc: "Bounces come back to a signed address at this domain; when empty, to EMAIL.",
				set: domain(func(c *Config) *string { return &c.BounceDomain }),
			},
			{
				name: "CONTACT_CAP", allowed: "1 to 1000 mails in 1h to 366d, such as 2/30d",
				doc: "At most so many study mails to one person in that time, of all studies together, such as `2/30d`; who would get more is left out of the plan. Empty: no limit.",
				set: setContactCap,
			},
		}},
		{"SMTP", []option{
			{
				name: "EMAIL_HOST", allowed: "a host name or an IP address, without a port",
				doc: "The relay. Needed with `smtp`.",
				set: setEmailHost,
			},
			{
				name: "EMAIL_PORT", allowed: "a port, 1 to 65535",
				doc: "When empty: 465 with EMAIL_TLS `tls`, 25 with `none`, otherwise 587.",
				set: number(func(c *Config) *int { return &c.EmailPort }, 1, 65535),
			},
			{
				name: "EMAIL_USER", allowed: "up to 255 characters on one line",
				doc: "The login, when it is not EMAIL.",
				set: line(func(c *Config) *string { return &c.EmailUser }, 255),
			},
			{
				name: "EMAIL_PASSWORD", secret: true, exact: true, allowed: "one line",
				doc: "The login's password. Empty: no login.",
				set: secret(func(c *Config) *sealed.Secret { return &c.EmailPassword }, 0),
			},
			{
				name: "EMAIL_TOKEN", secret: true, allowed: "one line, and no EMAIL_PASSWORD beside it",
				doc: "An OAuth 2 access token, for a relay with OAUTHBEARER or XOAUTH2, instead of a password. Tokens expire: EMAIL_TOKEN_FILE is read anew for each connection.",
				set: secret(func(c *Config) *sealed.Secret { return &c.EmailToken }, 0),
			},
			{
				name: "EMAIL_TLS", allowed: "none, starttls, starttls-required or tls",
				doc: "`tls` from the first byte, `starttls-required` or no mail, `starttls` where it is offered, `none`. When empty: `starttls-required`, or `none` if EMAIL_HOST is this machine.",
				set: choice(func(c *Config) *TLS { return &c.EmailTLS }, NoTLS, StartTLS, StartTLSRequired, ImplicitTLS),
			},
			{
				name: "EMAIL_USE_TLS", allowed: "True or False",
				doc: "The older way to say it: True is EMAIL_TLS `starttls-required`, False is `none`.",
				set: func(c *Config, v string) bool { _, ok := truth(v); return ok || v == "" }, // read in cross.go
			},
			{
				name: "EMAIL_TLS_CA_FILE", allowed: "a PEM file with certificates that can be read",
				doc: "Certificates of a private authority, instead of the system's.",
				set: setCAFile,
			},
			{
				name: "EMAIL_TLS_PINS", allowed: "SHA-256 fingerprints of public keys (SPKI) in base64 or hex, separated by commas",
				doc: "Public keys that the relay may have; if there are any, nothing else is checked.",
				set: setPins,
			},
			{
				name: "HELO_NAME", allowed: "a domain, such as mail.example.org",
				doc: "The name that this machine gives itself to the relay; when empty, its IP address.",
				set: domain(func(c *Config) *string { return &c.HeloName }),
			},
			{
				name: "SMTP_CONNECTIONS", def: "4", allowed: "1 to 100",
				doc: "Connections of each worker to the relay at once, at most; a relay that turns some away gets fewer.",
				set: number(func(c *Config) *int { return &c.SMTPConnections }, 1, 100),
			},
			{
				name: "SMTP_MAILS_PER_CONNECTION", def: "1000", allowed: "0 to 1000000, 0 for no limit",
				doc: "A connection is closed after that many mails and opened anew; 0: no limit.",
				set: number(func(c *Config) *int { return &c.SMTPMailsPerConnection }, 0, 1000000),
			},
			{
				name: "SMTP_IDLE", def: "30s", allowed: "a duration from 1s to 1h, such as 30s",
				doc: "A connection without mail is closed after that.",
				set: duration(func(c *Config) *timeDuration { return &c.SMTPIdle }, second, hour),
			},
			{
				name: "SMTP_TIMEOUT", def: "10m", allowed: "a duration from 1s to 10m, such as 1m",
				doc: "The longest wait for an answer of the relay, where RFC 5321 (5 minutes for most) does not say less.",
				set: duration(func(c *Config) *timeDuration { return &c.SMTPTimeout }, second, 10*minute),
			},
			{
				name: "SMTP_WINDOW", def: "16", allowed: "1 to 32",
				doc: "Mails on their way in one connection at most. After a crash up to twice as many, and at most 32, may stand in doubt.",
				set: number(func(c *Config) *int { return &c.SMTPWindow }, 1, 32),
			},
			{
				name: "SMTP_PIPELINING", def: "True", allowed: "True or False",
				doc: "False if the relay offers PIPELINING and does not bear it.",
				set: yes(func(c *Config) *bool { return &c.SMTPPipelining }),
			},
			{
				name: "SMTP_CHUNKING", def: "True", allowed: "True or False",
				doc: "False if the relay offers CHUNKING and does not bear it.",
				set: yes(func(c *Config) *bool { return &c.SMTPChunking }),
			},
		}},
		{"Amazon SES", []option{
			{
				name: "SES_REGION", allowed: "a region of AWS, such as eu-west-2",
				doc: "Where the account's mail leaves, such as `eu-west-2`. When empty, what AWS's own settings say (AWS_REGION, ~/.aws). Credentials are found as AWS's tools find them: in the environment (not in this file), in ~/.aws, or by the machine's role.",
				set: setRegion,
			},
			{
				name: "SES_CONFIGURATION_SET", allowed: "a name of letters, digits, - and _",
				doc: "The configuration set whose events come back. Without one nothing comes back but mail.",
				set: setSESName(func(c *Config) *string { return &c.SES.ConfigurationSet }),
			},
			{
				name: "SES_MODE", def: "raw", allowed: "raw or bulk",
				doc: "`raw`: each mail is put together and signed here; `bulk`: SES puts 50 together at a call, from a template that is registered there, and signs them.",
				set: choice(func(c *Config) *SESMode { return &c.SES.Mode }, SESRaw, SESBulk),
			},
			{
				name: "SES_CONCURRENCY", def: "20", allowed: "1 to 1000",
				doc: "Calls of each worker to SES at once, at most. After a loss of power so many mails may stand in doubt, and as many again.",
				set: number(func(c *Config) *int { return &c.SES.Concurrency }, 1, 1000),
			},
			{
				name: "SES_ENDPOINT", allowed: "https://HOST, https://HOST/PATH; http only for this machine itself",
				doc: "The address of SES and SQS, where it is not AWS's usual one: an endpoint of a private network, or a test's.",
				set: setSESEndpoint,
			},
			{
				name: "SES_SQS_QUEUE_URL", allowed: "https://HOST/ACCOUNT/NAME, as AWS shows it; http only for this machine itself",
				doc: "The SQS queue that SES's events come to: workers read it. It needs no address that AWS could reach.",
				set: setQueueURL,
			},
			{
				name: "SES_TOPIC_ARN", allowed: "an ARN such as arn:aws:sns:eu-west-2:123456789012:studymail",
				doc: "The SNS topic whose messages are taken at PUBLIC_URL/hooks/ses; nothing else is. Its subscription is confirmed by itself.",
				set: setTopicARN,
			},
			{
				name: "SES_SNS_HOST", allowed: "a host name, perhaps with a port",
				doc: "The host that SNS's certificates are taken from. When empty: sns.REGION.amazonaws.com of the topic's region. For tests.",
				set: setSNSHost,
			},
		}},
		{"Rate", []option{
			{
				name: "RATE_PER_SECOND", allowed: "a number from 0 to 1000000, such as 10 or 0.5; empty for no limit",
				doc: "Mails a second at most, of all workers together. 0 stops all mail, and so does a 0 below.",
				set: limit(func(c *Config) *studymail.Limit { return &c.Limits.PerSecond }, false),
			},
			{
				name: "RATE_PER_MINUTE", allowed: "a whole number from 0 to 1000000000; empty for no limit",
				doc: "The same, in any 60 seconds.",
				set: limit(func(c *Config) *studymail.Limit { return &c.Limits.PerMinute }, true),
			},
			{
				name: "RATE_PER_HOUR", allowed: "a whole number from 0 to 1000000000; empty for no limit",
				doc: "The same, in any 60 minutes.",
				set: limit(func(c *Config) *studymail.Limit { return &c.Limits.PerHour }, true),
			},
			{
				name: "RATE_PER_DAY", allowed: "a whole number from 0 to 1000000000; empty for no limit",
				doc: "The same, in any 24 hours.",
				set: limit(func(c *Config) *studymail.Limit { return &c.Limits.PerDay }, true),
			},
			{
				name: "MAX_CONNECTIONS", allowed: "a whole number from 0 to 1000000000; empty for no limit",
				doc: "Connections to the relay at once, of all workers together. When empty, each worker may open `SMTP_CONNECTIONS`.",
				set: limit(func(c *Config) *studymail.Limit { return &c.Limits.Connections }, true),
			},
		}},
		{"DKIM", []option{
			{
				name: "DKIM_DOMAIN", allowed: "a domain, such as example.org",
				doc: "The domain that signs; when empty, that of EMAIL. Mails are signed once there is a key.",
				set: domain(func(c *Config) *string { return &c.DKIMDomain }),
			},
			{
				name: "DKIM_SELECTOR", allowed: "a name as `studymail dkim new` was given it, such as s1",
				doc: "The name in DNS of the first key.",
				set: domain(func(c *Config) *string { return &c.dkim[0].Selector }),
			},
			{
				name: "DKIM_KEY_FILE", allowed: "a PEM file with a private key, RSA of at least 1,024 bits or Ed25519, that can be read",
				doc: "The first key. `studymail dkim new` makes one.",
				set: setDKIMKey(0),
			},
			{
				name: "DKIM_SELECTOR_2", allowed: "a name as `studymail dkim new` was given it, such as s2",
				doc: "The name in DNS of the second key.",
				set: domain(func(c *Config) *string { return &c.dkim[1].Selector }),
			},
			{
				name: "DKIM_KEY_FILE_2", allowed: "a PEM file with a private key, RSA of at least 1,024 bits or Ed25519, that can be read",
				doc: "A second key: Ed25519 beside RSA, or the next one while the old is still in use.",
				set: setDKIMKey(1),
			},
		}},
		{"Retries", []option{
			{
				name: "MAX_ATTEMPTS", def: "8", allowed: "1 to 100",
				doc: "A message fails after that many attempts.",
				set: number(func(c *Config) *int { return &c.MaxAttempts }, 1, 100),
			},
			{
				name: "RETRY_BASE", def: "5m", allowed: "a duration from 10ms to 1d, such as 5m",
				doc: "The wait before the second attempt; it doubles with each, and varies a little.",
				set: duration(func(c *Config) *timeDuration { return &c.RetryBase }, 10*millisecond, day),
			},
			{
				name: "RETRY_MAX", def: "4h", allowed: "a duration from RETRY_BASE to 7d, such as 4h",
				doc: "The longest wait between two attempts.",
				set: duration(func(c *Config) *timeDuration { return &c.RetryMax }, 10*millisecond, 7*day),
			},
			{
				name: "SWEEP_EVERY", def: "30s", allowed: "a duration from 1s to 1h, such as 30s",
				doc: "How often messages whose next attempt is due are brought back.",
				set: duration(func(c *Config) *timeDuration { return &c.SweepEvery }, second, hour),
			},
			{
				name: "MESSAGE_EXPIRES", def: "5d", allowed: "a duration from 1m to 90d, such as 5d",
				doc: "A message that could not be handed over for that long fails as expired.",
				set: duration(func(c *Config) *timeDuration { return &c.MessageExpires }, minute, 90*day),
			},
			{
				name: "JOB_HISTORY", def: "7d", allowed: "a duration from 1m to 366d, such as 7d",
				doc: "How long finished jobs are kept. Of each schedule the last 200 runs are.",
				set: duration(func(c *Config) *timeDuration { return &c.JobHistory }, minute, 366*day),
			},
		}},
		{"Feedback", []option{
			{
				name: "FEEDBACK_SMTP_ADDR", allowed: "an address to listen on, such as :25 or 10.0.0.5:2525",
				doc: "Workers receive mail for BOUNCE_DOMAIN here, whose MX record leads to this machine. Empty: they do not.",
				set: setFeedbackAddr,
			},
			{
				name: "FEEDBACK_SMTP_RATE", def: "600", allowed: "0 to 100000, 0 for no limit",
				doc: "Mails a minute that are received from one network address; more are asked to come later.",
				set: number(func(c *Config) *int { return &c.FeedbackSMTPRate }, 0, 100000),
			},
			{
				name: "FEEDBACK_IMAP_HOST", allowed: "a host name or an IP address, without a port",
				doc: "Workers read bounces out of an IMAP mailbox there. Empty: they do not.",
				set: setFeedbackIMAPHost,
			},
			{
				name: "FEEDBACK_IMAP_PORT", allowed: "a port, 1 to 65535",
				doc: "When empty: 993 with FEEDBACK_IMAP_TLS `tls`, otherwise 143.",
				set: number(func(c *Config) *int { return &c.FeedbackIMAP.Port }, 1, 65535),
			},
			{
				name: "FEEDBACK_IMAP_USER", allowed: "up to 255 characters on one line",
				doc: "The mailbox's login.",
				set: line(func(c *Config) *string { return &c.FeedbackIMAP.User }, 255),
			},
			{
				name: "FEEDBACK_IMAP_PASSWORD", secret: true, exact: true, allowed: "one line",
				doc: "The login's password.",
				set: secret(func(c *Config) *sealed.Secret { return &c.FeedbackIMAP.Password }, 0),
			},
			{
				name: "FEEDBACK_IMAP_TOKEN", secret: true, allowed: "one line, and no FEEDBACK_IMAP_PASSWORD beside it",
				doc: "An OAuth 2 access token (OAUTHBEARER or XOAUTH2), instead of a password. Tokens expire: FEEDBACK_IMAP_TOKEN_FILE is read anew for each connection.",
				set: secret(func(c *Config) *sealed.Secret { return &c.FeedbackIMAP.Token }, 0),
			},
			{
				name: "FEEDBACK_IMAP_TLS", def: "tls", allowed: "tls, starttls-required or none",
				doc: "`tls` from the first byte, `starttls-required`, or `none`, which is for this machine only. EMAIL_TLS_CA_FILE counts here, too.",
				set: choice(func(c *Config) *TLS { return &c.FeedbackIMAP.TLS }, ImplicitTLS, StartTLSRequired, NoTLS),
			},
			{
				name: "FEEDBACK_IMAP_FOLDER", def: "INBOX", allowed: "up to 200 characters on one line",
				doc: "The folder that is read.",
				set: line(func(c *Config) *string { return &c.FeedbackIMAP.Folder }, 200),
			},
			{
				name: "FEEDBACK_IMAP_DONE", def: "studymail", allowed: "up to 200 characters on one line",
				doc: "The folder that mails are moved to once they were taken in; `delete` deletes them.",
				set: line(func(c *Config) *string { return &c.FeedbackIMAP.Done }, 200),
			},
			{
				name: "FEEDBACK_IMAP_EVERY", def: "1m", allowed: "a duration from 1s to 1h, such as 1m",
				doc: "How often is looked for new mails at least; a server that tells of them by itself (IDLE) is believed at once.",
				set: duration(func(c *Config) *timeDuration { return &c.FeedbackIMAP.Every }, second, hour),
			},
			{
				name: "HALT_FROM", def: "200", allowed: "1 to 1000000",
				doc: "A campaign stops by itself only once so many of its letters were sent or failed.",
				set: number(func(c *Config) *int { return &c.Halts.From }, 1, 1000000),
			},
			{
				name: "HALT_HARD", def: "5", allowed: "a percentage from 0 to 100, 0 for never",
				doc: "It stops when more than that many percent went to dead addresses. A person lets it go on.",
				set: percentage(func(c *Config) *float64 { return &c.Halts.Hard }),
			},
			{
				name: "HALT_COMPLAINTS", def: "0.1", allowed: "a percentage from 0 to 100, 0 for never",
				doc: "The same for complaints; three of them at least.",
				set: percentage(func(c *Config) *float64 { return &c.Halts.Complaints }),
			},
			{
				name: "HALT_FAILED", def: "10", allowed: "a percentage from 0 to 100, 0 for never",
				doc: "The same for letters that failed for good.",
				set: percentage(func(c *Config) *float64 { return &c.Halts.Failed }),
			},
			{
				name: "FEEDBACK_KEEP", def: "30d", allowed: "a duration from 1d to 366d, such as 30d",
				doc: "How long mails that nobody understood, and what other servers said, are kept.",
				set: duration(func(c *Config) *timeDuration { return &c.FeedbackKeep }, day, 366*day),
			},
		}},
		{"Retention", []option{
			{
				name: "RETAIN_MERGED", def: "30d", allowed: "a duration from 1d to 3660d, such as 30d",
				doc: "How long what was merged into a letter is kept, sealed, after it was handed over: so long its mail can be shown.",
				set: duration(func(c *Config) *timeDuration { return &c.RetainMerged }, day, 3660*day),
			},
			{
				name: "RETAIN_DIAGNOSTICS", def: "90d", allowed: "a duration from 1d to 3660d, such as 90d",
				doc: "How long what mail servers answered is kept, scrubbed; codes and outcomes stay for good.",
				set: duration(func(c *Config) *timeDuration { return &c.RetainDiagnostics }, day, 3660*day),
			},
		}},
		{"Pages", []option{
			{
				name: "HTTP_ADDR", def: "127.0.0.1:8000", allowed: "an address to listen on, such as 127.0.0.1:8000 or :8000",
				doc: "Where pages and health checks are served.",
				set: setHTTPAddr,
			},
			{
				name: "METRICS_ADDR", allowed: "an address to listen on, such as 127.0.0.1:9100",
				doc: "Where figures for Prometheus are served, at /metrics, without a login: an address that only the monitor reaches. When empty: nowhere.",
				set: setMetricsAddr,
			},
			{
				name: "METRICS_TOKEN", secret: true, allowed: "at least 16 characters",
				doc: "With it, /metrics is served on HTTP_ADDR, too, to who sends it as a bearer token.",
				set: secret(func(c *Config) *sealed.Secret { return &c.MetricsToken }, 16),
			},
			{
				name: "ALLOWED_HOSTS", old: "DJANGO_ALLOWED_HOSTS", def: "localhost,127.0.0.1,[::1]",
				allowed: "host names separated by commas, without scheme and port; .example.org also takes the names below it",
				doc:     "The host names under which the pages may be asked for; that of PUBLIC_URL is added by itself.",
				set:     setAllowedHosts,
			},
			{
				name: "PUBLIC_URL", allowed: "https://HOST or https://HOST/PATH; http only for this machine itself",
				doc: "Where patients reach the opt-out page. When empty, mails have no List-Unsubscribe; those in a Maildir, which stay here, lead to the pages on this machine.",
				set: setPublicURL,
			},
			{
				name: "TRUSTED_PROXIES", allowed: "IP addresses or networks such as 10.0.0.0/8, separated by commas",
				doc: "Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
				set: setTrustedProxies,
			},
			{
				name: "SESSION_IDLE", def: "1h", allowed: "a duration from 1m to 30d, such as 1h",
				doc: "Who has not used the pages for that long is signed out.",
				set: duration(func(c *Config) *timeDuration { return &c.SessionIdle }, minute, 30*day),
			},
			{
				name: "SESSION_MAX", def: "12h", allowed: "a duration from 1m to 90d, such as 12h",
				doc: "Everybody signs in anew after that long.",
				set: duration(func(c *Config) *timeDuration { return &c.SessionMax }, minute, 90*day),
			},
			{
				name: "SECOND_FACTOR", def: "optional", allowed: "optional or required",
				doc: "Whether users must sign in with a code from an authenticator app, too.",
				set: choice(func(c *Config) *SecondFactor { return &c.SecondFactor }, SecondFactorOptional, SecondFactorRequired),
			},
			{
				name: "DEBUG", def: "False", allowed: "True or False",
				doc: "True, for development, logs at level DEBUG unless LOG_LEVEL says otherwise.",
				set: yes(func(c *Config) *bool { return &c.Debug }),
			},
			{
				name: "TIME_ZONE", def: "Europe/London", allowed: "a name such as Europe/London or UTC",
				doc: "In which times are shown and, unless said otherwise, understood.",
				set: setTimeZone,
			},
		}},
		{"Logs", []option{
			{
				name: "LOG_LEVEL", allowed: "DEBUG, INFO, WARNING or ERROR",
				doc: "The least level that is logged. When empty: INFO.",
				set: setLogLevel,
			},
			{
				name: "LOG_FILE_PATH", def: "logs/app.log", allowed: "a file, or - for none",
				doc: "JSON lines of everything but workers; `-`: no file, the console has them in any case.",
				set: logFile(func(c *Config) *string { return &c.LogFilePath }),
			},
			{
				name: "WORKER_LOG_FILE_PATH", old: "CELERY_LOGFILE_PATH", def: "logs/worker.log", allowed: "a file, or - for none",
				doc: "JSON lines of workers.",
				set: logFile(func(c *Config) *string { return &c.WorkerLogFilePath }),
			},
			{
				name: "LOG_MAX_MB", def: "10", allowed: "1 to 1000",
				doc: "A log file is put aside at this size and a new one begun.",
				set: number(func(c *Config) *int { return &c.LogMaxMB }, 1, 1000),
			},
			{
				name: "LOG_MAX_FILES", def: "10", allowed: "1 to 1000",
				doc: "As many files put aside are kept of each.",
				set: number(func(c *Config) *int { return &c.LogMaxFiles }, 1, 1000),
			},
		}},
	}
}

// options is the table without its headings.
func options() []option {
	var all []option
	for _, g := range table() {
		all = append(all, g.options...)
	}
	return all
}
