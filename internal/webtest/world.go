package webtest

import (
	"testing"

	"studymail"
)

// World is what stands in the database of the tests: pages are named by UUIDs.
type World struct {
	Users map[studymail.Role]studymail.User
	Ward  Ward
	Desk  Desk
	Post  Post
}

// Clinic fills a product with what each page needs to have something to show:
// Start(tb, Clinic). Invented people only.
func Clinic(tb testing.TB, p *Product) {
	tb.Helper()
	seedWard(tb, p)
	seedDesk(tb, p)
}
