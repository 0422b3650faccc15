package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	slowly "testing/iotest"

	"studymail"

	"github.com/xuri/excelize/v2"
)

// book makes a workbook of sheets, each with its rows.
func book(tb testing.TB, sheets ...[][]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for i, rows := range sheets {
		name := fmt.Sprintf("Sheet%d", i+1)
		if _, err := f.NewSheet(name); err != nil {
			tb.Fatal(err)
		}
		for n, row := range rows {
			if len(row) == 0 {
				continue
			}
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &row); err != nil {
				tb.Fatal(err)
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// received gives what Receive makes of a file.
func received(r io.Reader) (string, Received, error) {
	var text bytes.Buffer
	got, err := Receive(r, func(n int, plain []byte) error {
		if len(plain) > blockSize || n != (text.Len()+blockSize-1)/blockSize {
			return fmt.Errorf("block %d at %d", n, text.Len())
		}
		text.Write(plain)
		return nil
	})
	return text.String(), got, err
}

var goodBook = [][]any{
	{"username", "first_name", "last_name", "email", "ods_code", "status"},
	{"user1", "Zoë", "Name, with a comma", "user1@example.org", "ABCD001"},
	{},
	{"00042", 7, "Quote \" inside", "user2@example.org", "ABCD001", "New"},
}

func TestAWorkbookBecomesTheSameRows(t *testing.T) {
	t.Parallel()
	text, got, err := received(bytes.NewReader(book(t, goodBook, [][]any{{"notes"}})))
	if err != nil || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "1 sheet more") && !strings.Contains(got.Notes[0], "1 sheet") {
		t.Fatalf("%v, %v", got.Notes, err)
	}
	good, problems, warnings, refused := records(t, text)
	if len(good) != 2 || len(problems)+len(warnings) != 0 || refused != nil || got.Bytes != int64(len(text)) {
		t.Fatalf("%d rows, %v, %v, %v of %q", len(good), problems, warnings, refused, text)
	}
	if good[0].Row != 2 || good[0].Details.FirstName.Reveal() != "Zoë" || good[0].Details.LastName.Reveal() != "Name, with a comma" {
		t.Errorf("row %d is %q", good[0].Row, good[0].Details.LastName.Reveal())
	}
	// The empty row counts, as in the spreadsheet.
	if good[1].Row != 4 || good[1].Details.Username.Reveal() != "00042" || good[1].Details.FirstName.Reveal() != "7" || good[1].Details.LastName.Reveal() != `Quote " inside` {
		t.Errorf("row %d is %q", good[1].Row, good[1].Details.Username.Reveal())
	}
}

func TestALongFileComesInBlocks(t *testing.T) {
	t.Parallel()
	file := header + lines(0, 20_000)
	text, got, err := received(slowly.HalfReader(strings.NewReader(file)))
	if err != nil || text != file || got.Bytes != int64(len(file)) {
		t.Errorf("%d of %d bytes, %v", len(text), len(file), err)
	}
	_, again, _ := received(strings.NewReader(file))
	_, other, _ := received(strings.NewReader(file + "\n"))
	if again.Sum != got.Sum || other.Sum == got.Sum {
		t.Error("the sums do not tell files apart")
	}
}

// zipped makes a zip with some files in it.
func zipped(tb testing.TB, files map[string]io.Reader) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, r := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.Copy(w, r)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// endless gives so many bytes that pack well.
func endless(n int64) io.Reader { return io.LimitReader(zeros{}, n) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Seen to fail: without checkZip a bomb is called a damaged workbook.
func TestWhatIsNoTableIsRefusedWithAWordOnWhatToDo(t *testing.T) {
	t.Parallel()
	good := book(t, goodBook)
	many := make([][]any, 1)
	many[0] = make([]any, maxSheetColumns+1)
	for i := range many[0] {
		many[0][i] = "x"
	}
	lying := zipped(t, map[string]io.Reader{"xl/workbook.xml": endless(maxUnpacked + 10)})
	// The size that the zip's table names: a lie.
	if i := bytes.LastIndex(lying, []byte("PK\x01\x02")); i > 0 {
		copy(lying[i+24:], []byte{1, 0, 0, 0})
	}
	for name, tt := range map[string]struct {
		file io.Reader
		says string
	}{
		"nothing":               {strings.NewReader(""), "the file is empty"},
		"a PDF":                 {strings.NewReader("%PDF-1.7 and so on"), "this is a PDF, not a table"},
		"a picture":             {strings.NewReader("\x89PNG\r\n\x1a\n"), "this is a picture"},
		"an old workbook":       {strings.NewReader("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "save it as .xlsx"},
		"a web page":            {strings.NewReader("<!DOCTYPE html><table>"), "this is a web page"},
		"a workbook cut off":    {bytes.NewReader(good[:len(good)/2]), "damaged or cut off"},
		"a damaged workbook":    {bytes.NewReader(append(bytes.Clone(good[:100]), append(make([]byte, 50), good[150:]...)...)), "damaged or cut off"},
		"a zip of something":    {bytes.NewReader(zipped(t, map[string]io.Reader{"patients.csv": strings.NewReader(header)})), "not a workbook: unpack it"},
		"a bomb":                {bytes.NewReader(zipped(t, map[string]io.Reader{"xl/worksheets/sheet1.xml": endless(maxUnpacked + 1)})), "unpacks to more than 128 MB"},
		"a bomb in parts":       {bytes.NewReader(zipped(t, map[string]io.Reader{"xl/a.xml": endless(maxUnpacked / 2), "xl/b.xml": endless(maxUnpacked/2 + 1)})), "unpacks to more than 128 MB"},
		"a bomb that lies":      {bytes.NewReader(lying), "the workbook"},
		"a workbook of nothing": {bytes.NewReader(book(t)), "the workbook is empty"},
		"too many columns":      {bytes.NewReader(book(t, many)), "more than 100 columns"},
		"too large a workbook":  {io.MultiReader(strings.NewReader("PK\x03\x04"), endless(MaxXLSX)), "larger than 16 MB"},
		"too large a file":      {io.MultiReader(strings.NewReader(header), endless(MaxCSV)), "larger than 128 MB"},
	} {
		_, err := Receive(tt.file, func(int, []byte) error { return nil })
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || !strings.Contains(refused.Reason, tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Receive(io.MultiReader(strings.NewReader(header), slowly.ErrReader(io.ErrUnexpectedEOF)), func(int, []byte) error { return nil })
	if studymail.CodeOf(err) != studymail.Invalid || !strings.Contains(err.Error(), "did not arrive whole") {
		t.Errorf("an upload that was cut off: %v", err)
	}
	if _, err := Receive(strings.NewReader(header), func(int, []byte) error { return errDied }); !errors.Is(err, errDied) {
		t.Errorf("a database that fails: %v", err)
	}
}

// A workbook is never unpacked on disk, where patients would lie in clear. Seen to
// fail: with UnzipXMLSizeLimit left at its default.
func TestAWorkbookLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	rows := [][]any{{"username", "first_name", "last_name", "email", "ods_code"}}
	long := strings.Repeat("x", 1000)
	for n := range 20_000 {
		rows = append(rows, []any{fmt.Sprintf("user%d", n), "First", long + fmt.Sprint(n), "user@example.org", "ABCD001"})
	}
	file := book(t, rows)
	seen := 0
	_, err := Receive(bytes.NewReader(file), func(int, []byte) error {
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		seen = max(seen, len(found))
		return err
	})
	left, _ := os.ReadDir(dir)
	if err != nil || seen+len(left) != 0 {
		t.Errorf("%d files while it is read, %d afterwards, %v", seen, len(left), err)
	}
}

// keep seals a file as an upload does.
func keep(t *testing.T, text string) *Kept {
	t.Helper()
	keys := newKeys(t)
	id := studymail.NewID()
	key, wrapped, err := keys.Sealer().NewKey(id)
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]byte
	got, err := Receive(strings.NewReader(text), func(n int, plain []byte) error {
		b, err := SealBlock(key, id, n, plain)
		blocks = append(blocks, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	open, err := keys.Opener().Key(id, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return &Kept{Import: id, Key: open, Bytes: got.Bytes, Ctx: t.Context(), Sealed: func(_ context.Context, n int) ([]byte, error) {
		if n >= len(blocks) {
			return nil, nil
		}
		return blocks[n], nil
	}}
}

func TestAKeptFileIsReadBackAndABlockInAnothersPlaceIsNot(t *testing.T) {
	t.Parallel()
	k := keep(t, header+lines(0, 20_000))
	im := &Importer{newFake("ABCD001"), newKeys(t).Sealer()}
	res, err := im.Import(t.Context(), k.Source(), Options{Study: study, DryRun: true})
	if err != nil || res.Rows != 20_000 {
		t.Fatalf("%d rows, %v", res.Rows, err)
	}
	whole := k.Sealed
	k.Sealed = func(ctx context.Context, n int) ([]byte, error) { return whole(ctx, 1-n) }
	if _, err := im.Import(t.Context(), k.Source(), Options{Study: study, DryRun: true}); err == nil || !strings.Contains(err.Error(), "changed in the database") {
		t.Errorf("with two blocks swapped: %v", err)
	}
	open := k.Key
	rows := map[int][]string{2: {"a", ""}, 7: nil, 9: {"x", "y", "z"}}
	b, err := SealRows(&open.Key, k.Import, rows)
	if err != nil {
		t.Fatal(err)
	}
	back, err := OpenRows(open, k.Import, b)
	if err != nil || fmt.Sprint(back) != fmt.Sprint(rows) {
		t.Errorf("%v, %v", back, err)
	}
}

// What is confirmed is what is written. Seen to fail: without Confirm in Work, the
// rows of the second file were written.
func TestAnImportWritesWhatWasConfirmedOrNothing(t *testing.T) {
	t.Parallel()
	f := newFake("ABCD001")
	k := keep(t, header+lines(0, 1200)+line(1200, map[column]string{emailColumn: "nothing"}))
	im := &Importer{f, newKeys(t).Sealer()}
	task := Task{File: k, Study: study, Actor: "tester"}
	checked, err := im.Work(t.Context(), task)
	if err != nil || checked.Done || checked.Numbers.PeopleAdded != 1200 || checked.Numbers.BadRows != 1 || len(f.people) != 0 {
		t.Fatalf("%+v, %d people, %v", checked.Numbers, len(f.people), err)
	}
	rows, err := OpenRows(k.Key, k.Import, checked.Sample)
	if err != nil || rows[1202][3] != "nothing" || rows[0][3] != "email" {
		t.Errorf("the rows with problems are %v, %v", rows, err)
	}
	task.Writing, task.Confirmed = true, checked.Numbers
	if found, err := im.Work(t.Context(), task); err != nil || found.Done || len(f.people) != 0 {
		t.Fatalf("with a row that is not to be left out: done %t, %d people, %v", found.Done, len(f.people), err)
	}
	task.Choices.SkipBad, task.Confirmed.PeopleAdded = true, 1199
	other, err := im.Work(t.Context(), task)
	if err != nil || other.Done || len(f.people) != 0 || other.Numbers.PeopleAdded != 1200 {
		t.Fatalf("with other numbers: %+v, %d people, %v", other, len(f.people), err)
	}
	task.Confirmed = checked.Numbers
	im.Store = &dying{f, 1}
	if _, err := im.Work(t.Context(), task); err == nil {
		t.Fatal("it did not die")
	}
	written := len(f.people)
	im.Store = f
	if found, err := im.Work(t.Context(), task); err != nil || found.Done || written == 0 || len(f.people) != written {
		t.Fatalf("taken for another's doing: done %t, %d people, %v", found.Done, len(f.people), err)
	}
	task.Interrupted = true
	done, err := im.Work(t.Context(), task)
	if err != nil || !done.Done || len(f.people) != 1200 || done.Numbers.PeopleAdded != 1200 || done.Sample != nil {
		t.Fatalf("taken up: %+v, %d people, %v", done, len(f.people), err)
	}
}
