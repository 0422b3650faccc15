package interop

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/audience"
	"studymail/internal/config"
	"studymail/internal/dkim"
	"studymail/internal/intake"
	"studymail/internal/store"
	"studymail/internal/storetest"

	verifier "github.com/emersion/go-msgauth/dkim"
)

const (
	ordinary = 300
	each     = 5 // of each kind that the server refuses
)

// TestACampaignThroughRealServers sends through real servers that refuse some
// recipients, over STARTTLS with a certificate of a private authority; what lies
// in the folder then is what our own book says was sent. chasquid offers
// PIPELINING and loses what stands behind a text: the campaign ends all the same,
// and the transport says what it does without.
func TestACampaignThroughRealServers(t *testing.T) {
	for _, c := range []struct {
		start func(*testing.T) *server
		kind  store.Kind
		note  string
	}{
		{func(t *testing.T) *server { return postfix(t, "") }, store.SQLite, ""},
		{func(t *testing.T) *server { return postfix(t, "") }, store.Postgres, ""},
		{func(t *testing.T) *server { return exim(t, "") }, store.SQLite, ""},
		{chasquid, store.SQLite, "SMTP_PIPELINING=False"},
	} {
		p := c.start(t)
		t.Run(p.name+" "+string(c.kind), func(t *testing.T) {
			a, keys := installation(t, p, storetest.URL(t, c.kind))
			id := start(t, a)
			serve(t, a, func() {
				waitFor(t, func() bool {
					n := counts(t, a, id)
					return n.Queued+n.Sending == 0 && n.Planned > 0
				})
			})
			n := counts(t, a, id)
			if n.Sent != ordinary || n.Failed != 2*each || n.Deferred != each || n.Uncertain != 0 {
				t.Fatalf("%+v", n)
			}
			checkMaildir(t, a, p, id)
			checkSignatures(t, p, keys)
			checkPatients(t, a)
			var tr []studymail.Transport
			must(t, a.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
				tr, err = tx.Transports(t.Context())
				return err
			}))
			if len(tr) != 1 || tr[0].State != studymail.TransportUp || !strings.Contains(tr[0].Detail, c.note) || (c.note == "") != (tr[0].Detail == "") {
				t.Errorf("the transport: %+v, want %q", tr, c.note)
			}
		})
	}
}

func installation(t *testing.T, p *server, url string, more ...string) (*app.App, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	keys := signWith(t, dir)
	return installed(t, dir, url, append(append(p.environ(t), signing(dir)...), more...)), keys
}

// environ are the settings that send through a server.
func (s *server) environ(t *testing.T) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(s.addr)
	must(t, err)
	return []string{
		"MAIL_TRANSPORT=smtp", "EMAIL_HOST=" + host, "EMAIL_PORT=" + port, "SMTP_TIMEOUT=5s",
		"EMAIL_TLS=starttls-required", "EMAIL_TLS_CA_FILE=" + s.caFile,
	}
}

// installed is an installation in a folder, with settings.
func installed(t *testing.T, dir, url string, environ []string) *app.App {
	t.Helper()
	_, err := config.WriteEnv(dir)
	must(t, err)
	a, err := app.Open(t.Context(), app.Options{
		Dir: dir, Now: app.Clock, Tables: app.Make,
		Environ: settings(url, environ...),
	})
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	return a
}

// settings are those of each installation, and more.
func settings(url string, more ...string) []string {
	return append([]string{"DATABASE_URL=" + url, "EMAIL=studies@example.org", "BOUNCE_DOMAIN=bounces.example.org", "PUBLIC_URL=https://studies.example.org"}, more...)
}

// signWith makes two DKIM keys, and gives what would stand in the DNS.
func signWith(t *testing.T, dir string) map[string]string {
	t.Helper()
	records := map[string]string{}
	for selector, kind := range map[string]string{"s1": "rsa", "s2": "ed25519"} {
		key, text, err := dkim.Generate(kind)
		must(t, err)
		write(t, filepath.Join(dir, selector+".pem"), string(text), 0o600)
		name, record, err := dkim.Record("example.org", selector, key)
		must(t, err)
		records[name] = record
	}
	return records
}

// signing are the settings that sign with the keys in a folder.
func signing(dir string) []string {
	return []string{"DKIM_SELECTOR=s1", "DKIM_KEY_FILE=" + filepath.Join(dir, "s1.pem"), "DKIM_SELECTOR_2=s2", "DKIM_KEY_FILE_2=" + filepath.Join(dir, "s2.pem")}
}

const studyName = "Schlaf & Träume"

// start makes everything a campaign needs and plans it.
func start(t *testing.T, a *app.App) studymail.ID {
	t.Helper()
	return startWith(t, a, map[string]int{"user": ordinary, "gone": each, "policy": each, "later": each})
}

