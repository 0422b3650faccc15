package holdings_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/holdings"
)

// What stands in the data cannot become markup; and nothing but the two forms shows it.
func TestThePageEscapesAndTheValuePrintsNothing(t *testing.T) {
	t.Parallel()
	const bad = `<script>alert("x")</script>`
	h := &holdings.Held{
		Person:  holdings.Person{ID: studymail.NewID(), Username: bad, Email: "zoe@quxworth.example"},
		Studies: []holdings.Study{{Study: bad, Provider: bad, ExternalID: bad}},
		Messages: []holdings.Message{{
			Subject: bad, Text: bad, Kept: true, Merged: map[string]string{"a": bad, "b": "two"},
			Feedback: []holdings.Feedback{{Mail: bad, Diagnostic: bad}}, Attempts: []studymail.Attempt{{Reply: bad, Outcome: studymail.Accepted}},
		}},
		OptOuts:      []holdings.OptOut{{Provider: bad}, {}},
		Suppressions: []holdings.Suppression{{Reason: bad}},
		Events:       []holdings.Event{{Action: bad, Detail: bad, Actor: studymail.NewID().String()}},
	}
	var b strings.Builder
	if err := h.WriteHTML(&b, time.UTC); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, "no research mail at all") {
		t.Error(page)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", h)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", h, h, h, h), log.String()} {
		if strings.Contains(text, "quxworth") {
			t.Error(text)
		}
	}
}
