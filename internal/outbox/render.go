package outbox

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/dkim"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/store"
)

// Letterbox puts messages together: it knows what stands in every header.
type Letterbox struct {
	Sender       sealed.Email // From, and the return path without a bounce domain
	DisplayName  string       // of From, where neither care provider nor study has one
	PublicURL    string       // without a slash at its end; "" for no links to our pages
	BounceDomain string
	Zone         *time.Location
	Sealer       *sealed.Sealer
	Opener       *sealed.Opener
	Signer       *dkim.Signer // nil: mails are not signed
	Pieces       bool         // mails are put together by Amazon SES, which signs them, too

	mu        sync.Mutex
	letters   map[int64]*compose.Letter // by row key of the version: they never change
	templates map[int64]*ses.Template   // with Pieces, by the same
}

// letter gives the compiled letter of a version.
func (b *Letterbox) letter(ctx context.Context, tx *store.Tx, version int64) (*compose.Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, ok := b.letters[version]; ok {
		return l, nil
	}
	v, err := tx.TemplateVersionByKey(ctx, version)
	if err != nil {
		return nil, err
	}
	l, err := compose.Compile(v.Format, v.Subject, v.Body)
	if err != nil {
		return nil, fmt.Errorf("compile template version %s: %w", v.ID, err)
	}
	if b.letters == nil {
		b.letters, b.templates = map[int64]*compose.Letter{}, map[int64]*ses.Template{}
	}
	if b.Pieces {
		b.templates[version] = templateOf(v.ID, l)
	}
	b.letters[version] = l
	return l, nil
}

// claim is a claimed message in this process.
type claim struct {
	store.Claimed
	letter   *compose.Letter
	provider *studymail.Provider
	study    *studymail.Study
	merged   []byte   // what was merged, sealed
	personal []string // what the scrubber takes out of replies
	mail     *Mail    // rendered
	window   *window
}

// optOuts are the page on which a patient opts out, "" without PUBLIC_URL, and the
// mailto: address that does the same, "" without BOUNCE_DOMAIN.
func (b *Letterbox) optOuts(message studymail.ID) (page, mailto string, err error) {
	if b.PublicURL == "" && b.BounceDomain == "" {
		return "", "", nil
	}
	token, err := b.Sealer.Token(sealed.UnsubscribeToken, message)
	if err != nil {
		return "", "", fmt.Errorf("sign the opt-out link of message %s: %w", message, err)
	}
	if b.PublicURL != "" {
		page = b.PublicURL + "/u/" + token
	}
	if b.BounceDomain != "" {
		mailto = "mailto:" + compose.OptOutAddress(token, b.BounceDomain) + "?subject=opt%20out"
	}
	return page, mailto, nil
}

// render opens the patient's details and puts the mail together, in memory
// only. Its error names the message and no detail.
func (b *Letterbox) render(c *claim, now time.Time) (*Mail, error) {
	key, err := b.Opener.Key(c.Person, c.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("open the details for message %s: %w", c.ID, err)
	}
	d, err := studymail.OpenDetails(key, c.Person, c.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open the details for message %s: %w", c.ID, err)
	}
	h, v, err := b.merge(c.ID, d, c.provider, c.study, now)
	if err != nil {
		return nil, err
	}
	v.Keep(c.letter.Needs())
	m := &Mail{From: b.Sender.Reveal(), To: d.Email.Reveal(), EnvelopeID: c.ID.String(), UTF8: h.UTF8(), Tag: c.Key}
	if b.BounceDomain != "" {
		token, err := b.Sealer.Token(sealed.BounceToken, c.ID)
		if err != nil {
			return nil, fmt.Errorf("sign the return path of message %s: %w", c.ID, err)
		}
		m.From = compose.ReturnPath(token, b.BounceDomain)
	}
	if m.Data, err = c.letter.Append(newText(), &h, &v); err != nil {
		return nil, fmt.Errorf("put message %s together: %w", c.ID, err)
	}
	if c.merged, err = key.Seal(sealed.MessageMerged, c.ID, compose.PackSent(&h, &v)...); err != nil {
		return nil, fmt.Errorf("seal what was merged into message %s: %w", c.ID, err)
	}
	if b.Pieces {
		if m.Pieces, err = b.inPieces(c, &h, &v); err != nil {
			return nil, err
		}
	}
	if b.Signer != nil && !b.Pieces {
		if m.Data, err = b.Signer.Sign(m.Data); err != nil {
			return nil, fmt.Errorf("put message %s together: %w", c.ID, err)
		}
	}
	c.personal = []string{m.To, d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal()}
	return m, nil
}