// startWith does so for so many patients of each kind.
func startWith(t *testing.T, a *app.App, patients map[string]int) studymail.ID {
	t.Helper()
	study := studymail.Study{Name: studyName, Active: true}
	must(t, a.Store.Write(t.Context(), func(tx *store.Tx) error {
		p := studymail.Provider{Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", ReplyTo: "surgery@example.org", Active: true}
		if err := tx.AddProvider(t.Context(), &p); err != nil {
			return err
		}
		if err := tx.AddStudy(t.Context(), &study); err != nil {
			return err
		}
		return tx.AddTemplate(t.Context(), &studymail.Template{Name: "letter"}, &studymail.TemplateVersion{
			Format: "markdown", Subject: "About {{ study_name }}",
			Body: "Dear {{ patient_full_name }},\n\n.a line that begins with a dot\n\nPlease call {{ care_provider_contact }}, or [opt out]({{ unsubscribe_url }}).\n",
		})
	}))
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	for _, kind := range slices.Sorted(maps.Keys(patients)) {
		for i := range patients[kind] {
			fmt.Fprintf(&b, "%s%d,Zoë,Nümber%d,%s%d@example.org,ABCD001\n", kind, i, i, kind, i)
		}
	}
	src, err := intake.OpenCSV("-", strings.NewReader(b.String()), "")
	must(t, err)
	im := intake.Importer{Store: a.Store, Sealer: a.Keys.Sealer()}
	res, err := im.Import(t.Context(), src, intake.Options{Study: study, Actor: "test"})
	must(t, err)
	must(t, res.Err())
	must(t, src.Close())
	planner, err := a.Planner()
	must(t, err)
	c, err := planner.Create(t.Context(), audience.New{Study: study.Name, Template: "letter"}, "test")
	must(t, err)
	_, err = planner.Start(t.Context(), c.ID, "test", nil)
	must(t, err)
	return c.ID
}

// serve runs workers while fn runs.
func serve(t *testing.T, a *app.App, fn func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, app.Parts{Mode: "worker", Workers: true}, nil) }()
	defer func() { // also when fn ends the test
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	fn()
}

func counts(t *testing.T, a *app.App, id studymail.ID) studymail.Counts {
	t.Helper()
	var n studymail.Counts
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
		c, err := tx.CampaignByID(t.Context(), id)
		if err != nil {
			return err
		}
		n, err = tx.Counts(t.Context(), c.Key)
		return err
	}))
	return n
}

// checkMaildir compares what arrived with what our book says.
func checkMaildir(t *testing.T, a *app.App, p *server, id studymail.ID) {
	t.Helper()
	waitFor(t, func() bool { return len(p.delivered(t)) >= ordinary })
	arrived := map[string]int{}
	for _, b := range p.delivered(t) {
		m, err := mail.ReadMessage(bytes.NewReader(b))
		must(t, err)
		uuid, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), "@")
		arrived[uuid]++
		for name, want := range map[string]string{
			"Return-Path": "@bounces.example.org>", "List-Unsubscribe": "<https://studies.example.org/u/", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Reply-To": "surgery@example.org", "Subject": "=?utf-8?",
		} {
			if !strings.Contains(m.Header.Get(name), want) {
				t.Fatalf("%s is %q, want %q in it", name, m.Header.Get(name), want)
			}
		}
	}
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: id, States: []studymail.State{studymail.Sent}, Limit: ordinary + 1})
		for i := range page {
			if n := arrived[page[i].ID.String()]; n != 1 {
				t.Errorf("message %s arrived %d times", page[i].ID, n)
			}
		}
		if len(page) != ordinary || len(arrived) != ordinary {
			t.Errorf("%d sent, %d arrived, want %d", len(page), len(arrived), ordinary)
		}
		return err
	}))
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(p.mails), "tmp", "*")); err != nil || len(files) > 0 {
		t.Errorf("left in tmp: %v %v", files, err)
	}
}

// checkSignatures: what arrived has both signatures, and nothing on the way broke them.
func checkSignatures(t *testing.T, p *server, keys map[string]string) {
	t.Helper()
	for _, b := range p.delivered(t) {
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		all, err := verifier.VerifyWithOptions(bytes.NewReader(b), &verifier.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			return []string{keys[name]}, nil
		}})
		if err != nil || len(all) != 2 || all[0].Err != nil || all[1].Err != nil {
			t.Fatalf("signatures: %+v %v", all, err)
		}
	}
}

// checkPatients: who does not exist is marked, who is not wanted is not.
func checkPatients(t *testing.T, a *app.App) {
	t.Helper()
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.PatientCounts(t.Context(), 0)
		for _, c := range all {
			if c.Cancelled == studymail.NotContactable && c.Patients != each {
				t.Errorf("%d patients are Not contactable, want %d", c.Patients, each)
			}
		}
		if len(all) != 2 {
			t.Errorf("patients by status and cancelled: %+v", all)
		}
		return err
	}))
}
