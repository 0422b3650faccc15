package ses

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// MessageTag is the tag by which events find their message: its UUID.
const MessageTag = "studymail-message"

// Mail is one message to one recipient, as it goes on the wire.
type Mail struct {
	To      string
	Message string // the message's UUID
	Data    []byte // the RFC 5322 message
	UTF8    bool   // it needs SMTPUTF8
}

// Send hands one mail over. It makes one request, and when ctx ends it waits no more
// for the answer. Of an error nothing is returned: the outcome says it.
func (c *Client) Send(ctx context.Context, m *Mail) Outcome {
	to, o, ok := recipient(m.To, m.UTF8)
	if !ok {
		return o
	}
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(c.opts.Sender),
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: m.Data}},
		EmailTags:        []types.MessageTag{{Name: aws.String(MessageTag), Value: aws.String(m.Message)}},
	}
	if c.opts.ConfigurationSet != "" {
		in.ConfigurationSetName = aws.String(c.opts.ConfigurationSet)
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	ctx, p := follow(ctx)
	out, err := c.sends.SendEmail(ctx, in)
	if err != nil {
		return c.classify(err, p, to)
	}
	return Outcome{Kind: Accepted, ID: aws.ToString(out.MessageId), Code: 250}
}

// recipient tells whether SES can be given an address: it takes no local part that is
// not ASCII, and domains as DNS has them.
func recipient(address string, utf8 bool) (string, Outcome, bool) {
	if !utf8 {
		return address, Outcome{}, true
	}
	return "", Outcome{Kind: Unsendable, Stage: "rcpt", Reply: "Amazon SES takes no addresses that are not ASCII"}, false
}

// domainOf is the part behind the @, in small letters.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
