package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"studymail"
)

const header = "username,first_name,last_name,email,ods_code,status,cancelled,external_id\n"

// line makes a good row of n with some cells replaced.
func line(n int, change map[column]string) string {
	cells := []string{
		fmt.Sprintf("user%d", n), "User", fmt.Sprintf("Number%d", n), fmt.Sprintf("user%d@example.org", n), "ABCD001", "", "", "",
	}
	for c, v := range change {
		cells[c] = v
	}
	return strings.Join(cells, ",") + "\n"
}

func source(tb testing.TB, text string) *CSV {
	tb.Helper()
	c, err := ReadCSV(strings.NewReader(text), tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// records reads a file to its end: good records, and the problems of the rest.
func records(tb testing.TB, text string) (good []Record, problems, warnings []Problem, refused *RefusedError) {
	tb.Helper()
	rows := source(tb, text).Rows()
	var (
		row Row
		l   *layout
	)
	for {
		err := rows.Next(&row)
		if errors.Is(err, io.EOF) {
			return good, problems, warnings, nil
		}
		if err == nil && l == nil {
			l, warnings, err = readHeader(&row)
			if err == nil {
				continue
			}
		}
		if r, ok := errors.AsType[*RefusedError](err); ok {
			return good, problems, warnings, r
		}
		if err != nil {
			tb.Fatal(err)
		}
		c := l.check(&row)
		problems = append(problems, c.problems...)
		if len(c.problems) == 0 {
			good = append(good, c.Record)
		}
	}
}

func TestEveryProblemIsNamedAndTheRowsAroundItAreChecked(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		row    string // of row 3
		column string
		reason string
	}{
		"too few cells":            {"a,b,c\n", "", "too few cells: 3, and the header has 8"},
		"too many cells":           {line(2, nil)[:40] + ",,,,,,,,,\n", "", "too many cells"},
		"stray quote":              {line(2, map[column]string{firstNameColumn: `Us"er`}), "first_name", "a stray quotation mark"},
		"quote behind a quote":     {line(2, map[column]string{firstNameColumn: `"Us"er`}), "first_name", "a stray quotation mark"},
		"space before a quote":     {line(2, map[column]string{firstNameColumn: ` "User"`}), "first_name", "a stray quotation mark"},
		"unclosed quote":           {line(2, map[column]string{lastNameColumn: `"Number`}), "last_name", "a quotation mark is opened here and not closed"},
		"unclosed at the end":      {line(2, map[column]string{externalIDColumn: `"7`}), "external_id", "a quotation mark is opened here and not closed"},
		"row too long":             {line(2, map[column]string{externalIDColumn: long(70_000)}), "username", "longer than 64 KiB"},
		"quoted row too long":      {line(2, map[column]string{externalIDColumn: `"` + long(70_000) + `"`}), "external_id", "not closed"},
		"NUL":                      {line(2, map[column]string{firstNameColumn: "Us\x00er"}), "first_name", "NUL"},
		"invalid UTF-8":            {line(2, map[column]string{firstNameColumn: "M\xfcller"}), "first_name", "not valid UTF-8"},
		"replacement character":    {line(2, map[column]string{firstNameColumn: "M\uFFFDller"}), "first_name", "replacement character"},
		"control character":        {line(2, map[column]string{firstNameColumn: "Us\x1ber"}), "first_name", "a control character"},
		"tab":                      {line(2, map[column]string{firstNameColumn: "Us\ter"}), "first_name", "a control character"},
		"DEL":                      {line(2, map[column]string{firstNameColumn: "Us\x7fer"}), "first_name", "a control character"},
		"C1 control":               {line(2, map[column]string{firstNameColumn: "Us\u0081er"}), "first_name", "a control character"},
		"direction override":       {line(2, map[column]string{firstNameColumn: "Us\u202eer"}), "first_name", "direction of writing"},
		"LF in a value":            {line(2, map[column]string{firstNameColumn: "\"Us\ner\""}), "first_name", "a line break inside"},
		"CRLF in a value":          {line(2, map[column]string{firstNameColumn: "\"Us\r\ner\""}), "first_name", "a line break inside"},
		"CR in a value":            {line(2, map[column]string{firstNameColumn: "\"Us\rer\""}), "first_name", "a line break inside"},
		"line break at the end":    {line(2, map[column]string{emailColumn: "\"user2@example.org\n\""}), "email", "a line break inside"},
		"line separator":           {line(2, map[column]string{firstNameColumn: "Us\u2028er"}), "first_name", "a line break inside"},
		"no username":              {line(2, map[column]string{usernameColumn: "  "}), "username", "empty"},
		"username too long":        {line(2, map[column]string{usernameColumn: long(151)}), "username", "longer than 150"},
		"first name too long":      {line(2, map[column]string{firstNameColumn: long(201)}), "first_name", "longer than 200"},
		"last name too long":       {line(2, map[column]string{lastNameColumn: long(201)}), "last_name", "longer than 200"},
		"external id too long":     {line(2, map[column]string{externalIDColumn: long(101)}), "external_id", "longer than 100"},
		"no care provider":         {line(2, map[column]string{odsCodeColumn: ""}), "ods_code", "empty"},
		"bad ODS code":             {line(2, map[column]string{odsCodeColumn: "TOOLONG99"}), "ods_code", "1 to 8 letters and digits"},
		"bad status":               {line(2, map[column]string{statusColumn: "Happy"}), "status", "not a status"},
		"bad cancelled":            {line(2, map[column]string{cancelledColumn: "99"}), "cancelled", "not a reason for leaving"},
		"address without an @":     {line(2, map[column]string{emailColumn: "user2.example.org"}), "email", "there is no @"},
		"address of a non-ASCII":   {line(2, map[column]string{emailColumn: "üser@example.org"}), "email", "outside of ASCII before the @"},
		"unclosed, then a newline": {line(2, map[column]string{firstNameColumn: `"Us`}), "first_name", "not closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Row 4 has quotes of its own, and a row follows it.
			file := header + line(1, nil) + c.row + line(3, map[column]string{firstNameColumn: `"U, ""3"""`}) + line(4, nil)
			good, problems, _, refused := records(t, file)
			if refused != nil {
				t.Fatalf("refused: %s", refused.Reason)
			}
			if len(problems) != 1 || problems[0].Row != 3 || problems[0].Column != c.column || !strings.Contains(problems[0].Reason, c.reason) {
				t.Errorf("problems = %+v; want one of row 3, column %q, %q", problems, c.column, c.reason)
			}
			var rows []int
			for _, r := range good {
				rows = append(rows, r.Row)
			}
			if !slices.Equal(rows, []int{2, 4, 5}) {
				t.Errorf("good rows = %v, want 2, 4, 5", rows)
			}
		})
	}
}