// texts are the buffers of mails that were handed over, for the next ones: at
// full speed new ones would be most of what the garbage collector has to do.
var texts sync.Pool

// newText gives an empty buffer for a mail's text.
func newText() []byte {
	if b, ok := texts.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 4096)
}

// doneWith takes a mail's buffer back: nobody may look at its text any more.
func doneWith(m *Mail) {
	b := m.Data
	m.Data = nil
	if cap(b) <= 64<<10 { // a large letter's would stay for long
		texts.Put(&b)
	}
}

// AsSent gives a message's mail as it was (or may have been) handed over, from
// what was kept sealed with it, without the signatures of DKIM, which are not
// kept. The caller writes the event.
func (b *Letterbox) AsSent(m *store.MessageRow, version *studymail.TemplateVersion) ([]byte, error) {
	letter, h, v, err := b.sent(m, version)
	if err != nil {
		return nil, err
	}
	return letter.Append(nil, &h, &v)
}

// PartsAsSent gives the letter alone, likewise.
func (b *Letterbox) PartsAsSent(m *store.MessageRow, version *studymail.TemplateVersion) (compose.Parts, error) {
	letter, _, v, err := b.sent(m, version)
	if err != nil {
		return compose.Parts{}, err
	}
	return letter.Parts(&v), nil
}

func (b *Letterbox) sent(m *store.MessageRow, version *studymail.TemplateVersion) (*compose.Letter, compose.Header, compose.Values, error) {
	var (
		h compose.Header
		v compose.Values
	)
	switch {
	case m.Wrapped == nil:
		return nil, h, v, studymail.Errorf(studymail.Conflict, "the mail of message %s cannot be read any more: the person was erased", m.ID)
	case m.MergedForgotten():
		return nil, h, v, studymail.Errorf(studymail.Conflict, "the mail of message %s cannot be shown any more: what was merged into it was erased after RETAIN_MERGED", m.ID)
	case m.Merged == nil:
		return nil, h, v, studymail.Errorf(studymail.Conflict, "nothing was handed over of message %s: there is no mail to show", m.ID)
	}
	key, err := b.Opener.Key(m.PersonID, m.Wrapped)
	if err != nil {
		return nil, h, v, fmt.Errorf("open the mail of message %s: %w", m.ID, err)
	}
	packed, err := key.Open(sealed.MessageMerged, m.ID, m.Merged)
	if err != nil {
		return nil, h, v, fmt.Errorf("open the mail of message %s: %w", m.ID, err)
	}
	h, v, err = compose.UnpackSent(m.ID, packed)
	if err != nil {
		return nil, h, v, err
	}
	letter, err := compose.Compile(version.Format, version.Subject, version.Body)
	if err != nil {
		return nil, h, v, err
	}
	return letter, h, v, nil
}

// merge gives header and values of a message as they are now.
func (b *Letterbox) merge(id studymail.ID, d studymail.Details, p *studymail.Provider, s *studymail.Study, now time.Time) (compose.Header, compose.Values, error) {
	var v compose.Values
	v.SetPerson(d)
	v.SetProvider(p)
	v.SetStudy(s)
	unsubscribe, mailto, err := b.optOuts(id)
	if err != nil {
		return compose.Header{}, v, err
	}
	v.Set(compose.UnsubscribeURL, unsubscribe)
	h := compose.Header{
		From:           compose.Address{Name: firstOf(p.FromName, s.FromName, b.DisplayName), Address: b.Sender.Reveal()},
		To:             compose.Address{Name: d.FullName().Reveal(), Address: d.Email.Reveal()},
		ReplyTo:        compose.Address{Address: p.ReplyTo},
		MessageID:      id,
		Domain:         b.domain(),
		Date:           now.In(b.Zone),
		UnsubscribeURL: unsubscribe, UnsubscribeMailto: mailto,
	}
	return h, v, nil
}

func (b *Letterbox) domain() string {
	a := b.Sender.Reveal()
	return a[strings.LastIndexByte(a, '@')+1:]
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
