package outbox

import (
	"encoding/json"
	"fmt"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/ses"
)

// pieces are a mail for a transport that has it put together by Amazon SES. They are
// personal: never print them.
type pieces struct {
	template      *ses.Template
	from, replyTo string
	entry         ses.Entry
}

// templateOf is a version of a letter as SES merges it, under its UUID.
func templateOf(version studymail.ID, l *compose.Letter) *ses.Template {
	parts := l.Handlebars()
	return &ses.Template{Name: "studymail-" + version.String(), Subject: parts.Subject, Text: parts.Text, HTML: parts.HTML}
}

// inPieces gives a message in pieces; the letter has been checked with these values.
func (b *Letterbox) inPieces(c *claim, h *compose.Header, v *compose.Values) (*pieces, error) {
	data, err := json.Marshal(c.letter.HandlebarsData(v))
	if err != nil {
		return nil, fmt.Errorf("put the values of message %s together: %w", c.ID, err)
	}
	b.mu.Lock()
	template := b.templates[c.Version]
	b.mu.Unlock()
	f := h.Fields()
	return &pieces{
		template: template, from: f.From, replyTo: f.ReplyTo,
		entry: ses.Entry{Address: h.To.Address, Message: c.ID.String(), Data: string(data), Headers: f.Others, UTF8: h.UTF8()},
	}, nil
}