func TestOneRowCanHaveSeveralProblems(t *testing.T) {
	t.Parallel()
	_, problems, _, _ := records(t, header+line(1, map[column]string{usernameColumn: "", emailColumn: "x", odsCodeColumn: "!", statusColumn: "?"}))
	var columns []string
	for _, p := range problems {
		columns = append(columns, p.Column)
	}
	if want := []string{"username", "email", "ods_code", "status"}; !slices.Equal(columns, want) {
		t.Errorf("columns = %v, want %v", columns, want)
	}
}

func TestRowsAreNumberedAsASpreadsheetDoes(t *testing.T) {
	t.Parallel()
	bad := func(n int) string { return line(n, map[column]string{emailColumn: "x"}) }
	file := header + // 1
		"\n" + // 2
		bad(1) + // 3
		"  \n" + // 4
		",,,,,,,\n" + // 5
		line(2, map[column]string{firstNameColumn: "\"three\nlines\r\nlong\""}) + // 6
		bad(3) + // 7
		line(4, map[column]string{firstNameColumn: `"not closed`}) + // 8
		bad(5) + // 9
		"\"\",\"\"\n" + // 10: blank, too
		strings.TrimSuffix(bad(6), "\n") // 11, without a line end
	_, problems, _, _ := records(t, file)
	var rows []int
	for _, p := range problems {
		rows = append(rows, p.Row)
	}
	if want := []int{3, 6, 7, 8, 9, 11}; !slices.Equal(rows, want) {
		t.Errorf("rows = %v, want %v", rows, want)
	}
}

