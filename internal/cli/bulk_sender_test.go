package cli

import (
	"bytes"
	"mime"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"

	"github.com/emersion/go-msgauth/dkim"
)

// bulkMail sends one letter as an installation with everything set does, and gives
// what is handed over: without a relay's Received, with our signature.
func bulkMail(t *testing.T, body string) (raw []byte, txt map[string]string) {
	t.Helper()
	d := clinic(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ,
		"EMAIL=studies@clinic.nhs.uk", "EMAIL_DISPLAY_NAME=Clinic research", "BOUNCE_DOMAIN=bounce.clinic.nhs.uk", "PUBLIC_URL=https://studies.clinic.nhs.uk")
	k := answer[newKey](t, d, "dkim", "new", "--selector", "s1", "--type", "rsa")
	d.sys.Environ = append(d.sys.Environ, "DKIM_SELECTOR=s1", "DKIM_KEY_FILE="+k.File)
	d.write(t, "letter.md", body)
	d.must(t, "template", "add", "--name", "invitation", "--subject", "An invitation to {{ study_name }}", "--file", "letter.md")
	made := d.create(t, "--start", "--yes")
	server := d.serve(t)
	waitUntil(t, func() bool { return d.show(t, made.ID).State == "finished" })
	server.end()
	files := d.files(t, "mail/new")
	if len(files) == 0 {
		t.Fatal("no mail was handed over")
	}
	raw, err := os.ReadFile(filepath.Join(d.sys.Dir, "mail/new", files[0]))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), map[string]string{k.Name: k.Record}
}

const withLink = demoBody + "\nYou can [stop these letters]({{ unsubscribe_url }}) at any time.\n"

// What Gmail (support.google.com/a/answer/81126) and Yahoo (senders.yahooinc.com)
// want of those who send in bulk, as far as a mail shows it. The return path is tested
// with SMTP; what DNS and the relay must show is doctor's (internal/domaincheck).
func TestALetterKeepsTheRulesForBulkSenders(t *testing.T) {
	t.Parallel()
	raw, txt := bulkMail(t, withLink)
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	one := func(field string) string {
		if all := m.Header[field]; len(all) != 1 {
			t.Errorf("%d fields %s", len(all), field)
			return ""
		}
		return m.Header.Get(field)
	}
	domain := func(field string) string {
		a, err := mail.ParseAddress(one(field))
		if err != nil {
			t.Errorf("%s: %v", field, err)
			return ""
		}
		return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
	}
	sigs, err := dkim.VerifyWithOptions(strings.NewReader(strings.ReplaceAll(string(raw[bytes.Index(raw, []byte("DKIM-Signature:")):]), "\n", "\r\n")),
		&dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) { return []string{txt[name]}, nil }})
	if err != nil || len(sigs) != 1 || sigs[0].Err != nil {
		t.Fatalf("the signature: %+v %v", sigs, err)
	}
	signed := map[string]bool{}
	for _, k := range sigs[0].HeaderKeys {
		signed[strings.ToLower(k)] = true
	}
	const from = "clinic.nhs.uk"
	for rule, kept := range map[string]bool{
		"one sender with a name, of our domain (DMARC)":          domain("From") == from && strings.Contains(m.Header.Get("From"), "Clinic research"),
		"the signature is of the sender's domain":                sigs[0].Domain == from,
		"one Message-ID, of our domain":                          strings.HasSuffix(one("Message-Id"), "@"+from+">"),
		"one recipient":                                          domain("To") != "" && !strings.Contains(m.Header.Get("To"), ","),
		"one subject, that is no answer to anything":             one("Subject") != "" && !regexp.MustCompile(`(?i)^(re|fwd?):`).MatchString(one("Subject")),
		"a date of now":                                          dated(m),
		"one click (RFC 8058)":                                   one("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click",
		"an https address to opt out at":                         strings.Contains(one("List-Unsubscribe"), "<https://studies."+from+"/u/"),
		"an address to opt out by mail":                          strings.Contains(one("List-Unsubscribe"), "<mailto:u+"),
		"both fields for opting out are signed":                  signed["list-unsubscribe"] && signed["list-unsubscribe-post"],
		"From, To, Subject, Date and Message-ID are signed":      signed["from"] && signed["to"] && signed["subject"] && signed["date"] && signed["message-id"],
		"nothing of the body is left out of the signature (l=)":  !regexp.MustCompile(`[; \t]l=\d`).MatchString(m.Header.Get("Dkim-Signature")),
		"MIME that names its version and its type":               one("Mime-Version") == "1.0" && isMultipart(one("Content-Type")),
		"no line over 998 octets (RFC 5322)":                     longest(raw) <= 998,
		"a link in the text to opt out at, where it can be seen": bytes.Count(unfolded(raw), []byte("https://studies."+from+"/u/")) >= 3,
		"the patient's address stands nowhere but in To":         bytes.Count(raw, []byte("canary.example.org")) == 1,
		"it says that a program sent it (RFC 3834)":              one("Auto-Submitted") == "auto-generated",
	} {
		if !kept {
			t.Errorf("not kept: %s", rule)
		}
	}
	if t.Failed() {
		t.Logf("%s", raw)
	}
}

func dated(m *mail.Message) bool {
	at, err := m.Header.Date()
	return err == nil && time.Since(at).Abs() < time.Hour
}

func isMultipart(value string) bool {
	kind, _, err := mime.ParseMediaType(value)
	return err == nil && kind == "multipart/alternative"
}

func longest(raw []byte) (n int) {
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		n = max(n, len(line))
	}
	return n
}

// unfolded takes soft line breaks of quoted-printable out.
func unfolded(raw []byte) []byte { return bytes.ReplaceAll(raw, []byte("=\n"), nil) }

// SpamAssassin, as Debian has it and without asking the network, takes no letter that
// comes with studymail for spam. 5 is spam; what a network test would add for a
// domain without SPF is doctor's to find.
func TestTheLettersThatComeWithStudymailAreNoSpam(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"the demo's": demoBody, "with a link to opt out": withLink} {
		raw, _ := bulkMail(t, body)
		// As the recipient's server has it: received from a relay with a name.
		raw = append([]byte("Received: from relay.clinic.nhs.uk (relay.clinic.nhs.uk [203.0.113.7])\n\tby mx.example.org (Postfix) with ESMTPS id 4Xy7;\n\t"+
			time.Now().Format(time.RFC1123Z)+"\n"), raw...)
		score := spamScore(t, raw)
		t.Logf("%s: %.1f", name, score)
		if score >= 2 {
			t.Errorf("%s scores %.1f", name, score)
		}
	}
	// It is awake: what is spam is told.
	if score := spamScore(t, []byte("From: x@example.org\nSubject: x\n\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n")); score < 100 {
		t.Errorf("GTUBE scores %.1f", score)
	}
}

func spamScore(t *testing.T, raw []byte) float64 {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "spamassassin", "--local", "--test-mode", "--nocreate-prefs", "--prefspath", filepath.Join(home, "prefs"))
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.Stdin = bytes.NewReader(raw)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("spamassassin (scripts/test-deps.sh installs it): %v\n%s", err, errs.String())
	}
	found := regexp.MustCompile(`X-Spam-Status: \w+, score=(-?[\d.]+)`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("no score:\n%s", out)
	}
	score, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	if score >= 2 {
		t.Logf("%s", out)
	}
	return score
}
