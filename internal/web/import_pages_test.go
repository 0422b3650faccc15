package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/store"
)

const importHeader = "username,first_name,last_name,email,ods_code\n"

// patientLines are good rows of invented people.
func patientLines(first, n int) string {
	var b strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "zoe%03d,Zoe,Quxworth%03d,zoe%03d@quxworth.example,ABCD001\n", i, i, i)
	}
	return b.String()
}

// newImports is a ward whose imports are queued.
func newImports(t *testing.T) (*ward, *int) {
	t.Helper()
	w, queued := newWard(t), new(int)
	w.site.QueueImport = func(context.Context, *store.Tx, studymail.ID) error {
		*queued++
		return nil
	}
	return w, queued
}

// upload sends a file by the form; fields are name, value, ….
func (v *visitor) upload(file string, fields ...string) reply {
	v.h.tb.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			v.h.tb.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("file", "zoe quxworth.csv")
	if err == nil {
		_, err = io.WriteString(part, file)
	}
	if err = errors.Join(err, m.Close()); err != nil {
		v.h.tb.Fatal(err)
	}
	return v.do(http.MethodPost, "/imports", &b, http.Header{"Content-Type": {m.FormDataContentType()}})
}

// work does what a worker does with what waits.
func (w *ward) work() {
	w.tb.Helper()
	ctx, token := context.Background(), studymail.NewID()
	var i store.ImportRow
	w.write(func(tx *store.Tx) error {
		found := false
		var err error
		if i, found, err = tx.ClaimImport(ctx, token, tx.Now().Add(time.Hour)); err == nil && !found {
			w.tb.Fatal("no import waits")
		}
		return err
	})
	key, err := w.site.Opener.Key(i.ID, i.Wrapped)
	if err != nil {
		w.tb.Fatal(err)
	}
	task := intake.Task{Actor: i.Actor, Writing: i.State == studymail.ImportWriting, Study: studymail.Study{Key: i.Study, ID: i.StudyID}}
	task.Choices, _ = intake.ReadChoices(i.Choices)
	task.Confirmed, _ = intake.ReadNumbers(i.Result)
	task.File = &intake.Kept{Import: i.ID, Key: key, Bytes: i.Bytes, Ctx: ctx, Sealed: func(_ context.Context, n int) (b []byte, err error) {
		err = w.store.Read(ctx, func(tx *store.Tx) error {
			b, err = tx.ImportBlock(ctx, i.Key, n)
			return err
		})
		return b, err
	}}
	im := intake.Importer{Store: w.store, Sealer: w.site.Sealer}
	found, err := im.Work(ctx, task)
	if err != nil {
		w.tb.Fatal(err)
	}
	to := studymail.ImportChecked
	if found.Done {
		to = studymail.ImportDone
	}
	i.Result, i.Problems, i.Sample = found.Numbers.Text(), found.Findings, found.Sample
	w.write(func(tx *store.Tx) error { return tx.SettleImport(ctx, &i.Import, token, to) })
}

func (w *ward) patients() (n int) {
	w.tb.Helper()
	err := w.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		n, err = tx.CountPatients(context.Background(), store.PatientFilter{})
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return n
}

