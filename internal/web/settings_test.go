package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

func TestSettingsSayWhereTheyComeFromAndHideSecrets(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-many-letters"
	h := newHouse(t, "SESSION_IDLE=2h", "METRICS_TOKEN="+token, "EMAIL_DISPLAY_NAME=<i>Clinic</i>")
	if r := h.as(studymail.Sender).get("/settings"); r.status != http.StatusForbidden {
		t.Errorf("a sender: %d", r.status)
	}
	v := h.as(studymail.Administrator)
	page := v.get("/settings").body
	for _, want := range []string{
		"SESSION_IDLE", ">2h<", "Environment", "Default", "(set)", "&lt;i&gt;Clinic", "limits of the transport", "All is well", "Nothing is sent by that",
	} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, token) || strings.Contains(page, "<i>Clinic") {
		t.Error("a secret or markup is shown")
	}
	r := v.post("/settings/test")
	if r.status != http.StatusOK || !strings.Contains(r.body, "&lt;b&gt;refused") || !strings.Contains(r.body, "Something needs mending") || !strings.Contains(r.body, "look at the relay") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if got := h.events(1); got != "transport tested" {
		t.Error(got)
	}
}

// Seen to fail: with the comparison of the token taken out.
func TestFiguresAreForWhoHasTheToken(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-many-letters"
	if r := newHouse(t).visitor().get("/metrics"); r.status != http.StatusNotFound {
		t.Errorf("without a token set: %d", r.status)
	}
	h := newHouse(t, "METRICS_TOKEN="+token)
	err := h.store.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.SetTransport(t.Context(), studymail.Transport{Name: "smtp", State: studymail.TransportStopped, Code: "auth"}); err != nil {
			return err
		}
		return tx.AddFigures(t.Context(), time.UTC, map[string]int64{"sent": 120, "failed": 3, studymail.TookFigure(2): 119, studymail.TookFigure(studymail.TookBuckets - 1): 1, studymail.FigureTookSum: 2000})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.queueJobs(2)
	v := h.visitor()
	v.get("/login?next=/patients")
	v.get("/nobody@example.org/anna")
	for _, given := range []string{"", "Bearer ", "Bearer another", "Basic " + token, token} {
		v.header.Set("Authorization", given)
		if r := v.get("/metrics"); r.status != http.StatusUnauthorized || strings.Contains(r.body, "studymail_") {
			t.Errorf("%q: %d", given, r.status)
		}
	}
	v.header.Set("Authorization", "Bearer "+token)
	r := v.get("/metrics")
	for _, want := range []string{
		"studymail_up 1", `studymail_letters_total{outcome="sent"} 120`, `studymail_handover_seconds_bucket{le="0.005"} 119`, `studymail_handover_seconds_bucket{le="+Inf"} 120`,
		"studymail_handover_seconds_sum 2", `studymail_transport{state="stopped",transport="smtp"} 1`, `studymail_jobs{queue="plan",state="waiting"} 2`, "studymail_healthy 1",
		"studymail_uncertain_messages 0", `studymail_http_request_seconds_count{method="GET",route="/login",status="200"} 1`, `route="none",status="404"`, "go_goroutines", `version="test"`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the figures lack %q", want)
		}
	}
	for _, not := range []string{"@", "anna", "next="} {
		if strings.Contains(r.body, not) {
			t.Errorf("the figures have %q", not)
		}
	}
	if t.Failed() {
		t.Log(r.status, r.body)
	}
}
