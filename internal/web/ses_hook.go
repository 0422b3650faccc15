package web

import (
	"errors"
	"io"
	"net/http"

	"studymail"
	"studymail/internal/ses"
)

// sesHookPath is where SNS posts what Amazon SES tells of mails.
const sesHookPath = "/hooks/ses"

// sesHook takes in a message of SNS: of the topic of SES_TOPIC_ARN, signed by SNS, and
// each once. Whatever else comes is refused in words that tell whoever sets this up what
// is wrong, and quote nothing.
func (s *site) sesHook(v *visit) error {
	if s.Topic == nil {
		return s.hookSays(v, http.StatusNotFound, "Nothing is taken here: SES_TOPIC_ARN is not set.")
	}
	body, err := io.ReadAll(v.r.Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return s.hookSays(v, http.StatusRequestEntityTooLarge, "That is larger than any message of Amazon SNS.")
		}
		return s.hookSays(v, http.StatusBadRequest, "The message did not come whole.")
	}
	n, err := ses.ReadNotice(body)
	if err != nil {
		return s.hookRefuses(v, http.StatusBadRequest, err)
	}
	if err := s.Topic.Verify(v.ctx(), &n); err != nil {
		return s.hookRefuses(v, http.StatusForbidden, err)
	}
	switch n.Type {
	case ses.Notification:
		again, err := s.Feedback.TakeNotice(studymail.WithOrigin(v.ctx(), ""), &n)
		if err != nil {
			s.Log.Error("what Amazon SES told could not be stored; SNS sends it again", "code", string(studymail.CodeOf(err)), "error", err)
			return s.hookSays(v, http.StatusServiceUnavailable, "It could not be stored now: send it again.")
		}
		if again {
			return s.hookSays(v, http.StatusOK, "It was taken before.")
		}
	case ses.Confirmation:
		return s.hookConfirms(v, &n)
	case ses.Farewell:
		s.Log.Error("the topic of SES_TOPIC_ARN sends nothing here any more: its subscription was ended")
	}
	return s.hookSays(v, http.StatusOK, "Taken.")
}

// hookConfirms confirms the subscription of our topic, once.
func (s *site) hookConfirms(v *visit, n *ses.Notice) error {
	again, err := s.Feedback.SawNotice(v.ctx(), n)
	if err != nil {
		return err
	}
	if again {
		return s.hookSays(v, http.StatusOK, "It was confirmed before.")
	}
	if err := s.Topic.Confirm(v.ctx(), n); err != nil {
		return s.hookRefuses(v, http.StatusForbidden, err)
	}
	if err := s.Feedback.NoteConfirmed(v.ctx(), n); err != nil {
		return err
	}
	s.Log.Info("the subscription of SES_TOPIC_ARN was confirmed")
	return s.hookSays(v, http.StatusOK, "Confirmed.")
}

// hookRefuses answers with what is wrong; what may be better later is asked for again.
func (s *site) hookRefuses(v *visit, status int, err error) error {
	if studymail.CodeOf(err) == studymail.Unavailable {
		status = http.StatusServiceUnavailable
	}
	s.Log.Warn("a message to the hook of Amazon SES was refused", "status", status, "error", err)
	return s.hookSays(v, status, hookWords(err))
}

// hookWords are our own of an error, and no other's.
func hookWords(err error) string {
	if e, ok := errors.AsType[*studymail.Error](err); ok {
		return e.Message
	}
	return "That was not taken."
}

func (s *site) hookSays(v *visit, status int, text string) error {
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.w.WriteHeader(status)
	_, err := io.WriteString(v.w, text+"\n")
	if err != nil {
		return nil //nolint:nilerr // whoever asked has gone
	}
	return nil
}
