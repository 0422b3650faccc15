package app

import (
	"path/filepath"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Seen to fail: without WhoLacks in PromoteKey.
func TestAKeyIsPromotedOnlyWhenEveryProcessHasIt(t *testing.T) {
	t.Parallel()
	a, _ := opened(t)
	h := store.KeyHolder{ID: studymail.NewID(), Host: "other.example.org", Mode: "worker", Keys: a.Keys.IDs()}
	note := func() { a.change(t, func(tx *store.Tx) error { return tx.NoteKeyHolder(t.Context(), &h) }) }
	note()
	id, err := a.AddKey(t.Context(), sealed.MasterKeys, "tester")
	if err != nil {
		t.Fatal(err)
	}
	if a.Keys.Primary(sealed.MasterKeys) == id {
		t.Error("it is used at once")
	}
	err = a.PromoteKey(t.Context(), id, "tester")
	if studymail.CodeOf(err) != studymail.Conflict || !strings.Contains(err.Error(), "worker on other.example.org does not have it") {
		t.Errorf("promoted too early: %v", err)
	}
	h.Keys = append(h.Keys, id)
	note()
	if err := a.PromoteKey(t.Context(), id, "tester"); err != nil {
		t.Fatal(err)
	}
	if a.Keys.Primary(sealed.MasterKeys) != id {
		t.Error("it is not used")
	}
	// A process that ended, or died long ago, holds nobody up.
	id, err = a.AddKey(t.Context(), sealed.SigningKeys, "tester")
	if err != nil {
		t.Fatal(err)
	}
	a.change(t, func(tx *store.Tx) error { return tx.DropKeyHolder(t.Context(), h.ID) })
	if err := a.PromoteKey(t.Context(), id, "tester"); err != nil {
		t.Error(err)
	}
	if err := a.RetireKey(t.Context(), id, "tester"); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("the key in use was retired: %v", err)
	}
}

// Seen to fail: with the folder of the database alone looked at, .env one folder below
// it was missed.
func TestDoctorSeesKeysBesideTheDatabase(t *testing.T) {
	t.Parallel()
	for url, careful := range map[string]bool{"data/studymail.db": false, "studymail.db": true, "../studymail.db": true} {
		a, _ := opened(t)
		a.Config.DatabaseURL = sealed.NewSecret("sqlite:" + filepath.Join(a.dir, url))
		checks, err := a.checkKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.HasPrefix(checks[0].Value, "careful"); got != careful {
			t.Errorf("%s: %+v", url, checks[0])
		}
	}
}