// What looks like the closing quote is the opening one of a later row.
func TestUnclosedQuotesDoNotSwallowTheFile(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(header)
	want := []int{}
	for n := range 1000 {
		if n%100 == 7 {
			file.WriteString(line(n, map[column]string{lastNameColumn: `"open`}))
			want = append(want, n+2)
			continue
		}
		file.WriteString(line(n, nil))
	}
	good, problems, _, _ := records(t, file.String())
	var rows []int
	for _, p := range problems {
		rows = append(rows, p.Row)
		if p.Column != "last_name" || p.Reason != faultUnclosed {
			t.Errorf("problem = %+v", p)
		}
	}
	if !slices.Equal(rows, want) || len(good) != 990 {
		t.Errorf("rows with problems = %v (%d good), want %v (990)", rows, len(good), want)
	}
}

func utf16Bytes(order func([]byte, uint16) []byte, mark bool, s string) string {
	var b []byte
	if mark {
		b = order(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order(b, u)
	}
	return string(b)
}

func little(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }
func big(b []byte, u uint16) []byte    { return append(b, byte(u>>8), byte(u)) }

func TestEncodingsSeparatorsAndLineEnds(t *testing.T) {
	t.Parallel()
	encodings := map[string]func(string) string{
		"UTF-8":                   func(s string) string { return s },
		"UTF-8 with a mark":       func(s string) string { return "\uFEFF" + s },
		"UTF-16LE":                func(s string) string { return utf16Bytes(little, true, s) },
		"UTF-16BE":                func(s string) string { return utf16Bytes(big, true, s) },
		"UTF-16LE without a mark": func(s string) string { return utf16Bytes(little, false, s) },
		"UTF-16BE without a mark": func(s string) string { return utf16Bytes(big, false, s) },
	}
	headers := map[string]string{
		"as documented": "username,first_name,last_name,email,ods_code,status,cancelled,external_id",
		"as people do":  "User Name,FIRST-NAME,Last name, e-mail ,ODS Code,Status,Cancelled,External_ID",
	}
	for encoding, encode := range encodings {
		for _, sep := range []string{",", ";", "\t"} {
			for end, newline := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
				for head, names := range headers {
					t.Run(encoding+" "+sep+" "+end+" "+head, func(t *testing.T) {
						t.Parallel()
						inner := strings.ReplaceAll(sep, "\t", ";") // a tab in a value is a control character
						text := strings.ReplaceAll(names, ",", sep) + newline +
							strings.Join([]string{"zoë 𝔘", `"Zoe"`, `"Smi` + inner + `th, ""J;r"""`, " zoe@Example.org ", "abcd001", "engaged", "opted_out", "Ext 1"}, sep) + newline +
							newline +
							strings.Join([]string{"bob", "Bob", "B", "bob@bücher.example", "ABCD001", "", "40", ""}, sep)
						good, problems, warnings, refused := records(t, encode(text))
						if refused != nil || len(problems)+len(warnings) > 0 || len(good) != 2 {
							t.Fatalf("%d good, problems %v, warnings %v, refused %v", len(good), problems, warnings, refused)
						}
						z, b := good[0], good[1]
						got := []string{
							z.Details.Username.Reveal(), z.Details.FirstName.Reveal(), z.Details.LastName.Reveal(), z.Details.Email.Reveal(), z.ODSCode,
							z.Status.String(), z.Cancelled.String(), z.ExternalID.Reveal(),
						}
						want := []string{"zoë 𝔘", "Zoe", "Smi" + inner + `th, "J;r"`, "zoe@Example.org", "ABCD001", "Engaged", "Opted out", "Ext 1"}
						if !slices.Equal(got, want) {
							t.Errorf("row 2 = %q, want %q", got, want)
						}
						if b.Row != 4 || b.Details.Email.Reveal() != "bob@xn--bcher-kva.example" || b.Cancelled != studymail.NotContactable {
							t.Errorf("row 4 = %d %q %v", b.Row, b.Details.Email.Reveal(), b.Cancelled)
						}
					})
				}
			}
		}
	}
}

