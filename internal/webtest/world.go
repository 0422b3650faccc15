package webtest

import (
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// World is what stands in the database of the tests: pages are named by UUIDs.
type World struct {
	Users    map[studymail.Role]studymail.User
	Ward     Ward
	Imports  Imports
	Desk     Desk
	Post     Post
	Feedback Feedback
	// OptOut is the path of a patient's opt-out page.
	OptOut string
}

// Clinic fills a product with what each page needs to have something to show:
// Start(tb, Clinic). Invented people only.
func Clinic(tb testing.TB, p *Product) {
	tb.Helper()
	seedWard(tb, p)
	seedImports(tb, p)
	seedDesk(tb, p)
	seedOptOut(tb, p)
}

// seedOptOut makes the link of a letter that a patient got.
func seedOptOut(tb testing.TB, p *Product) {
	tb.Helper()
	var token string
	err := p.App.Store.Read(tb.Context(), func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(tb.Context(), store.MessageFilter{Limit: 1})
		if err == nil {
			token, err = p.App.Keys.Sealer().Token(sealed.UnsubscribeToken, page[0].ID)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	p.World.OptOut = "/u/" + token
}
