package interop

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// soonAgain has Postfix wait seconds where it would wait minutes: before it tries again,
// and for whoever does not answer any more.
const soonAgain = `minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
smtp_connect_timeout = 5s
smtp_helo_timeout = 10s
smtp_mail_timeout = 10s
smtp_rcpt_timeout = 10s
smtp_data_init_timeout = 10s
smtp_data_xfer_timeout = 10s
smtp_data_done_timeout = 10s
`

// What a real Postfix bounces comes back while the process that takes it is killed again
// and again: Postfix brings what was not answered once more, nothing is lost, and nothing
// counts twice. The letters leave first, with nobody to take what comes back.
//
// Seen to fail: with a digest that differs each time, so that a mail is never known again:
// then one or the other counts twice, on either database.
func TestBouncesCountOnceThoughTheirReceiverIsKilled(t *testing.T) {
	t.Parallel()
	const (
		many  = 60 // of each kind
		kills = 5
	)
	binary := filepath.Join(t.TempDir(), "studymail")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "studymail/cmd/studymail").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p, addr := bouncing(t, many, soonAgain)
			dir, url := t.TempDir(), storetest.URL(t, kind)
			environ := append(p.environ(t), "HALT_HARD=0", "HALT_FAILED=0")
			a := installed(t, dir, url, environ)
			id := startWith(t, a, map[string]int{"dead": many, "full": many, "spam": many})
			serve(t, a, func() {
				waitFor(t, func() bool { n := counts(t, a, id); return n.Planned > 0 && n.Sent == n.Planned })
			})

			all := func() (n int) {
				for _, m := range cameBack(t, a, id) {
					n += m
				}
				return n
			}
			worker := func() *exec.Cmd {
				cmd := exec.CommandContext(t.Context(), binary, "worker")
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), settings(url, append(environ, "FEEDBACK_SMTP_ADDR="+addr, "HTTP_ADDR=")...)...)
				must(t, cmd.Start())
				return cmd
			}
			cut := 0
			for kill := 1; kill <= kills; kill++ {
				cmd := worker()
				waitFor(t, func() bool { return all() >= 3*many*kill/(kills+1) })
				must(t, cmd.Process.Kill())
				_ = cmd.Wait() // it was killed
				if all() < 3*many {
					cut++
				}
			}
			cmd := worker()
			defer func() {
				if t.Failed() {
					must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
						states, err := tx.CountFeedback(t.Context())
						t.Logf("came back %v, feedback %v, %v", cameBack(t, a, id), states, err)
						return err
					}))
				}
			}()
			waitFor(t, func() bool { return all() == 3*many })
			must(t, cmd.Process.Signal(os.Interrupt))
			must(t, cmd.Wait())
			if cut == 0 {
				t.Error("all had come before the first kill")
			}

			want := map[studymail.CameBack]int{studymail.CameHard: many, studymail.CameSoft: many, studymail.CamePolicy: many}
			if came := cameBack(t, a, id); !maps.Equal(came, want) {
				t.Errorf("came back: %v, want %v", came, want)
			}
			must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
				states, err := tx.CountFeedback(t.Context())
				if want := map[studymail.FeedbackState]int{studymail.FeedbackApplied: 3 * many}; !maps.Equal(states, want) {
					t.Errorf("feedback: %v, want %v", states, want)
				}
				if err != nil {
					return err
				}
				return eachEnding(t, a, tx, id, func(kind string, got ending) {
					if taken := got.cancelled == studymail.NotContactable; taken != (kind == "dead") {
						t.Errorf("%s: patient %q", kind, got.cancelled)
					}
				})
			}))
		})
	}
}
