package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/seslist"
	"studymail/internal/sestest"
	"studymail/internal/store"
)

// sesHouse is a house whose Amazon SES has three addresses on its list.
func sesHouse(t *testing.T) (*house, *sestest.Account) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	account := sestest.NewAccount(t)
	for address, why := range map[string]string{"anna@example.org": "BOUNCE", "bert@example.org": "COMPLAINT", "zoe@example.org": "BOUNCE"} {
		account.List(address, why, time.Now().Add(-24*time.Hour))
	}
	client, err := ses.New(t.Context(), ses.Options{Region: "eu-west-2", Endpoint: account.URL, Sender: "studies@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	h.site.SESList = &seslist.List{Client: client, Store: h.store, Sealer: h.site.Sealer, Now: h.site.Now}
	return h, account
}

func (h *house) onOurList(address string) (all []studymail.Suppression) {
	h.tb.Helper()
	err := h.store.Read(h.tb.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.SuppressionsOf(h.tb.Context(), h.site.Sealer.Hashes(sealed.EmailHash, studymail.NormalEmail(sealed.NewEmail(address))))
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return all
}

// The account's list is brought here and what is lifted here is cleared there, by exact
// numbers, and no more.
//
// Seen to fail: with the number that was confirmed not compared, with what was lifted here
// imported again, and with all that is not on our list cleared.
func TestTheListOfAmazonSESIsBroughtHereAndClearedOfWhatWasLiftedHere(t *testing.T) {
	h, account := sesHouse(t)
	v := h.as(studymail.Administrator)
	first := v.get("/suppression/ses")
	if first.status != http.StatusOK || !strings.Contains(first.body, "not Amazon SES: its list does not matter now") || strings.Contains(first.body, "On its list") || account.Asked() != 0 {
		t.Errorf("%d, SES was asked %d times\n%s", first.status, account.Asked(), first.body)
	}
	asked := v.post("/suppression/ses")
	if !strings.Contains(asked.body, "Bring 3 addresses onto our list") || strings.Contains(asked.body, "Clear ") || strings.Contains(asked.body, "example.org") {
		t.Errorf("%d %s", asked.status, asked.body)
	}
	has(t, "another number", v.post("/suppression/ses/import", "expect", "2"), http.StatusConflict, "Nothing was done yet")
	if len(h.onOurList("anna@example.org")) != 0 {
		t.Error("it was imported all the same")
	}
	has(t, "import", v.post("/suppression/ses/import", oneHidden(t, asked.body, "expect")...), http.StatusSeeOther)
	if got := h.events(1); got != "suppression list of Amazon SES imported" {
		t.Error(got)
	}
	for address, why := range map[string]string{"anna@example.org": "no such mailbox", "bert@example.org": "complaint"} {
		if all := h.onOurList(address); len(all) != 1 || all[0].Reason != why || all[0].Source != "Amazon SES" {
			t.Errorf("%+v", all)
		}
	}

	anna := h.onOurList("anna@example.org")[0]
	has(t, "lift", v.post("/suppression/"+anna.ID.String()+"/lift", "why", "address"), http.StatusSeeOther)
	account.List("new@example.org", "BOUNCE", time.Now().Add(time.Hour)) // since the import
	asked = v.post("/suppression/ses")
	if !strings.Contains(asked.body, "Bring 1 address onto our list") || !strings.Contains(asked.body, "Clear 1 address at Amazon SES") {
		t.Errorf("%s", asked.body)
	}
	has(t, "import what is new", v.post("/suppression/ses/import", "expect", "1"), http.StatusSeeOther)
	if len(h.onOurList("anna@example.org")) != 0 || len(h.onOurList("new@example.org")) != 1 {
		t.Error("what was lifted here was imported again, or what is new was not")
	}
	account.List("late@example.org", "BOUNCE", time.Now().Add(time.Hour)) // is neither here nor lifted
	has(t, "another number", v.post("/suppression/ses/clear", "expect", "3"), http.StatusConflict, "Nothing was done yet")
	has(t, "clear", v.post("/suppression/ses/clear", "expect", "1"), http.StatusSeeOther)
	if got := account.Listed(); !slices.Equal(got, []string{"bert@example.org", "late@example.org", "new@example.org", "zoe@example.org"}) {
		t.Errorf("left at SES: %v", got)
	}
	if got := h.events(1); got != "suppression cleared at Amazon SES" {
		t.Error(got)
	}
	if page := v.post("/suppression/ses").body; strings.Contains(page, "Clear ") || !strings.Contains(page, "Bring 1 address ") {
		t.Errorf("there is something else to do:\n%s", page)
	}
	if strings.Contains(h.log.String(), "@example.org") {
		t.Error("an address is in the log")
	}
}

// Seen to fail: with the right to edit enough for the routes.
func TestTheListOfAmazonSESIsForWhoAdministers(t *testing.T) {
	h, account := sesHouse(t)
	for _, role := range []studymail.Role{studymail.Viewer, studymail.Coordinator, studymail.Sender} {
		v := h.as(role)
		if r := v.get("/suppression"); strings.Contains(r.body, "/suppression/ses") {
			t.Errorf("%s is led there", role)
		}
		for _, path := range []string{"", "/import", "/clear"} {
			if r := v.post("/suppression/ses"+path, "expect", "3"); r.status != http.StatusForbidden {
				t.Errorf("%s: %s: %d", role, path, r.status)
			}
		}
	}
	if account.Asked() != 0 {
		t.Errorf("SES was asked %d times", account.Asked())
	}
	v := h.as(studymail.Administrator)
	for _, from := range []string{"/suppression", "/settings"} {
		has(t, from, v.get(from), http.StatusOK, `href="/suppression/ses"`)
	}
	h.site.SESList = nil
	has(t, "without SES", v.get("/suppression/ses"), http.StatusOK, "not Amazon SES")
	has(t, "without SES", v.post("/suppression/ses"), http.StatusConflict, "Nothing is set of Amazon SES here")
}
