package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"studymail"
)

// maxMail bounds what is read of one mail: ours have some kilobytes.
const maxMail = 4 << 20

// readMail reads a mail of ours as its reader's program does.
func readMail(raw []byte) (*mailPage, error) {
	text, html, heads, err := openMail(raw)
	if err != nil {
		return nil, err
	}
	p := &mailPage{Text: text, Source: strings.ReplaceAll(strings.ToValidUTF8(string(raw), "�"), "\r\n", "\n"), Title: "The letter as its reader sees it"}
	for _, name := range []string{"From", "Reply-To", "To", "Subject", "Date"} {
		if value := decodedHead(heads, name); value != "" {
			p.Heads = append(p.Heads, fact{name, value})
		}
	}
	if text == "" && html != "" {
		p.Text = "(This mail has HTML only.)"
	}
	return p, nil
}

func decodedHead(heads mail.Header, name string) string {
	value := heads.Get(name)
	if plain, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return plain
	}
	return value
}

// openMail gives a mail's text and HTML. What is no mail gives an error without a
// word of it.
func openMail(raw []byte) (text, html string, heads mail.Header, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", "", nil, studymail.Errorf(studymail.Internal, "this is no mail of ours: its header cannot be read")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if !strings.HasPrefix(kind, "multipart/") {
		body, err := partText(m.Body, textproto.MIMEHeader(m.Header))
		if kind == "text/html" {
			return "", body, m.Header, err
		}
		return body, "", m.Header, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return text, html, m.Header, nil
		}
		if err != nil {
			return "", "", nil, studymail.Errorf(studymail.Internal, "this is no mail of ours: its parts cannot be read")
		}
		body, err := partText(part, part.Header)
		if err != nil {
			return "", "", nil, err
		}
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind == "text/html" {
			html = body
		} else if text == "" {
			text = body
		}
	}
}

func partText(r io.Reader, head textproto.MIMEHeader) (string, error) {
	switch strings.ToLower(head.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	body, err := io.ReadAll(io.LimitReader(r, maxMail))
	if err != nil {
		return "", studymail.Errorf(studymail.Internal, "this is no mail of ours: its text cannot be read")
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(body), "�"), "\r\n", "\n"), nil
}
