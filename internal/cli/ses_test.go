package cli

import (
	"strings"
	"testing"
	"time"

	"studymail/internal/sestest"
	"studymail/internal/store"
)

// Seen to fail: with the first page only, and with our list told of nothing.
func TestTheAccountsSuppressionListIsListedImportedAndCleared(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	account := sestest.NewAccount(t)
	account.List("user.one@example.org", "BOUNCE", time.Unix(1750000000, 0))
	account.List("zoe@example.org", "COMPLAINT", time.Unix(1750000000, 0))
	d := newDesk(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ, "SES_REGION=eu-west-2", "SES_ENDPOINT="+account.URL)
	all := answer[[]sesSuppressedView](t, d, "ses", "suppressed", "list")
	if len(all) != 2 || all[0].Reason != "bounce" || all[1].Reason != "complaint" || all[0].Here || strings.Contains(all[0].Address, "user") {
		t.Errorf("%+v", all)
	}
	for i, want := range []sesImported{{2, 2}, {2, 0}} {
		if got := answer[sesImported](t, d, "ses", "suppressed", "import"); got != want {
			t.Errorf("import %d: %+v", i, got)
		}
	}
	ours := answer[[]suppressionView](t, d, "suppression", "list")
	if len(ours) != 2 || ours[0].Source != "Amazon SES" || ours[0].Reason != "complaint" || ours[1].Reason != "no such mailbox" {
		t.Errorf("%+v", ours)
	}
	if list := d.must(t, "ses", "suppressed", "list"); strings.Count(list, "yes") != 2 || strings.Contains(list, "zoe@") {
		t.Errorf("%s", list)
	}
	if r := d.run(t, "zoe@example.org\nnobody@example.org\n", "ses", "suppressed", "clear", "-"); r.code != 0 || r.out != "Cleared at Amazon SES: 1 of 2.\n" || len(account.Listed()) != 1 {
		t.Errorf("%+v, left %v", r, account.Listed())
	}
	if r := d.run(t, "", "ses", "suppressed", "clear", "zoe@example.org"); r.code == 0 || strings.Contains(r.err, "zoe") {
		t.Errorf("%+v", r)
	}
	if out := d.must(t, "event", "list"); strings.Count(out, "cleared at Amazon SES") != 1 || strings.Contains(out, "zoe") {
		t.Errorf("%s", out)
	}
	for _, wrong := range []string{"clear", "clear zoe", "list x"} {
		if r := d.run(t, "", append([]string{"ses", "suppressed"}, strings.Fields(wrong)...)...); r.code != exitUsage {
			t.Errorf("%s: %d", wrong, r.code)
		}
	}
}
