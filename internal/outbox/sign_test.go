package outbox_test

import (
	"bytes"
	"testing"
	"time"

	"studymail/internal/dkim"
	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"

	verifier "github.com/emersion/go-msgauth/dkim"
)

// Signed mails arrive with signatures that verify, and what was kept sealed shows
// the same mail without them.
func TestSignedMailArrivesAndIsShown(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := newBench(t, s)
	b.AddPatients(t, s, 0, 10)
	camp := b.campaign(t)
	b.plan(t, camp)
	signer := &dkim.Signer{Domain: "example.org"}
	records := map[string]string{}
	for _, kind := range []string{"rsa", "ed25519"} {
		key, _, err := dkim.Generate(kind)
		if err != nil {
			t.Fatal(err)
		}
		signer.Keys = append(signer.Keys, dkim.Key{Selector: kind, Signer: key})
		name, text, err := dkim.Record("example.org", kind, key)
		if err != nil {
			t.Fatal(err)
		}
		records[name] = text
	}
	srv := smtptest.Start(t, smtptest.Config{KeepData: true})
	opts := b.options(t, &outbox.SMTP{Config: smtpout.Config{Addr: srv.Addr()}, Now: time.Now})
	opts.Letterbox.Signer = signer
	_, stop := b.run(t, opts)
	if n := b.settle(t, camp); n.Sent != 10 {
		t.Fatalf("%+v", n)
	}
	stop()
	for _, r := range srv.Book.Records() {
		all, err := verifier.VerifyWithOptions(bytes.NewReader(r.Data), &verifier.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			return []string{records[name]}, nil
		}})
		if err != nil || len(all) != 2 || all[0].Err != nil || all[1].Err != nil {
			t.Fatalf("signatures: %+v %v", all, err)
		}
		var shown []byte
		if err := s.Read(t.Context(), func(tx *store.Tx) error {
			page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: camp.ID, Limit: 20})
			for i := range page {
				if page[i].ID.String() != r.UUID || err != nil {
					continue
				}
				m, err := tx.MessageByID(t.Context(), page[i].ID)
				if err != nil {
					return err
				}
				shown, err = opts.Letterbox.AsSent(&m, &b.version)
				return err
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(shown) == 0 || !bytes.HasSuffix(r.Data, shown) || bytes.Contains(shown, []byte("DKIM-Signature")) {
			t.Errorf("shown is\n%s\nsent was\n%s", shown, r.Data)
		}
	}
}
