package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/compose"
)

// previewed is a letter as its readers would see it, and what is to be said of it.
type previewed struct {
	Subject  string
	Text     string
	Source   string // its HTML, as text
	Words    string // whom it is for
	Problems []string
	Warnings []string
	Frame    string // where its HTML is, to be shown in a frame; "": by a form
	Title    string // of the frame
}

// draft is a letter that may not be saved.
type draft struct {
	format, subject, body string
	kind                  studymail.LetterKind
}

func draftOf(v *studymail.TemplateVersion, kind studymail.LetterKind) draft {
	return draft{v.Format, v.Subject, v.Body, kind}
}

// preview puts a letter together with values. What is wrong with it stands in the
// preview; then there is no letter to see.
func (s *site) preview(v *visit, d draft, sm *sample, shown bool) (previewed, error) {
	p := previewed{Words: sm.words(shown), Title: "The letter as its readers see it"}
	l, err := compose.Compile(d.format, d.subject, d.body)
	if err != nil {
		all, ok := errors.AsType[compose.Problems](err)
		if !ok {
			return p, err
		}
		for i := range all {
			p.Problems = append(p.Problems, sentence(all[i].String()))
		}
		return p, nil
	}
	parts := l.Parts(&sm.values)
	p.Subject, p.Text, p.Source = parts.Subject, parts.Text, parts.HTML
	if lacking := l.Needs().Lacking(&sm.values); lacking != 0 && !sm.erased {
		for _, one := range lacking.List() {
			if one != compose.UnsubscribeURL { // said below
				p.Warnings = append(p.Warnings, "In this preview there is nothing for "+placeholderWords(one)+": such a patient would be left out.")
			}
		}
	}
	more, err := s.letterWarnings(v, l, &parts, d.kind, sm.study)
	p.Warnings = append(p.Warnings, more...)
	return p, err
}

// framePolicy is the policy of a letter that is shown in a frame of ours: it may look
// as its writer wants, and do and load nothing at all. It has no origin.
const framePolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// frames lets a page show our own frames.
func (v *visit) frames() {
	v.w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
}

// letterFrame answers with a letter's HTML alone.
func (s *site) letterFrame(v *visit, d draft, sm *sample) error {
	v.w.Header().Set("Content-Security-Policy", framePolicy)
	b := &bytes.Buffer{}
	l, err := compose.Compile(d.format, d.subject, d.body)
	if err != nil {
		if _, ok := errors.AsType[compose.Problems](err); !ok {
			return err
		}
		b.WriteString("<!DOCTYPE html><html lang=\"en\"><head><title>Not a letter yet</title></head><body><p>This is not a letter yet: mend what is listed beside it.</p></body></html>")
	} else {
		b.WriteString(l.Parts(&sm.values).HTML)
	}
	v.w.send(http.StatusOK, "text/html; charset=utf-8", b)
	return nil
}

// templateDraftFrame answers with the HTML of a letter that is being written.
func (s *site) templateDraftFrame(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	sm, err := s.readSample(v, f, false)
	if err != nil {
		return err
	}
	return s.letterFrame(v, readDraft(f), &sm)
}

// readDraft takes a letter as it was typed, unchecked.
func readDraft(f *form) draft {
	kind, err := studymail.ParseLetterKind(f.Get("kind"))
	if err != nil {
		kind = studymail.Invitation
	}
	return draft{f.Get("format"), strings.TrimSpace(f.Get("subject")), strings.ReplaceAll(f.Get("body"), "\r\n", "\n"), kind}
}

// templatePreview shows the editor again, with the letter as it was typed. Nothing is
// saved.
func (s *site) templatePreview(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if f.Get("template") == "" {
		return s.showTemplateForm(v, http.StatusOK, nil, f, nil)
	}
	id, err := studymail.ParseID(f.Get("template"))
	if err != nil {
		return studymail.Errorf(studymail.NotFound, "there is no such template")
	}
	m, err := s.templateByID(v, id)
	if err != nil {
		return err
	}
	return s.showTemplateForm(v, http.StatusOK, &m, f, nil)
}
