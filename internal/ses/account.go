package ses

import (
	"context"
	"errors"
	"fmt"
	"time"

	"studymail"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// Account is what SES lets the account do.
type Account struct {
	Quota       studymail.Quota // At is not set: the limiter does
	Production  bool            // out of the sandbox
	Enabled     bool            // may send
	Enforcement string          // HEALTHY, PROBATION or SHUTDOWN
}

const readingQuota = "read the quota of the account"

// Account asks what the account may do now.
func (c *Client) Account(ctx context.Context) (Account, error) {
	a, err := c.account(ctx)
	if err != nil {
		return Account{}, c.explain(readingQuota, err)
	}
	return a, nil
}

// Try tells why no mail could be handed over now; nil: it could.
func (c *Client) Try(ctx context.Context) *Trouble {
	a, err := c.account(ctx)
	if err != nil {
		api, ok := errors.AsType[smithy.APIError](err)
		if !ok {
			return notReached(err)
		}
		t := &Trouble{Code: "fault", Detail: c.explain(readingQuota, err).Error()}
		if among(loginCodes, api.ErrorCode()) {
			t.Code, t.Stop = "auth", true
		}
		return t
	}
	if q := a.Quota; q.PerDay > 0 && q.Used >= q.PerDay {
		return spent()
	}
	return a.Trouble()
}

func (c *Client) account(ctx context.Context) (Account, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, err := c.asks.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return Account{}, err
	}
	a := Account{Production: out.ProductionAccessEnabled, Enabled: out.SendingEnabled, Enforcement: aws.ToString(out.EnforcementStatus)}
	if q := out.SendQuota; q != nil {
		a.Quota = studymail.Quota{PerSecond: q.MaxSendRate, Used: int(q.SentLast24Hours)}
		if q.Max24HourSend > 0 { // -1: there is none
			a.Quota.PerDay = int(q.Max24HourSend)
		}
	}
	return a, nil
}

// Trouble says why the account cannot send, or not to everybody; nil for nothing.
func (a *Account) Trouble() *Trouble {
	switch {
	case a.Enforcement == "SHUTDOWN":
		return &Trouble{Code: "suspended", Detail: "Amazon SES has shut the account down: see the SES console, and answer AWS there", Stop: true}
	case !a.Enabled:
		return &Trouble{Code: "paused", Detail: "sending is paused for the account: see the SES console, and answer AWS there", Stop: true}
	case !a.Production:
		return sandbox()
	}
	return nil
}

// Note is what the operator should know of an account that sends; "" for nothing.
func (a *Account) Note() string {
	if a.Enforcement == "PROBATION" {
		return "Amazon SES has the account under review: see the SES console before it is suspended"
	}
	return ""
}

// explain words an error of a call that hands no mail over.
func (c *Client) explain(doing string, err error) error {
	code := studymail.Unavailable
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		name := api.ErrorCode()
		if among(loginCodes, name) {
			return studymail.Errorf(studymail.Unavailable, "cannot %s: AWS says %s; check the credentials, the policy (docs/ses.md) and this machine's clock", doing, name)
		}
		if _, ok := errors.AsType[*types.NotFoundException](err); ok {
			code = studymail.NotFound
		}
		return studymail.Errorf(code, "cannot %s: AWS says %s", doing, reply(name, scrubbed(errors.New(api.ErrorMessage())).Error()))
	}
	return studymail.Errorf(code, "cannot %s: %w", doing, fmt.Errorf("%s (%w)", notReached(err).Detail, scrubbed(err)))
}
