package cli

import (
	"fmt"
	"strings"
	"testing"

	"studymail/internal/app"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

func (d *desk) keyOf(t *testing.T, kind sealed.Kind) (primary uint32, all []app.KeyState) {
	t.Helper()
	for _, k := range answer[[]app.KeyState](t, d, "keys", "list") {
		if k.Kind == kind {
			all = append(all, k)
			if k.Primary {
				primary = k.ID
			}
		}
	}
	return primary, all
}

// All three kinds are rotated while a server runs; what was sealed, hashed and signed
// before is read, found and believed after; the running server reads and writes under
// both; and then the old ones go, but for the one that signed.
//
// Seen to fail: with watchKeys not reading anew, the promotion was refused; without
// renewProof, the old master key could not be retired; without Rehash the old lookup key.
func TestKeysAreRotatedWhileAServerRuns(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		d.letter(t)
		d.serve(t)
		d.must(t, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes")
		before := d.must(t, "patient", "list", "--reveal", "--json")
		d.must(t, "user", "add", "--email", "anna@example.org", "--role", "viewer")
		old := map[sealed.Kind]uint32{}
		for _, k := range sealed.Kinds() {
			old[k], _ = d.keyOf(t, k)
			got := answer[rotated](t, d, "keys", "rotate", string(k), "--wait", "2m")
			now, all := d.keyOf(t, k)
			if !got.Used || got.Key != now || now == old[k] || len(all) != 2 || all[1].Promoted == nil {
				t.Fatalf("%s: %+v, %d, %+v", k, got, old[k], all)
			}
		}
		if after := d.must(t, "patient", "list", "--reveal", "--json"); after != before {
			t.Error("the patients read otherwise after the rotation")
		}
		r := d.run(t, "", "keys", "retire", fmt.Sprint(old[sealed.MasterKeys]), "--yes")
		if r.code != exitFailed || !strings.Contains(r.err, "is needed still, for the database's proof (1), people (2), users") {
			t.Errorf("retired too early: %d %s", r.code, r.err)
		}
		// The server goes on: it sends to who was sealed before and after.
		d.write(t, "more.csv", "username,first_name,last_name,email,ods_code\nnew.one,New,One,new.one@example.org,ABCD001\nuser.two,User,Two,user.two@example.org,ABCD001\n")
		d.must(t, "import", "more.csv", "--study", "A", "--yes")
		d.must(t, "campaign", "create", "--study", "A", "--template", "invitation", "--again", "--start", "--wait", "--yes")
		if n := len(answer[[]patientView](t, d, "patient", "list")); n != 3 {
			t.Errorf("%d patients: somebody was not found under the old key", n)
		}
		got := answer[app.Rewrapped](t, d, "keys", "rewrap")
		if got.Keys != 2 || got.Hashes != 3 || got.Sealed != 1 {
			t.Errorf("rewrapped: %+v", got)
		}
		if got := answer[app.Rewrapped](t, d, "keys", "rewrap"); got != (app.Rewrapped{}) {
			t.Errorf("rewrapped twice: %+v", got)
		}
		for _, k := range []sealed.Kind{sealed.MasterKeys, sealed.LookupKeys} {
			d.must(t, "keys", "retire", fmt.Sprint(old[k]), "--yes")
		}
		if r := d.run(t, "", "keys", "retire", fmt.Sprint(old[sealed.SigningKeys]), "--yes"); r.code != exitFailed || !strings.Contains(r.err, "two years") {
			t.Errorf("the signing key: %d %s", r.code, r.err)
		}
		if r := d.run(t, "canaryuser", "person", "find", "--username-stdin"); r.code != exitFine {
			t.Errorf("not found under the new key: %s", r.err)
		}
		d.must(t, "patient", "list", "--reveal")
		doctor := d.run(t, "", "doctor", "--json")
		if !strings.Contains(doctor.out, "keys last changed") {
			t.Errorf("doctor does not tell of the change:\n%s", doctor.out)
		}
	})
}