func TestSepLineOfExcel(t *testing.T) {
	t.Parallel()
	good, problems, _, refused := records(t, "sep=;\r\n"+strings.ReplaceAll(header+line(1, nil), ",", ";"))
	if refused != nil || len(problems) > 0 || len(good) != 1 || good[0].Row != 2 {
		t.Errorf("good = %d, problems %v, refused %v; want row 2 good", len(good), problems, refused)
	}
}

func TestHalfASurrogateInUTF16IsNamed(t *testing.T) {
	t.Parallel()
	text := utf16Bytes(little, true, header+"u1,A") + "\x00\xd8" + utf16Bytes(little, false, ",B,a@example.org,ABCD001,,,\n"+line(2, nil))
	good, problems, _, _ := records(t, text)
	if len(good) != 1 || len(problems) != 1 || problems[0].Column != "first_name" || !strings.Contains(problems[0].Reason, "replacement") {
		t.Errorf("%d good, problems %+v", len(good), problems)
	}
}

func TestFilesThatAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	one := line(1, nil)
	for name, c := range map[string]struct{ text, column, reason string }{
		"header in Latin-1": {"us\xe9rname,first_name\n" + one, "A", "neither UTF-8 nor UTF-16"},
		"header with a NUL": {"username\x00,first_name,last_name,email,ods_code\n" + one, "A", "cannot be read"},
		"no header":         {one + line(2, nil), "", "the first row is not a header"},
		"column missing":    {"username,first_name,last_name,mail\n" + one, "", "the header lacks email, ods_code"},
		"column twice":      {"username,E-Mail,first_name,last_name,email,ods_code\n" + one, "email", "twice (B and E)"},
		"stray quote":       {"user\"name,first_name,last_name,email,ods_code\n" + one, "A", "the header cannot be read: a stray"},
		"unclosed quote":    {"\"username,first_name,last_name,email,ods_code\n" + one, "A", "the header cannot be read: a quotation mark"},
		"workbook":          {"PK\x03\x04" + strings.Repeat("\x00\xff", 100), "", "CSV UTF-8"},
		"old workbook":      {"\xD0\xCF\x11\xE0" + strings.Repeat("\x00", 100), "", "CSV UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, _, refused := records(t, c.text)
			if refused == nil || refused.Row != 1 || refused.Column != c.column || !strings.Contains(refused.Reason, c.reason) {
				t.Errorf("refused = %+v; want row 1, column %q, %q", refused, c.column, c.reason)
			}
			if refused != nil && strings.Contains(refused.Reason, "user1") {
				t.Errorf("the reason quotes the file: %q", refused.Reason)
			}
		})
	}
}