// A file with errors is uploaded, looked at, mended, uploaded again and confirmed; the
// same file once more says so. No page shows a value, nor does any URL or the log.
func TestAFileIsImportedInTheEnd(t *testing.T) {
	t.Parallel()
	w, queued := newImports(t)
	v := w.as(studymail.Coordinator)
	study := w.a.ID.String()
	has(t, "no imports", v.get("/imports"), 200, "No imports yet", "Import a file")
	has(t, "the form", v.get("/imports/new?study="+study), 200, `enctype="multipart/form-data"`, "selected>A<")
	bad := importHeader + patientLines(0, 5) + "zoe005,Zoe,Quxworth005,not-an-address,ABCD001\nzoe006,Zoe,Quxworth006,zoe006@quxworth.example,NOWHERE\nzoe001,Zoe,Again,zoe9@quxworth.example,ABCD001\n"
	r := v.upload(bad, "form", newForm().Token, "study", study)
	if r.status != http.StatusSeeOther || *queued != 1 {
		t.Fatalf("%d, %d queued\n%s", r.status, *queued, r.body)
	}
	path := r.to
	has(t, "while it waits", v.get(path), 200, "Checking the file", "It waits for a worker", `data-live="`+path+`/live"`, "!Confirm")
	has(t, "a confirmation too early", v.post(path+"/confirm"), 409, "went on meanwhile")
	w.work()
	page := v.get(path)
	has(t, "with problems", page, 200, "What has to be mended", "there is no @", "The same person as in row …", "No such care provider: add it, or tick", "n•••", "Upload the mended file",
		"Leave out 3 rows and import 5 rows", "Row", "!Quxworth", "!zoe0", "!not-an-address", "!--create-providers", "!`studymail")
	if w.patients() != 0 {
		t.Error("something was written before it was confirmed")
	}
	list := v.get(path + "/problems")
	has(t, "the list", list, 200, "problem,7,E-mail address,", "problem,9,Username,the same person as in row 3", "!Quxworth", "!zoe0", "!not-an-address")
	shown := v.post(path + "/rows")
	has(t, "the values", shown, 200, "not-an-address", "NOWHERE", "That you saw the values is noted")
	id, err := studymail.ParseID(strings.TrimPrefix(path, "/imports/"))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.about(id); !strings.Contains(got, "details shown rows with problems |") || !strings.Contains(got, "import uploaded") {
		t.Errorf("the events are %s", got)
	}
	has(t, "a viewer", w.as(studymail.Viewer).get(path), 200, "n•••", "!Show the values", "!Upload the mended", "!Leave out")

	mended := importHeader + patientLines(0, 7)
	r = v.upload(mended, "form", newForm().Token, "study", study, "instead", id.String())
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	has(t, "the first one", v.get(path), 200, "Discarded", "!Leave out")
	path = r.to
	w.work()
	page = v.get(path)
	has(t, "without problems", page, 200, "Import 7 rows", "Patients to be added to the study", "!mended file", "!imported before")
	has(t, "from an old page", v.post(path+"/confirm", "expect", "{}"), 409, "Nothing was written yet")
	for range 2 { // a double click
		has(t, "confirmed", v.post(path+"/confirm", oneHidden(t, page.body, "expect")...), http.StatusSeeOther)
	}
	has(t, "while it is written", v.get(path), 200, "Importing", "!Discard this import")
	has(t, "discarded too late", v.post(path+"/discard"), 409)
	w.work()
	has(t, "done", v.get(path), 200, "What it did", "Patients added to the study", "/patients?study="+study, "!Quxworth", "!zoe0")
	if n := w.patients(); n != 7 {
		t.Errorf("%d patients, not 7", n)
	}
	has(t, "a second confirmation", v.post(path+"/confirm"), http.StatusSeeOther)

	again := v.upload(mended, "form", newForm().Token, "study", study).to
	w.work()
	has(t, "the same file", v.get(again), 200, "The same file was imported before", path, "Nothing would change", "!Import 7 rows")
	has(t, "discarded", v.post(again+"/discard"), http.StatusSeeOther)
	has(t, "the list", v.get("/imports"), 200, "Imported", "Discarded", "3 imports", "!zoe quxworth.csv")
	has(t, "another study's", v.get("/imports?study="+w.b.ID.String()), 200, "No such imports")
	if log := w.log.String(); strings.Contains(log, "zoe") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %s", log)
	}
}

