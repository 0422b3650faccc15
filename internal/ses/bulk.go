package ses

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// MostTogether is how many mails one call takes.
const MostTogether = 50

// Template is a letter as SES merges it.
type Template struct {
	Name                string // of SES: it never changes, as the letter's version does not
	Subject, Text, HTML string
}

// Entry is one mail of a call.
type Entry struct {
	Address string // of the recipient
	Message string // the message's UUID
	Data    string // the template's values, as JSON
	Headers [][2]string
	UTF8    bool // it needs SMTPUTF8
}

// Batch is what one call hands over: mails of one template and one sender.
type Batch struct {
	Template *Template
	From     string
	ReplyTo  string // "": none
	Entries  []Entry
}

// SendBulk hands mails over by one call, and says of each what became of it. A call that
// SES refuses as a whole for what could be one mail's fault is made anew for each: it
// took none of them.
func (c *Client) SendBulk(ctx context.Context, b *Batch) []Outcome {
	outcomes := make([]Outcome, len(b.Entries))
	var going []int
	for i := range b.Entries {
		if _, o, ok := recipient(b.Entries[i].Address, b.Entries[i].UTF8); !ok {
			outcomes[i] = o
			continue
		}
		going = append(going, i)
	}
	if len(going) == 0 {
		return outcomes
	}
	if t := c.register(ctx, b.Template); t != nil {
		for _, i := range going {
			outcomes[i] = Outcome{Kind: NotSent, Trouble: t}
		}
		return outcomes
	}
	if whole, ok := c.sendTogether(ctx, b, going, outcomes); !ok {
		alone := len(going) > 1 && (whole.Kind == Refused || whole.Kind == Later)
		for _, i := range going {
			outcomes[i] = whole
			if !alone {
				continue
			}
			if one, ok := c.sendTogether(ctx, b, []int{i}, outcomes); !ok {
				outcomes[i] = one
			}
		}
	}
	return outcomes
}

// sendTogether makes one call, and sets the outcomes of its entries; false when the call
// as a whole had one.
func (c *Client) sendTogether(ctx context.Context, b *Batch, going []int, outcomes []Outcome) (whole Outcome, ok bool) {
	in := &sesv2.SendBulkEmailInput{
		FromEmailAddress: aws.String(b.From),
		DefaultContent:   &types.BulkEmailContent{Template: &types.Template{TemplateName: aws.String(b.Template.Name), TemplateData: aws.String("{}")}},
	}
	if c.opts.ConfigurationSet != "" {
		in.ConfigurationSetName = aws.String(c.opts.ConfigurationSet)
	}
	if b.ReplyTo != "" {
		in.ReplyToAddresses = []string{b.ReplyTo}
	}
	for _, i := range going {
		in.BulkEmailEntries = append(in.BulkEmailEntries, entryOf(&b.Entries[i]))
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	ctx, p := follow(ctx)
	out, err := c.sends.SendBulkEmail(ctx, in)
	if err != nil {
		o := c.classify(err, p, b.Entries[going[0]].Address)
		if o.Kind == Accepted {
			// Some of them, perhaps: which, stood in what was lost.
			o = Outcome{Kind: InDoubt, Stage: "dot", Trouble: &Trouble{Code: "connection", Detail: "the answer of Amazon SES was lost"}}
		}
		return o, false
	}
	for n, i := range going {
		if n >= len(out.BulkEmailEntryResults) {
			outcomes[i] = Outcome{Kind: InDoubt, Stage: "dot"}
			continue
		}
		r := &out.BulkEmailEntryResults[n]
		if r.Status == types.BulkEmailStatusSuccess {
			outcomes[i] = Outcome{Kind: Accepted, ID: aws.ToString(r.MessageId), Code: 250}
			continue
		}
		if r.Status == types.BulkEmailStatusTemplateNotFound {
			c.forget(b.Template)
		}
		outcomes[i] = c.entryMeaning(r.Status, aws.ToString(r.Error), b.Entries[i].Address)
	}
	return Outcome{}, true
}

func entryOf(e *Entry) types.BulkEmailEntry {
	entry := types.BulkEmailEntry{
		Destination:             &types.Destination{ToAddresses: []string{e.Address}},
		ReplacementEmailContent: &types.ReplacementEmailContent{ReplacementTemplate: &types.ReplacementTemplate{ReplacementTemplateData: aws.String(e.Data)}},
		ReplacementTags:         []types.MessageTag{{Name: aws.String(MessageTag), Value: aws.String(e.Message)}},
	}
	for _, h := range e.Headers {
		entry.ReplacementHeaders = append(entry.ReplacementHeaders, types.MessageHeader{Name: aws.String(h[0]), Value: aws.String(h[1])})
	}
	return entry
}

// register makes a template known to SES, once; a Trouble says why it could not be.
func (c *Client) register(ctx context.Context, t *Template) *Trouble {
	c.registering.Lock()
	defer c.registering.Unlock()
	if c.registered[t.Name] {
		return nil
	}
	content := &types.EmailTemplateContent{Subject: aws.String(t.Subject), Text: aws.String(t.Text), Html: aws.String(t.HTML)}
	_, err := c.asks.CreateEmailTemplate(ctx, &sesv2.CreateEmailTemplateInput{TemplateName: aws.String(t.Name), TemplateContent: content})
	if _, there := errors.AsType[*types.AlreadyExistsException](err); err != nil && !there && !c.hasTemplate(ctx, t) {
		trouble := &Trouble{Code: "template", Detail: c.explain("register a template", err).Error()}
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			trouble.Stop = !among(throttleCodes, api.ErrorCode())
		}
		return trouble
	}
	if c.registered == nil {
		c.registered = map[string]bool{}
	}
	c.registered[t.Name] = true
	return nil
}

// hasTemplate tells whether SES has a template: another worker may have been quicker, and
// words of errors are not what to rely on.
func (c *Client) hasTemplate(ctx context.Context, t *Template) bool {
	_, err := c.asks.GetEmailTemplate(ctx, &sesv2.GetEmailTemplateInput{TemplateName: aws.String(t.Name)})
	return err == nil
}

func (c *Client) forget(t *Template) {
	c.registering.Lock()
	defer c.registering.Unlock()
	delete(c.registered, t.Name)
}
