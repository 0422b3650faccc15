package webtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"

	"github.com/xuri/excelize/v2"
)

// fileOf writes a file of patients with so many rows that are right, and some more.
func fileOf(t *testing.T, good int, more string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	for n := range good {
		fmt.Fprintf(&b, "user.%04d,User,Number%04d,user.%04d@example.org,ABCD001\n", n, n, n)
	}
	b.WriteString(more)
	file := filepath.Join(t.TempDir(), "patients.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// wards adds a study and a care provider for the files.
func wards(tb testing.TB, p *Product) {
	tb.Helper()
	err := p.App.Store.Write(tb.Context(), func(tx *store.Tx) error {
		if err := tx.AddProvider(tb.Context(), &studymail.Provider{Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", Active: true}); err != nil {
			return err
		}
		return tx.AddStudy(tb.Context(), &studymail.Study{Name: "Sleep and heart", Active: true})
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// soon waits for something that a worker brings about: a page without JavaScript is
// asked for again.
func (t *Tab) soon(what string) *Tab {
	t.tb.Helper()
	if t.look.NoScript {
		for range 200 {
			if strings.Contains(t.Text(), what) {
				break
			}
			t.Go("Look again")
		}
	}
	return t.Sees(what)
}

// A coordinator uploads a file of 1,000 patients with three errors, mends them, and
// imports it; then matches the columns of a workbook by hand.
func TestACoordinatorImportsPatients(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, wards)
		tab := p.Tab(t, look).SignIn(studymail.Coordinator)
		tab.Go("Imports").Sees("No imports yet").Go("Import a file")
		wrong := "user.0997,User,Nobody,nowhere,ABCD001\nuser.0998,User,Nobody,user.0998@example.org,NOWHERE\nuser.0001,User,Twice,user.0999@example.org,ABCD001\n"
		tab.Upload("File", fileOf(t, 997, wrong)).Go("Upload and check")
		tab.soon("Leave out 3 rows and import 997 rows").Sees("What has to be mended").Sees("The same person as in row").SeesNot("nowhere")
		tab.Go("Show the values").Sees("nowhere").Sees("NOWHERE")
		tab.Go("Upload the mended file").Upload("File", fileOf(t, 1000, "")).Go("Upload and check")
		tab.soon("Import 1,000 rows").Go("Import 1,000 rows")
		tab.soon("What it did").Sees("Patients added to the study").SeesNot("user.0001@")
		tab.Go("Patients of the study").Sees("1,000 patients")

		tab.Open("/imports/new").Upload("File", fileOf(t, 1000, "")).Go("Upload and check").soon("Nothing would change").Sees("The same file was imported before")
		tab.Go("Discard this import").Sees("The import is discarded")

		book := excelize.NewFile()
		for at, row := range map[string][]any{"A1": {"Participant", "Forename", "Surname", "Mail", "Practice"}, "A2": {"user.2000", "User", "Two", "user.2000@example.org", "ABCD001"}} {
			if err := book.SetSheetRow("Sheet1", at, &row); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(t.TempDir(), "patients.xlsx")
		if err := book.SaveAs(file); err != nil {
			t.Fatal(err)
		}
		tab.Open("/imports/new").Upload("File", file).Go("Upload and check").Sees("What the columns are").Sees("u•••@e•••.org")
		tab.Go("Check the file").soon("Import 1 row").Go("Import 1 row").soon("What it did")
		err := p.App.Store.Read(t.Context(), func(tx *store.Tx) error {
			n, err := tx.CountPatients(t.Context(), store.PatientFilter{})
			if n != 1001 {
				t.Errorf("%d patients, not 1,001", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