// oneHidden reads one hidden field of a page.
func oneHidden(t *testing.T, body, name string) []string {
	t.Helper()
	_, rest, there := strings.Cut(body, `name="`+name+`" value="`)
	if !there {
		t.Fatalf("no field %s in %s", name, body)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return []string{name, strings.NewReplacer("&#34;", `"`, "&amp;", "&", "&#43;", "+", "&#39;", "'").Replace(value)}
}

func TestColumnsThatAreNotKnownAreMatchedByHand(t *testing.T) {
	t.Parallel()
	w, queued := newImports(t)
	v := w.as(studymail.Coordinator)
	r := v.upload("Participant;Forename;Surname;E-mail address;Practice;Colour <img src=x>\nzoe000;Zoe;Quxworth;zoe000@quxworth.example;ABCD001;red\n", "form", newForm().Token, "study", w.a.ID.String())
	path := r.to
	if *queued != 0 {
		t.Error("it is checked before its columns are known")
	}
	if r := v.get(path); r.to != path+"/columns" {
		t.Errorf("%d to %s", r.status, r.to)
	}
	page := v.get(path + "/columns")
	has(t, "the columns", page, 200, "Forename", "z•••@q•••.example", "Q•••", "&lt;img src=x&gt;", "!<img", "!Quxworth", "!zoe000", `<option value="last_name" selected>`)
	has(t, "one twice", v.post(path+"/columns", "column-0", "username", "column-1", "username"), 422, "chosen twice", "Nothing was saved yet")
	has(t, "some missing", v.post(path+"/columns", "column-0", "username"), 422, "Nothing is chosen for")
	has(t, "matched", v.post(path+"/columns", "column-0", "username", "column-1", "first_name", "column-2", "last_name", "column-3", "email", "column-4", "ods_code", "column-5", ""), http.StatusSeeOther)
	has(t, "matched twice", v.post(path+"/columns", "column-0", "username"), 409)
	w.work()
	has(t, "checked", v.get(path), 200, "Import 1 row")

	r = v.upload("zoe001,Zoe,Quxworth,zoe001@quxworth.example,ABCD001\nzoe002,Zoe,Quxworth,zoe002@quxworth.example,ABCD001\n", "form", newForm().Token, "study", w.a.ID.String())
	page = v.get(r.to + "/columns")
	has(t, "a first row that is a patient", page, 200, "looks like a patient", "z•••@q•••.example", "!Quxworth", "!zoe00", `name="no_header" value="yes" checked`)
	has(t, "matched", v.post(r.to+"/columns", "column-0", "username", "column-1", "first_name", "column-2", "last_name", "column-3", "email", "column-4", "ods_code", "no_header", "yes"), http.StatusSeeOther)
	w.work()
	has(t, "checked", v.get(r.to), 200, "Import 2 rows")
	has(t, "a viewer", w.as(studymail.Viewer).get(r.to+"/columns"), 403)
}

func TestAnUploadThatIsNoneSaysWhy(t *testing.T) {
	t.Parallel()
	w, queued := newImports(t)
	v := w.as(studymail.Coordinator)
	study := w.a.ID.String()
	for name, tt := range map[string]struct {
		file  string
		study string
		says  string
	}{
		"nothing":          {"", study, "The file is empty"},
		"a picture":        {"\x89PNG\r\n\x1a\nxxxxxxxx", study, "This is a picture"},
		"no workbook":      {"PK\x03\x04 and so on", study, "damaged or cut off"},
		"binary":           {"\x01\x02\x00\x03 nothing to read\n", study, "cannot be read"},
		"no study":         {importHeader, "", "Choose a study"},
		"a study that was": {importHeader, studymail.NewID().String(), "Choose one of these"},
	} {
		r := v.upload(tt.file, "form", newForm().Token, "study", tt.study)
		has(t, name, r, 422, tt.says, "Nothing was saved yet", "Upload and check")
	}
	whole := v.do(http.MethodPost, "/imports", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"study\"\r\n\r\n"+study+
		"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"+importHeader), http.Header{"Content-Type": {"multipart/form-data; boundary=x"}})
	has(t, "cut off", whole, 422, "did not arrive whole")
	has(t, "no file", v.do(http.MethodPost, "/imports", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"study\"\r\n\r\n"+study+"\r\n--x--\r\n"),
		http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}), 422, "Choose a file")
	has(t, "no form", v.post("/imports", "study", study), 400)
	if *queued != 0 {
		t.Errorf("%d were queued", *queued)
	}
	has(t, "the list", v.get("/imports"), 200, "Discarded", "!Waits for your word")
	token := newForm().Token
	first, second := v.upload(importHeader+patientLines(0, 1), "form", token, "study", study), v.upload(importHeader+patientLines(0, 1), "form", token, "study", study)
	if first.status != http.StatusSeeOther || second.to != first.to || *queued != 1 {
		t.Errorf("a double click: %s, then %s, %d queued", first.to, second.to, *queued)
	}
	if other := v.upload(importHeader+patientLines(1, 1), "form", token, "study", study); other.to == first.to || *queued != 2 {
		t.Errorf("another file by the same form: %s, %d queued", other.to, *queued)
	}
}

// What stands in a file is shown masked, and as text where it is shown in full.
func TestMarkupInAFileIsText(t *testing.T) {
	t.Parallel()
	w, _ := newImports(t)
	v := w.as(studymail.Coordinator)
	r := v.upload(importHeader+`"`+strings.ReplaceAll(markup, `"`, `""`)+`@x",Zoe,Quxworth,"`+strings.ReplaceAll(markup, `"`, `""`)+"\",ABCD001\n", "form", newForm().Token, "study", w.a.ID.String())
	w.work()
	has(t, "masked", v.get(r.to), 200, "!<script>alert", "!alert(")
	has(t, "shown", v.post(r.to+"/rows"), 200, "&lt;script&gt;alert", "!<script>alert")
	has(t, "the stream of what is over", v.get(r.to+"/live"), 200, "data: changed")
	r = v.upload(importHeader, "form", newForm().Token, "study", w.a.ID.String())
	w.work()
	has(t, "no rows", v.get(r.to), 200, "This file cannot be imported", "a header and no rows", "!Leave out", "Discard this import")
	has(t, "confirmed all the same", v.post(r.to+"/confirm", oneHidden(t, `name="expect" value="`+strings.ReplaceAll(w.resultOf(r.to), `"`, "&#34;")+`"`, "expect")...), 409, "nothing to import")
	has(t, "checked again with care providers", v.post(r.to+"/check", "create_providers", "yes"), http.StatusSeeOther)
	if got := w.choicesOf(r.to); !got.CreateProviders || got.Recontact {
		t.Errorf("the choices are %+v", got)
	}
}

func (w *ward) importAt(path string) (i store.ImportRow) {
	w.tb.Helper()
	id, err := studymail.ParseID(strings.TrimPrefix(path, "/imports/"))
	if err == nil {
		err = w.store.Read(context.Background(), func(tx *store.Tx) error {
			i, err = tx.ImportByID(context.Background(), id)
			return err
		})
	}
	if err != nil {
		w.tb.Fatal(err)
	}
	return i
}

func (w *ward) resultOf(path string) string { return w.importAt(path).Result }

func (w *ward) choicesOf(path string) intake.Choices {
	w.tb.Helper()
	c, err := intake.ReadChoices(w.importAt(path).Choices)
	if err != nil {
		w.tb.Fatal(err)
	}
	return c
}
