package ses

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"studymail"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// Examine looks at what SES needs to send our mail and to tell of it: one line each,
// with the mend. topic is SES_TOPIC_ARN; "": events come by a queue, or not at all.
func (c *Client) Examine(ctx context.Context, topic string) []studymail.Check {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	checks := []studymail.Check{c.checkAccount(ctx)}
	checks = append(checks, c.checkIdentity(ctx)...)
	return append(checks, c.checkConfigurationSet(ctx), c.checkEvents(ctx, topic))
}

func check(name, value, mend string, ok bool) studymail.Check {
	if ok {
		mend = ""
	}
	return studymail.Check{Name: "Amazon SES: " + name, OK: ok, Value: value, Limit: "works", Mend: mend}
}

func (c *Client) checkAccount(ctx context.Context) studymail.Check {
	a, err := c.Account(ctx)
	if err != nil {
		return check("account", err.Error(), "give AWS's credentials the rights of docs/ses.md", false)
	}
	if t := a.Trouble(); t != nil {
		return check("account", t.Code, t.Detail, false)
	}
	if note := a.Note(); note != "" {
		return check("account", "under review", note, false)
	}
	return check("account", fmt.Sprintf("may send %g a second, %d in 24 hours, of which %d are used", a.Quota.PerSecond, a.Quota.PerDay, a.Quota.Used), "", true)
}

// identity finds what SES knows the sender by: its domain, a domain above, or the address.
func (c *Client) identity(ctx context.Context) (name string, out *sesv2.GetEmailIdentityOutput, err error) {
	domain := domainOf(c.opts.Sender)
	names := []string{domain}
	for rest := domain; ; {
		_, above, ok := strings.Cut(rest, ".")
		if !ok || !strings.Contains(above, ".") {
			break
		}
		names, rest = append(names, above), above
	}
	for _, name = range append(names, c.opts.Sender) {
		out, err = c.asks.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String(name)})
		if err == nil {
			return name, out, nil
		}
		if _, ok := errors.AsType[*types.NotFoundException](err); !ok {
			return name, nil, err
		}
	}
	return domain, nil, nil
}

func (c *Client) checkIdentity(ctx context.Context) []studymail.Check {
	name, out, err := c.identity(ctx)
	switch {
	case err != nil:
		return []studymail.Check{check("sender", c.explain("look at the identity of the sender", err).Error(), "give AWS's credentials the rights of docs/ses.md", false)}
	case out == nil:
		return []studymail.Check{check("sender", name+" is not known in "+c.aws.Region, "create the identity "+name+" in that region, and put its DKIM records into DNS (docs/ses.md)", false)}
	case strings.Contains(name, "@"):
		name = "the sender's address" // not in a report
	}
	checks := []studymail.Check{check("sender", name+verifiedWords(out.VerifiedForSendingStatus), "put the records that SES shows for it into DNS; that takes up to 72 hours", out.VerifiedForSendingStatus)}
	dkim := out.DkimAttributes
	ok := dkim != nil && dkim.SigningEnabled && dkim.Status == types.DkimStatusSuccess
	value := "signs as " + name
	if !ok {
		value = "not set up"
		if dkim != nil {
			value = strings.ToLower(string(dkim.Status))
			if !dkim.SigningEnabled {
				value += ", switched off"
			}
		}
	}
	checks = append(checks, check("DKIM", value, "switch Easy DKIM on for "+name+", and put its three CNAME records into DNS", ok))
	return append(checks, mailFrom(out.MailFromAttributes))
}

func verifiedWords(yes bool) string {
	if yes {
		return " is verified"
	}
	return " is not verified"
}

// mailFrom: without a domain of our own SPF is SES's. DKIM carries DMARC then, so that is
// no fault.
func mailFrom(m *types.MailFromAttributes) studymail.Check {
	if m == nil || aws.ToString(m.MailFromDomain) == "" {
		return check("MAIL FROM", "Amazon's own domain; a domain of yours would make SPF yours, too", "", true)
	}
	ok := m.MailFromDomainStatus == types.MailFromDomainStatusSuccess
	return check("MAIL FROM", aws.ToString(m.MailFromDomain)+" "+strings.ToLower(string(m.MailFromDomainStatus)), "give that domain the MX and the SPF record that SES shows", ok)
}

func (c *Client) checkConfigurationSet(ctx context.Context) studymail.Check {
	name := c.opts.ConfigurationSet
	if name == "" {
		return check("configuration set", "none", "create one with an event destination, and set SES_CONFIGURATION_SET (docs/ses.md)", false)
	}
	out, err := c.asks.GetConfigurationSet(ctx, &sesv2.GetConfigurationSetInput{ConfigurationSetName: aws.String(name)})
	if _, gone := errors.AsType[*types.NotFoundException](err); gone {
		return check("configuration set", name+" is not known in "+c.aws.Region, "create it in that region, or correct SES_CONFIGURATION_SET", false)
	}
	if err != nil {
		return check("configuration set", c.explain("look at the configuration set", err).Error(), "give AWS's credentials the rights of docs/ses.md", false)
	}
	if o := out.SendingOptions; o != nil && !o.SendingEnabled {
		return check("configuration set", name+" is paused", "switch sending on for it in the SES console", false)
	}
	return check("configuration set", name, "", true)
}

// wanted are the events without which we would not know of dead addresses and complaints.
var wanted = []types.EventType{types.EventTypeBounce, types.EventTypeComplaint, types.EventTypeDelivery, types.EventTypeReject}

func (c *Client) checkEvents(ctx context.Context, topic string) studymail.Check {
	const name = "events"
	if c.opts.ConfigurationSet == "" {
		return check(name, "none without a configuration set", "create one (docs/ses.md)", false)
	}
	out, err := c.asks.GetConfigurationSetEventDestinations(ctx, &sesv2.GetConfigurationSetEventDestinationsInput{ConfigurationSetName: aws.String(c.opts.ConfigurationSet)})
	if err != nil {
		return check(name, c.explain("look at the event destinations", err).Error(), "give AWS's credentials the rights of docs/ses.md", false)
	}
	told := map[types.EventType]bool{}
	for i := range out.EventDestinations {
		d := &out.EventDestinations[i]
		sns := d.SnsDestination
		switch {
		case !d.Enabled, sns == nil && d.EventBridgeDestination == nil:
			continue
		case topic != "" && sns != nil && aws.ToString(sns.TopicArn) != topic:
			continue // another's
		}
		for _, e := range d.MatchingEventTypes {
			told[e] = true
		}
	}
	var missing []string
	for _, e := range wanted {
		if !told[e] {
			missing = append(missing, strings.ToLower(string(e)))
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return check(name, "nobody is told of: "+strings.Join(missing, ", "), "add an event destination to the configuration set that publishes these to the SNS topic (docs/ses.md)", false)
	}
	return check(name, "bounces, complaints, deliveries and rejects are published", "", true)
}
