package app

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/feedback"
	"studymail/internal/limiter"
	"studymail/internal/outbox"
	"studymail/internal/ses"
	"studymail/internal/seslist"
	"studymail/internal/store"
)

// sesBulk tells whether SES puts mails together.
func (a *App) sesBulk() bool {
	return a.Config.MailTransport == config.SES && a.Config.SES.Mode == config.SESBulk
}

// sesTogether is how many mails of one lane may be on their way at once: those of two
// windows where they share calls.
func (a *App) sesTogether() int {
	if a.sesBulk() {
		return store.MaxWindow
	}
	return 10
}

// lanes is how many lanes the transport of the configuration has.
func (a *App) lanes() int {
	if a.Config.MailTransport == config.SES {
		each := 10
		if a.sesBulk() {
			each = 2 // a lane's mails fill more than half of a call
		}
		return max((a.Config.SES.Concurrency+each-1)/each, 1)
	}
	return a.Config.SMTPConnections
}

// SES is the account of the configuration.
func (a *App) SES() (*ses.Client, error) {
	roots, err := a.publicRoots()
	if err != nil {
		return nil, err
	}
	c := &a.Config.SES
	return ses.New(context.Background(), ses.Options{
		Region: c.Region, Endpoint: c.Endpoint, ConfigurationSet: c.ConfigurationSet, Sender: a.Config.Email, Roots: roots,
	})
}

// SESList is the suppression list of the account beside ours.
func (a *App) SESList() (*seslist.List, error) {
	client, err := a.SES()
	if err != nil {
		return nil, err
	}
	return &seslist.List{Client: client, Store: a.Store, Sealer: a.Keys.Sealer(), Now: a.Now}, nil
}

// pagesSESList is what the pages show of it; nil where nothing is set of Amazon SES.
func (a *App) pagesSESList() (*seslist.List, error) {
	if a.Config.MailTransport != config.SES && a.Config.SES.Region == "" {
		return nil, nil //nolint:nilnil // none
	}
	return a.SESList()
}

// topic is the topic of SNS whose messages are taken by HTTPS; nil for none.
func (a *App) topic() (*ses.Topic, error) {
	c := &a.Config.SES
	if c.TopicARN == "" {
		return nil, nil //nolint:nilnil // none
	}
	roots, err := a.publicRoots()
	if err != nil {
		return nil, err
	}
	host := c.SNSHost
	if host == "" {
		host = ses.SNSHost(c.TopicRegion())
	}
	return &ses.Topic{ARN: c.TopicARN, Host: host, Roots: roots, Now: a.Now}, nil
}

// Waits between tries of a queue that cannot be read.
const (
	queueAgain     = time.Second
	queueAgainMost = time.Minute
)

// readQueue takes in what comes to the queue of SES's events until ctx ends. What was
// not applied stays there, and comes again.
func (a *App) readQueue(ctx context.Context, intake *feedback.Intake) error {
	client, err := a.SES()
	if err != nil {
		return err
	}
	queue := client.Queue(a.Config.SES.QueueURL)
	said, wait := "", queueAgain
	for ctx.Err() == nil {
		err := a.takeLetters(ctx, queue, intake)
		if err == nil {
			said, wait = "", queueAgain
			continue
		}
		if text := err.Error(); text != said && ctx.Err() == nil {
			a.Logs.Worker.Error("the queue of Amazon SES's events could not be read; it is tried again", "error", err)
			said = text
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, queueAgainMost)
	}
	return nil
}

func (a *App) takeLetters(ctx context.Context, queue *ses.Queue, intake *feedback.Intake) error {
	letters, err := queue.Receive(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, l := range letters {
		err := intake.TakeLetter(ctx, []byte(l.Body), a.Config.SES.TopicARN)
		if err == nil {
			err = queue.Remove(ctx, l) // not before what follows from it is durable
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// publicRoots are the system's certificates and those of EMAIL_TLS_CA_FILE; nil for the
// system's alone.
func (a *App) publicRoots() (*x509.CertPool, error) {
	if a.Config.EmailTLSCAFile == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	pem, err := os.ReadFile(a.Config.EmailTLSCAFile)
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "EMAIL_TLS_CA_FILE: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, studymail.Errorf(studymail.Invalid, "EMAIL_TLS_CA_FILE: no certificate in it; it must be PEM")
	}
	return roots, nil
}

// examineSES looks at all that SES needs to send, and to tell of it.
func (a *App) examineSES(ctx context.Context) ([]studymail.Check, error) {
	c := &a.Config.SES
	var all []studymail.Check
	client, err := a.SES()
	if err != nil {
		return []studymail.Check{{Name: "Amazon SES", Value: err.Error(), Limit: "works", Mend: "do as it says"}}, nil //nolint:nilerr // the check tells it
	}
	if a.Config.MailTransport == config.SES {
		all = client.Examine(ctx, c.TopicARN)
	}
	if c.QueueURL != "" {
		all = append(all, wayBack("the queue can be read", client.Queue(c.QueueURL).Reach(ctx), "check SES_SQS_QUEUE_URL, and give AWS's credentials the rights of docs/ses.md"))
	}
	if c.TopicARN != "" && c.QueueURL == "" {
		var came bool
		if err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
			came, err = tx.HasNotices(ctx)
			return err
		}); err != nil {
			return nil, err
		}
		var missing error
		if !came {
			missing = studymail.Errorf(studymail.NotFound, "the topic has said nothing yet, not even its wish to be confirmed")
		}
		all = append(all, wayBack("the topic has reached us", missing, "subscribe "+a.Config.PublicURL+"/hooks/ses to the topic, by https, and see that AWS can reach that address (docs/ses.md)"))
	}
	if a.Config.MailTransport == config.SES && c.TopicARN == "" && c.QueueURL == "" {
		all = append(all, wayBack("", studymail.Errorf(studymail.NotFound, "none: bounces and complaints do not come back"), "set SES_SQS_QUEUE_URL or SES_TOPIC_ARN (docs/ses.md)"))
	}
	return all, nil
}

func wayBack(value string, err error, mend string) studymail.Check {
	c := studymail.Check{Name: "Amazon SES: way back", OK: err == nil, Value: value, Limit: "works"}
	if err != nil {
		c.Value, c.Mend = err.Error(), mend
	}
	return c
}

// accountEvery is how often the account's quota is read.
const accountEvery = time.Minute

// followAccount reads what the account may send until ctx ends, and tells the limiter,
// which tells all workers.
func (a *App) followAccount(ctx context.Context, transport *outbox.SES, lim *limiter.Limiter, now <-chan struct{}) {
	tick := time.NewTicker(accountEvery)
	defer tick.Stop()
	said := ""
	for {
		text := ""
		note, err := a.readAccount(ctx, transport.Client, lim)
		if err != nil {
			text = err.Error()
		} else {
			transport.Say(note)
		}
		if text != "" && text != said && ctx.Err() == nil {
			a.Logs.Worker.Error("the quota of Amazon SES could not be read", "error", err)
		}
		said = text
		select {
		case <-tick.C:
		case <-now:
		case <-ctx.Done():
			return
		}
	}
}

// readAccount gives what the operator should know of the account.
func (a *App) readAccount(ctx context.Context, client *ses.Client, lim *limiter.Limiter) (note string, err error) {
	account, err := client.Account(ctx)
	if err != nil {
		return "", err
	}
	if err := lim.SetQuota(ctx, account.Quota); err != nil {
		return "", err
	}
	if t := account.Trouble(); t != nil {
		return t.Detail, nil
	}
	return account.Note(), nil
}
