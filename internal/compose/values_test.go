package compose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "Anna", "Anna"},
		{"spaces around", " \u00a0Anna\t", "Anna"},
		{"blank", " \t\r\n\u2028", ""},
		{"line breaks", "a\r\nb\nc\rd\u2028e\u2029f\u0085g", "a b c d e f g"},
		{"with spaces", "a \r\n  b", "a b"},
		{"controls", "a\x00b\x1b[31mc\x7fd", "a b [31mc d"},
		{"two spaces stay", "a  b", "a  b"},
		{"overrides go", "a\u202eb\u2066c\u2069", "abc"},
		{"marks and joiners stay", "א\u200f \U0001f469\u200d\u2695", "א\u200f \U0001f469\u200d\u2695"},
		{"byte order mark", "\ufeffa", "a"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"right to left", "محمد", "محمد"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Clean(tt.in)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if again := Clean(got); again != got {
				t.Errorf("cleaning twice gives %q", again)
			}
		})
	}
}

const canary = "Canary-Zx81"

// Nothing that holds a patient's details prints them. Seen failing with the
// embedded type taken out of Values, Header, Address or Parts.
func TestNothingPrints(t *testing.T) {
	t.Parallel()
	var v Values
	v.Set(PatientFullName, canary)
	h := testHeader()
	h.To = Address{Name: canary, Address: canary + "@example.org"}
	h.UnsubscribeURL = "https://s.example/" + canary
	parts := mustCompile(t, FormatMarkdown, "{{patient_full_name}}", "{{patient_full_name}}").Parts(&v)
	if !strings.Contains(parts.Text, canary) {
		t.Fatal("the canary is not in the parts")
	}
	for _, x := range []any{v, &v, *h, h, h.To, &h.To, parts, &parts, []Values{v}, struct{ V *Values }{&v}, struct{ H Header }{*h}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, x)
		}
		fmt.Fprintln(&out, x)
		j, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(j)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "x", x)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "x", x)
		hex := fmt.Sprintf("%x", canary)
		if s := out.String(); strings.Contains(s, canary) || strings.Contains(s, hex) || !strings.Contains(s, sealed.Redacted) {
			t.Fatalf("%T prints %s", x, s)
		}
	}
}

func TestPackKeepsWhatWasSent(t *testing.T) {
	t.Parallel()
	l := mustCompile(t, FormatMarkdown, "{{ study_name }}", "{{ patient_full_name }} {{ unsubscribe_url }}")
	h, v := testHeader(), Examples()
	v.Set(PatientFullName, "Zoë \r\n *x*")
	v.Keep(l.Needs())
	if v.Get(PatientFirstName) != "" || v.Get(StudyName) == "" {
		t.Fatalf("Keep kept %d values", len(v.Pack()))
	}
	sent, err := l.Append(nil, h, &v)
	if err != nil {
		t.Fatal(err)
	}
	h2, v2, err := UnpackSent(h.MessageID, PackSent(h, &v))
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.Append(nil, &h2, &v2)
	if err != nil || !bytes.Equal(sent, again) {
		t.Fatalf("%v\n%s\nwas\n%s", err, again, sent)
	}
	// What older releases have sealed must stay readable: this is version 1.
	v3, err := Unpack([]string{"v1", "", "Anna"})
	if err != nil || v3.Get(PatientFirstName) != "Anna" || v3.Get(PatientLastName) != "" {
		t.Fatalf("version 1 is read wrongly: %v", err)
	}
	for _, bad := range [][]string{nil, {"v2"}, {"v1", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", canary}} {
		if _, err := Unpack(bad); err == nil || strings.Contains(err.Error(), canary) {
			t.Fatalf("Unpack(%q): %v", bad, err)
		}
		if _, _, err := UnpackSent(testID, bad); err == nil || strings.Contains(err.Error(), canary) {
			t.Fatalf("UnpackSent(%q): %v", bad, err)
		}
	}
}

// The numbers are in sealed data: this test must never need a change but at its end.
func TestPlaceholderNumbersAreForever(t *testing.T) {
	t.Parallel()
	want := []string{
		"patient_username", "patient_first_name", "patient_last_name", "patient_full_name",
		"care_provider_name", "care_provider_contact", "care_provider_contact_name", "care_provider_phone",
		"care_provider_ods_code", "care_provider_reply_to", "study_name", "study_approval_reference", "unsubscribe_url",
	}
	all := Placeholders()
	if len(all) != len(want) {
		t.Fatalf("%d placeholders", len(all))
	}
	for i, p := range all {
		if int(p.Placeholder) != i || p.Name != want[i] || p.Description == "" || Clean(p.Example) != p.Example || p.Example == "" {
			t.Errorf("placeholder %d is %+v", i, p)
		}
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	l := mustCompile(t, FormatMarkdown, "{{ patient_full_name }}", "{{ care_provider_phone }} {{ study_approval_reference }} {{ care_provider_name }}")
	n := l.Needs()
	if want := []Placeholder{PatientFullName, CareProviderName, CareProviderPhone, StudyApprovalReference}; !slices.Equal(n.List(), want) {
		t.Fatalf("needs %v", n.List())
	}
	var v Values
	v.SetPerson(studymail.Details{LastName: sealed.NewName("Only")})
	v.SetProvider(&studymail.Provider{Name: "P", ODSCode: "A1"})
	if got := n.Lacking(&v).List(); !slices.Equal(got, []Placeholder{CareProviderPhone, StudyApprovalReference}) {
		t.Fatalf("lacking %v", got)
	}
	if got := n.ProviderLacks(&studymail.Provider{Name: " ", Phone: "1"}).List(); !slices.Equal(got, []Placeholder{CareProviderName}) {
		t.Fatalf("provider lacks %v", got)
	}
	if n.StudyLacks(&studymail.Study{Name: "S", ApprovalReference: "R"}) != 0 || n.StudyLacks(&studymail.Study{}) == 0 {
		t.Fatal("study")
	}
	first, last := studymail.MissingFirstName, studymail.MissingLastName
	if n.PersonLacks(first) || n.PersonLacks(last) || !n.PersonLacks(first|last) || n.PersonLacks(studymail.MissingEmail) {
		t.Fatal("a full name needs one of the two")
	}
	if one := mustCompile(t, FormatMarkdown, "S", "{{ patient_first_name }}").Needs(); !one.PersonLacks(first) || one.PersonLacks(last) {
		t.Fatal("a first name needs itself")
	}
}

func TestPartsShowWhatIsMissing(t *testing.T) {
	t.Parallel()
	var none Values
	p := mustCompile(t, FormatMarkdown, "For {{ patient_first_name }}", "x {{study_name}}").Parts(&none)
	if p.Subject != "For {{ patient_first_name }}" || p.Text != "x {{ study_name }}" {
		t.Fatalf("%q %q", p.Subject, p.Text)
	}
}
