package compose

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGoldenMails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, template, subject string
		change                  func(*Header, *Values)
	}{
		{"invitation", "invitation.md", "{{ study_name }}: a letter from {{ care_provider_name }}", nil},
		{"invitation-names", "invitation.md", "Für {{ patient_full_name }}: eine Einladung zu einer Studie Ihrer Hausarztpraxis", func(h *Header, v *Values) {
			h.To.Name = "Zoë \"Zo\" O’Größenwahn, 李小龍"
			h.From.Name = "Smith, Patel & Jones (Surgery)"
			h.UnsubscribeURL, h.UnsubscribeMailto = "", ""
			v.Set(PatientFullName, h.To.Name)
			v.Set(CareProviderName, "<Smith> & Söhne \r\nBcc: x@y.example")
			v.Set(StudyName, "*Study* [B](https://example.org) = ="+"==================================")
		}},
		{"ready", "ready.html", "No placeholder", func(h *Header, _ *Values) {
			h.To = Address{Address: "zoë@exämple.example"}
			h.ReplyTo = Address{}
			h.UnsubscribeMailto = ""
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join("testdata", tt.template))
			if err != nil {
				t.Fatal(err)
			}
			format := FormatMarkdown
			if filepath.Ext(tt.template) == ".html" {
				format = FormatHTML
			}
			l := mustCompile(t, format, tt.subject, string(body))
			h, v := testHeader(), Examples()
			if tt.change != nil {
				tt.change(h, &v)
			}
			checkMail(t, l, h, &v)
			raw, err := l.Append(nil, h, &v)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, tt.name+".eml", raw)
			compareGolden(t, tt.name+".txt", []byte(l.Parts(&v).Text+"\n"))
		})
	}
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if string(got) != string(want) {
		t.Fatalf("%s differs from what it was; got\n%s", path, got)
	}
}
