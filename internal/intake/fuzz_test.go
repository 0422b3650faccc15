package intake

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

type memory []byte

func (m memory) size() int64 { return int64(len(m)) }

func (m memory) block(n int, b []byte) (int, error) {
	if n*blockSize >= len(m) {
		return 0, io.EOF
	}
	return copy(b, m[n*blockSize:]), nil
}

// FuzzReader reads anything as a CSV file: it ends, row numbers increase, every
// row that it gives can be checked, and no reason has a value of the file.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"", "\n", header, header + line(1, nil), "\uFEFF" + header + line(1, nil),
		utf16Bytes(little, true, header+line(1, nil)), utf16Bytes(big, false, header+line(1, nil)),
		"sep=;\n" + header, strings.ReplaceAll(header+line(1, nil), ",", ";"), strings.ReplaceAll(header+line(1, nil), ",", "\t"),
		header + "\"", header + "\"\"\"\r\n\"", header + "a,\"b\nc\"d,\"e\"\n\n\"\"\n", header + line(1, map[column]string{lastNameColumn: "\"x"}) + line(2, nil),
		"☃," + header + "☃,☃\n", header + strings.ReplaceAll(line(1, nil), "user", "☃") + "☃\"\n\"☃\n", header + "☃,☃,☃,☃,☃,☃,☃,☃\n",
		header + "\x00\xff\r\r\n\n\r" + line(1, nil), header + strings.Repeat("\"a\n", 300), header + strings.Repeat("x", 70_000) + "\n" + line(1, nil),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// A mark that is nowhere in our own texts stands for every value.
		const mark = "\u2603"
		rows := (&CSV{from: memory(b)}).Rows()
		var (
			row    Row
			layout *layout
			last   int
			all    []Problem
		)
		for n := 0; ; n++ {
			if n > len(b)+1 {
				t.Fatal("more rows than bytes")
			}
			err := rows.Next(&row)
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && row.Number <= last {
				t.Fatalf("row %d after row %d", row.Number, last)
			}
			last = row.Number
			if err == nil && layout == nil {
				var warnings []Problem
				layout, warnings, err = readHeader(&row)
				all = append(all, warnings...)
			} else if err == nil {
				checked := layout.check(&row)
				all = append(all, checked.problems...)
				if len(checked.problems) == 0 && (checked.Details.Username.IsEmpty() || checked.ODSCode == "") {
					t.Fatal("a good row without a username or a care provider")
				}
			}
			if err != nil {
				refused, ok := errors.AsType[*RefusedError](err)
				if !ok {
					t.Fatal(err)
				}
				all = append(all, Problem{refused.Row, refused.Column, refused.Reason})
				break
			}
		}
		for _, p := range all {
			if strings.Contains(p.Reason, mark) || strings.Contains(p.Column, mark) || p.Reason == "" || len(p.Reason) > 300 {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"a@b.co", "a@bücher.example", "a@例え。テスト", "\"a\"@b.co", "a@[::1]", "a@xn--a.co", "a@b@c", "@", "a@.", "a@ß.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		address, reason := readAddress(s)
		if (address == "") == (reason == "") {
			t.Fatalf("%q = %q, %q", s, address, reason)
		}
		if address == "" {
			return
		}
		if len(address) > maxAddress || !ascii(address) || strings.ContainsAny(address, " \r\n<>\",;") {
			t.Fatalf("%q became %q", s, address)
		}
		if again, reason := readAddress(address); again != address {
			t.Fatalf("%q became %q, and that %q (%s)", s, address, again, reason)
		}
	})
}

// FuzzReceive takes anything as an upload: it ends with blocks or with a reason, and
// what it keeps can be looked at.
func FuzzReceive(f *testing.F) {
	good := book(f, goodBook)
	for _, b := range [][]byte{nil, []byte(header + line(1, nil)), good, good[:len(good)/2], []byte("PK\x03\x04"), []byte("%PDF"), append([]byte("PK\x03\x04"), good...)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var text strings.Builder
		got, err := Receive(bytes.NewReader(b), func(_ int, plain []byte) error {
			text.Write(plain)
			return nil
		})
		if refused, ok := errors.AsType[*RefusedError](err); err != nil && (!ok || refused.Reason == "") {
			t.Fatalf("neither taken nor refused: %v", err)
		}
		if err != nil {
			return
		}
		if got.Bytes != int64(text.Len()) {
			t.Fatalf("%d bytes, and %d were kept", got.Bytes, text.Len())
		}
		if _, err := ReadHead(&CSV{from: memory(text.String())}); err != nil {
			if _, ok := errors.AsType[*RefusedError](err); !ok {
				t.Fatal(err)
			}
		}
	})
}
