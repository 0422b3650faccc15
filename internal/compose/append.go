package compose

import (
	"encoding/hex"
	"math/bits"
	"strings"

	"studymail"
)

// Append appends the whole message: header, then text and HTML as alternatives
// (RFC 2046 §5.1.4), lines ended by CRLF, none over 998 octets, none beginning
// with a dot. On an error dst is given back as it was; the error's text names
// the field and the message, never a value.
func (l *Letter) Append(dst []byte, h *Header, v *Values) ([]byte, error) {
	if err := l.check(h, v); err != nil {
		return dst, err
	}
	dst = l.appendHeader(dst, h, v)

	// "=_" cannot occur in quoted-printable, so the boundary cannot in a part.
	dst = append(dst, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_"...)
	dst = appendID(dst, h.MessageID)
	dst = append(dst, "\"\r\n\r\n--=_"...)
	dst = appendID(dst, h.MessageID)
	dst = append(dst, "\r\nContent-Type: text/plain; charset=utf-8\r\n"+
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"...)
	dst = appendPieces(dst, l.textPieces, v, false)
	dst = append(dst, "\r\n--=_"...)
	dst = appendID(dst, h.MessageID)
	dst = append(dst, "\r\nContent-Type: text/html; charset=utf-8\r\n"+
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"...)
	dst = appendPieces(dst, l.htmlPieces, v, true)
	dst = append(dst, "\r\n--=_"...)
	dst = appendID(dst, h.MessageID)
	return append(dst, "--\r\n"...), nil
}

func (l *Letter) appendHeader(dst []byte, h *Header, v *Values) []byte {
	dst = append(dst, "Date: "...)
	dst = h.Date.AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 -0700") // RFC 5322 §3.3
	dst = append(dst, "\r\n"...)
	dst = appendMailbox(dst, "From: ", &h.From)
	if h.ReplyTo.Address != "" {
		dst = appendMailbox(dst, "Reply-To: ", &h.ReplyTo)
	}
	dst = appendMailbox(dst, "To: ", &h.To)
	dst = l.appendSubject(dst, v)
	dst = append(dst, "Message-ID: <"...)
	dst = appendID(dst, h.MessageID)
	dst = append(dst, '@')
	dst = append(dst, h.Domain...)
	// RFC 3834 §5: nobody's answering machine needs to answer this.
	dst = append(dst, ">\r\nAuto-Submitted: auto-generated\r\n"...)
	return appendUnsubscribe(dst, h)
}

func (l *Letter) appendSubject(dst []byte, v *Values) []byte {
	if l.subjectLine != nil {
		return append(dst, l.subjectLine...)
	}
	var room [512]byte
	text := room[:0]
	for i := range l.subject {
		text = append(text, l.subject[i].text...)
		if p := l.subject[i].placeholder; p != literal {
			text = append(text, v.text[p]...)
		}
	}
	return appendText(dst, "Subject: ", text)
}

// appendUnsubscribe: RFC 2369 §3.2, RFC 8058 §3.1.
func appendUnsubscribe(dst []byte, h *Header) []byte {
	if h.UnsubscribeURL == "" && h.UnsubscribeMailto == "" {
		return dst
	}
	dst = append(dst, "List-Unsubscribe: "...)
	between := ""
	for _, address := range [2]string{h.UnsubscribeURL, h.UnsubscribeMailto} {
		if address != "" {
			dst = append(dst, between...)
			dst = append(dst, '<')
			dst = append(dst, address...)
			dst = append(dst, '>')
			between = ",\r\n "
		}
	}
	dst = append(dst, "\r\n"...)
	if strings.HasPrefix(h.UnsubscribeURL, "https:") {
		dst = append(dst, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"...)
	}
	return dst
}

// check finds out what cannot be written, before anything is.
func (l *Letter) check(h *Header, v *Values) error {
	for m := uint32(l.needs); m != 0; m &= m - 1 {
		if p := bits.TrailingZeros32(m); v.text[p] == "" {
			return unsendable(h, "there is no value for {{ "+placeholders[p].Name+" }}")
		}
	}
	switch {
	case h.MessageID.IsZero():
		return unsendable(h, "it has no UUID")
	case !writable(h.From.Address):
		return unsendable(h, "the sender's address (From) cannot be written in a mail")
	case !writable(h.To.Address):
		return unsendable(h, "the recipient's address (To) cannot be written in a mail")
	case h.ReplyTo.Address != "" && !writable(h.ReplyTo.Address):
		return unsendable(h, "the address for answers (Reply-To) cannot be written in a mail")
	case !writableDomain(h.Domain) || len(h.Domain) > maxDomain || AddressUTF8(h.Domain):
		return unsendable(h, "the domain of its Message-ID cannot be written in a mail")
	case h.Date.Year() < 1900 || h.Date.Year() > 9999: // RFC 5322 §3.3
		return unsendable(h, "its date cannot be written in a mail")
	case h.UnsubscribeURL != "" && !writableURL(h.UnsubscribeURL, "https://", "http://"):
		return unsendable(h, "the address of its opt-out page cannot be written in a mail")
	case h.UnsubscribeMailto != "" && !writableMailto(h.UnsubscribeMailto):
		return unsendable(h, "the mailto: address for its opt-out cannot be written in a mail")
	case l.needs&(1<<UnsubscribeURL) != 0 && !writableURL(v.text[UnsubscribeURL], "https://", "http://"):
		return unsendable(h, "{{ unsubscribe_url }} is not a web address")
	}
	return nil
}

func unsendable(h *Header, why string) error {
	return studymail.Errorf(studymail.Invalid, "message %s cannot be put together: %s", h.MessageID, why)
}

// appendID appends the usual text form, without a string in between.
func appendID(dst []byte, id studymail.ID) []byte {
	dst = hex.AppendEncode(dst, id[0:4])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[4:6])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[6:8])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[8:10])
	dst = append(dst, '-')
	return hex.AppendEncode(dst, id[10:16])
}
