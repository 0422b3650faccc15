package compose

import (
	"strings"
	"testing"
)

const benchBody = `Dear {{ patient_full_name }},

{{ care_provider_name }} takes part in **{{ study_name }}**, a study about how people with long-term
conditions look after themselves, and we think that you may be able to help.

What taking part means:

- a questionnaire of about fifteen minutes, once
- a telephone call with a nurse, if you like
- nothing changes in the care that you receive from us

Your answers are kept apart from your name. You can stop whenever you wish, without saying why.

If you have questions, please ring {{ care_provider_contact }} on {{ care_provider_phone }}.

Yours sincerely,
{{ care_provider_contact }}

If you do not wish to hear about this study again: {{ unsubscribe_url }}
`

func benchValues() *Values {
	v := Examples()
	v.Set(UnsubscribeURL, "https://studymail.example/u/"+strings.Repeat("abcdefgh23", 6))
	return &v
}

func BenchmarkAppend(b *testing.B) {
	l := mustCompile(b, FormatMarkdown, "{{ study_name }}: a letter from {{ care_provider_name }}", benchBody)
	h, v := testHeader(), benchValues()
	buf, err := l.Append(nil, h, v)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = l.Append(buf[:0], h, v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendNonASCII(b *testing.B) {
	l := mustCompile(b, FormatMarkdown, "{{ study_name }}: a letter for {{ patient_full_name }}", benchBody)
	h, v := testHeader(), benchValues()
	h.To.Name = "Zoë Größenwahn"
	v.Set(PatientFullName, h.To.Name)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = l.Append(buf[:0], h, v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustCompile(b, FormatMarkdown, "{{ study_name }}", benchBody)
	}
}

// Append allocates nothing but the buffer, which is the connection's.
func TestAppendAllocatesNothing(t *testing.T) {
	l := mustCompile(t, FormatMarkdown, "{{ study_name }}: a letter for {{ patient_full_name }}", benchBody)
	h, v := testHeader(), benchValues()
	buf := make([]byte, 0, 16<<10)
	n := testing.AllocsPerRun(100, func() {
		if _, err := l.Append(buf, h, v); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Fatalf("%v allocations a message", n)
	}
}
