package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// Seen to fail: without mayLeave in the window's statement and the claim, mail
// leaves while sending is off; with an Arm that changes an armed database, too, the
// last line.
func TestDisarmStopsAllMailAndArmLetsItGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		d.letter(t)
		if out := d.must(t, "arm"); !strings.Contains(out, "armed already") {
			t.Errorf("arming a new database: %s", out)
		}
		out := d.must(t, "disarm", "--reason", "wrong letter, says zebedee.quixotic@canary.example.org")
		noCanary(t, "disarm", out)
		if got := answer[switched](t, d, "disarm"); got.Armed || got.Changed || got.Reason != studymail.ByHand || got.Since == "" || !strings.Contains(got.Note, "wrong letter") {
			t.Errorf("disarmed twice: %+v", got)
		}
		server := d.serve(t)
		if !strings.Contains(server.says.String(), "Sending is OFF since") {
			t.Errorf("the server does not say it loudly:\n%s", server.says.String())
		}
		r := d.run(t, "", "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes")
		if r.code != exitFailed || !strings.Contains(r.err, "Sending is OFF") || !strings.Contains(r.err, "studymail arm") {
			t.Errorf("waiting for a campaign: exit code %d\n%s%s", r.code, r.out, r.err)
		}
		type shown struct {
			ID     string      `json:"id"`
			Off    *armingView `json:"sending_off"`
			Queued int         `json:"queued"`
		}
		id := answer[[]shown](t, d, "campaign", "list")[0].ID
		show := answer[shown](t, d, "campaign", "show", id)
		if show.Off == nil || show.Off.Reason != studymail.ByHand || show.Queued != 2 {
			t.Errorf("campaign show --json: %+v", show)
		}
		if text := d.must(t, "campaign", "show", id); !strings.Contains(text, "Sending is OFF") {
			t.Errorf("campaign show: %s", text)
		}
		doctor := d.run(t, "", "doctor", "--json")
		found := oneValue[diagnosis](t, doctor.out)
		if i := len(found.Checks); doctor.code != exitFailed || i == 0 {
			t.Errorf("doctor: exit code %d", doctor.code)
		}
		for _, c := range found.Checks {
			if c.Name == "sending" && (c.OK || !strings.HasPrefix(c.Value, "OFF") || !strings.Contains(c.Mend, "studymail arm")) {
				t.Errorf("doctor says %+v", c)
			}
		}
		if n := d.files(t, "mail/new"); len(n) != 0 {
			t.Errorf("mail left: %v", n)
		}
		if r := d.run(t, "", "arm"); r.code != exitUsage || !strings.Contains(r.err, "2 messages of 1 running campaign will leave") || !strings.Contains(r.err, "--yes") {
			t.Errorf("arming where nobody can be asked: exit code %d\n%s", r.code, r.err)
		}
		armed := answer[switched](t, d, "arm", "--yes")
		if !armed.Armed || !armed.Changed || *armed.Waiting != (store.Waiting{Messages: 2, Campaigns: 1}) {
			t.Errorf("armed: %+v", armed)
		}
		waitUntil(t, func() bool { return len(d.files(t, "mail/new")) == 2 })
		events := d.must(t, "event", "list")
		noCanary(t, "events", events)
		for _, want := range []string{"sending disarmed", "sending armed", "was by hand; messages=2 campaigns=1"} {
			if !strings.Contains(events, want) {
				t.Errorf("the events lack %q:\n%s", want, events)
			}
		}
		if again := answer[switched](t, d, "arm"); !again.Armed || again.Changed {
			t.Errorf("armed twice: %+v", again)
		}
	})
}

// The database is put back to what it was before a campaign, by hand. What doctor
// says, it says before any worker has looked.
//
// Seen to fail: without the comparison of the counters, and without foresee.
func TestADatabaseThatIsPutBackByHandIsNoticed(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	d.letter(t)
	d.serve(t).end()
	file := filepath.Join(d.sys.Dir, "data", "studymail.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := d.serve(t)
	d.must(t, "campaign", "create", "--study", "A", "--template", "invitation", "--start", "--wait", "--yes")
	s.end()
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := d.run(t, "", "doctor"); !strings.Contains(r.out, "OFF since") || !strings.Contains(r.out, "restored from a copy") {
		t.Errorf("doctor before a worker looked:\n%s", r.out)
	}
	s = d.serve(t)
	if !strings.Contains(s.says.String(), "it was restored from a copy; the copy is of") {
		t.Errorf("the server says:\n%s", s.says.String())
	}
	s.end()
	// Nobody can be asked, and the file of STATE_DIR is lost: it stays off.
	if err := os.RemoveAll(filepath.Join(d.sys.Dir, "state")); err != nil {
		t.Fatal(err)
	}
	s = d.serve(t)
	if !strings.Contains(s.says.String(), "Sending is OFF") {
		t.Errorf("without its state the server says:\n%s", s.says.String())
	}
	d.must(t, "arm", "--yes")
	s.end()
	s = d.serve(t)
	if strings.Contains(s.says.String(), "OFF") {
		t.Errorf("after arming the server says:\n%s", s.says.String())
	}
}

// What people do, and what is to come of it.
//
// Seen to fail: without the comparison of homes, the copies go on.
func TestWhereADatabaseTurnsUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		move func(t *testing.T, d *desk) // after a first run; into another place
		off  string
	}{
		{"its state is deleted", func(t *testing.T, d *desk) { remove(t, d, "state") }, ""},
		{"all is moved to another folder", func(t *testing.T, d *desk) {
			to := t.TempDir()
			for _, name := range []string{".env", "data", "state"} {
				if err := os.Rename(filepath.Join(d.sys.Dir, name), filepath.Join(to, name)); err != nil {
					t.Fatal(err)
				}
			}
			d.sys.Dir = to
		}, ""},
		{"its file is copied to another disk, with its state, and the old one removed", func(t *testing.T, d *desk) {
			from := d.sys.Dir
			copyAll(t, d, t.TempDir())
			if err := os.RemoveAll(from); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"all is copied to another folder", func(t *testing.T, d *desk) { copyAll(t, d, t.TempDir()) }, "it is a copy, or was moved"},
		{"only the database is copied", func(t *testing.T, d *desk) {
			copyAll(t, d, t.TempDir())
			remove(t, d, "state")
		}, "it is a copy, or was moved"},
		{"its file in STATE_DIR is damaged", func(t *testing.T, d *desk) {
			all, err := filepath.Glob(filepath.Join(d.sys.Dir, "state", "databases", "*.counter"))
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			if err := os.WriteFile(all[0], []byte("studymail counter 7"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is damaged"},
		{"another database uses the same STATE_DIR", func(t *testing.T, d *desk) { remove(t, d, "data"); d.must(t, "init") }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, store.SQLite)
			d.serve(t).end()
			tc.move(t, d)
			s := d.serve(t)
			if says := s.says.String(); !strings.Contains(says, tc.off) || (tc.off == "") == strings.Contains(says, "Sending is OFF") {
				t.Errorf("the server says:\n%s", says)
			}
		})
	}
}

func remove(t *testing.T, d *desk, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(d.sys.Dir, name)); err != nil {
		t.Fatal(err)
	}
}

func copyAll(t *testing.T, d *desk, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(d.sys.Dir)); err != nil {
		t.Fatal(err)
	}
	d.sys.Dir = to
}