func TestUnknownColumnsAreIgnoredWithAWarning(t *testing.T) {
	t.Parallel()
	file := "notes,username,first_name,last_name,email,ods_code,\n\"any\nthing\t\",u,F,L,u@example.org,ABCD001,\nx\x00y,v,F,L,v@example.org,ABCD001,\n"
	good, problems, warnings, _ := records(t, file)
	if want := []Problem{{1, "A", "not a column that an import knows: ignored"}}; !slices.Equal(warnings, want) {
		t.Errorf("warnings = %+v, want %+v", warnings, want)
	}
	if len(good) != 1 || len(problems) != 1 || problems[0] != (Problem{3, "A", "a NUL character"}) {
		t.Errorf("%d good, problems %+v", len(good), problems)
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := letter(n); got != want {
			t.Errorf("letter(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestComposedAndDecomposedNamesAreTheSame(t *testing.T) {
	t.Parallel()
	good, _, _, _ := records(t, header+line(1, map[column]string{firstNameColumn: "Zoe\u0308"})+line(1, map[column]string{firstNameColumn: "Zo\u00eb"}))
	if a, b := good[0].Details.FirstName.Reveal(), good[1].Details.FirstName.Reveal(); a != b {
		t.Errorf("%+q and %+q differ", a, b)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for in, want := range map[string]string{ // "!" and a piece of the reason, or the address
		"a@b.co":                                    "a@b.co",
		"a.b+c!#$%&'*/=?^_`{|}~-@b.co":              "a.b+c!#$%&'*/=?^_`{|}~-@b.co",
		"A@B.CO":                                    "A@B.CO",
		"a@BÜCHER.example":                          "a@xn--bcher-kva.example",
		"a@xn--bcher-kva.example":                   "a@xn--bcher-kva.example",
		"a@例え.テスト":                                  "a@xn--r8jz45g.xn--zckzah",
		"a@例え。テスト":                                  "a@xn--r8jz45g.xn--zckzah",
		"a@1and1.com":                               "a@1and1.com",
		"a@r3---sn.example":                         "a@r3---sn.example",
		strings.Repeat("l", 64) + "@b.co":           strings.Repeat("l", 64) + "@b.co",
		strings.Repeat("l", 65) + "@b.co":           "!64 octets",
		"a@" + label + ".co":                        "a@" + label + ".co",
		"a@" + label + "a.co":                       "!63 octets",
		"a@" + strings.Repeat(label+".", 3) + "co":  "a@" + strings.Repeat(label+".", 3) + "co",
		"a@" + strings.Repeat(label+".", 3) + label: "!254 octets",
		"a@" + strings.Repeat(label+".", 4) + "co":  "!255 octets",
		strings.Repeat("l", 64) + "@" + strings.Repeat(label+".", 3) + "co": "!254 octets",
		"a":                                    "!no @",
		"@b.co":                                "!nothing before",
		"a@":                                   "!nothing behind",
		"a@b@c.co":                             "!more than one @",
		"a@b.co, c@d.co":                       "!more than one @",
		"A <a@b.co>":                           "!write the address alone",
		`"a b"@b.co`:                           "!quoted part",
		".a@b.co":                              "!a dot at the beginning",
		"a.@b.co":                              "!a dot at the beginning",
		"a..b@b.co":                            "!a dot at the beginning",
		"a b@b.co":                             "!a character that an address cannot have",
		"a,b@b.co":                             "!a character that an address cannot have",
		"mailto:a@b.co":                        "!a character that an address cannot have",
		"ä@b.co":                               "!outside of ASCII",
		"a@[192.0.2.1]":                        "!an IP address",
		"a@192.0.2.1":                          "!ends with a number",
		"a@localhost":                          "!no dot",
		"a@b.co.":                              "!twice in a row behind",
		"a@.b.co":                              "!twice in a row behind",
		"a@b..co":                              "!twice in a row behind",
		"a@-b.co":                              "!hyphen",
		"a@b-.co":                              "!hyphen",
		"a@b_c.co":                             "!a character that a domain cannot have",
		"a@b c.co":                             "!a character that a domain cannot have",
		"a@xn--a.co":                           "!internationalised",
		"a@ü\u200eb.co":                        "!internationalised",
		"a@-ü.co":                              "!internationalised",
		"a@" + strings.Repeat("ü", 70) + ".co": "!internationalised",
	} {
		got, reason := readAddress(in)
		if part, bad := strings.CutPrefix(want, "!"); bad {
			if got != "" || !strings.Contains(reason, part) {
				t.Errorf("%q = %q, %q; want refused with %q", in, got, reason, part)
			}
		} else if got != want || reason != "" {
			t.Errorf("%q = %q, %q; want %q", in, got, reason, want)
		}
	}
}

func TestSpoolKeepsNothingInClearAndNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := header + strings.Repeat(line(1, map[column]string{firstNameColumn: "Canary"}), 20_000) // several blocks
	s, err := newSpool(iotest(text), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.f.Close()
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("files left in the folder: %v", entries)
	}
	if info, _ := s.f.Stat(); info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %o", info.Mode().Perm())
	}
	stored, err := io.ReadAll(io.NewSectionReader(s.f, 0, 1<<30))
	if err != nil || len(stored) < len(text) || bytes.Contains(stored, []byte("Canary")) {
		t.Errorf("stored %d bytes, %v; the text must not be in it", len(stored), err)
	}
	for range 2 {
		back, err := io.ReadAll(&blockReader{from: s})
		if err != nil || string(back) != text {
			t.Fatalf("read back %d bytes, %v; want %d", len(back), err, len(text))
		}
	}
	if _, err := s.f.WriteAt([]byte("x"), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(&blockReader{from: s}); err == nil {
		t.Error("a changed spool was read")
	}
}

// iotest gives a text in small pieces, as a pipe does.
func iotest(text string) io.Reader { return &pieces{text} }

type pieces struct{ rest string }

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1009)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func TestOpenCSV(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "p.csv")
	if err := os.WriteFile(path, []byte(header+line(1, nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*CSV, error){
		"file":  func() (*CSV, error) { return OpenCSV(path, nil, dir) },
		"stdin": func() (*CSV, error) { return OpenCSV("-", strings.NewReader(header+line(1, nil)), dir) },
	} {
		c, err := open()
		if err != nil {
			t.Fatal(name, err)
		}
		for range 2 {
			n, rows, row := 0, c.Rows(), Row{}
			for ; rows.Next(&row) == nil; n++ {
			}
			if done, total := rows.Progress(); n != 2 || done != total || total == 0 {
				t.Errorf("%s: %d rows, read %d of %d", name, n, done, total)
			}
		}
		if err := errors.Join(c.Close(), c.Close()); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
	for path, code := range map[string]studymail.Code{filepath.Join(dir, "none"): studymail.NotFound, dir: studymail.Invalid} {
		if _, err := OpenCSV(path, nil, dir); studymail.CodeOf(err) != code {
			t.Errorf("%s: %v; want %s", path, err, code)
		}
	}
}

func TestFileThatChangesBetweenReadingsIsNotBelieved(t *testing.T) {
	t.Parallel()
	text := header + strings.Repeat(line(1, nil), 10_000) // more than one block
	for name, change := range map[string]func(f *os.File) error{
		"a byte":   func(f *os.File) error { _, err := f.WriteAt([]byte("X"), 300_000); return err },
		"longer":   func(f *os.File) error { _, err := f.WriteAt([]byte("x\n"), int64(len(text))); return err },
		"shorter":  func(f *os.File) error { return f.Truncate(int64(len(text) - 10)) },
		"cut":      func(f *os.File) error { return f.Truncate(blockSize) },
		"emptied":  func(f *os.File) error { return f.Truncate(0) },
		"doubled":  func(f *os.File) error { _, err := f.WriteAt([]byte(text), int64(len(text))); return err },
		"nothing!": func(*os.File) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "p.csv")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := OpenCSV(path, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			read := func() error {
				rows, row := c.Rows(), Row{}
				for {
					if err := rows.Next(&row); err != nil {
						return err
					}
				}
			}
			if err := read(); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(change(f), f.Close()); err != nil {
				t.Fatal(err)
			}
			err = read()
			if name == "nothing!" {
				if !errors.Is(err, io.EOF) {
					t.Errorf("unchanged: %v", err)
				}
			} else if studymail.CodeOf(err) != studymail.Conflict {
				t.Errorf("read = %v; want that the file was changed", err)
			}
		})
	}
}
