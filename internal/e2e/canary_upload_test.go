package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"studymail"
)

// usePages types and uploads canaries on pages, as a coordinator does. What is typed
// wrongly stands in the form that is shown again, and the mail that nobody understood in
// the page of who has the right: those answers are not looked at. What comes of it is:
// logs, events, jobs, addresses, the pages that are walked afterwards.
func (a *aviary) usePages() {
	a.tb.Helper()
	client := a.signedIn(studymail.Coordinator)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	upload := a.upload(client)
	eventually(a.tb, 60*time.Second, "the file is checked", func() bool {
		return strings.Contains(a.fetch(client, upload, "coordinator"), "Show the values")
	})
	a.fetch(client, upload+"/problems", "coordinator")
	a.press(client, upload+"/rows", nil, http.StatusOK)
	for _, typed := range []string{canaryName, canaryUsername(1), canaryAddress(1) + " x"} {
		a.press(client, "/suppression", url.Values{"address": {typed}, "reason": {"other"}}, http.StatusUnprocessableEntity)
		a.press(client, "/suppression/look", url.Values{"email": {typed}}, http.StatusUnprocessableEntity)
		a.press(client, "/suppression", url.Values{"address": {"nobody@example.org"}, "reason": {typed}}, http.StatusUnprocessableEntity)
	}
	a.press(client, "/suppression/look", url.Values{"email": {canaryAddress(inDump)}}, http.StatusOK)
	lifted := a.press(client, "/suppression", url.Values{"address": {canaryAddress(inDump)}, "reason": {"other"}}, http.StatusSeeOther)
	a.press(client, "/suppression/look", url.Values{"email": {canaryAddress(inDump)}}, http.StatusSeeOther)
	a.press(client, lifted+"/lift", url.Values{"why": {canaryName}}, http.StatusUnprocessableEntity)
	a.press(client, lifted+"/lift", url.Values{"why": {"mistake"}, "sure": {"yes"}}, http.StatusSeeOther)

	kept := regexp.MustCompile(`/feedback/[0-9a-f-]{36}`).FindString(a.fetch(client, "/feedback?state=kept", "coordinator"))
	if kept == "" {
		a.tb.Fatal("nothing that nobody understood is kept")
	}
	if body := a.press(client, kept+"/show", nil, http.StatusOK); body != "" {
		a.tb.Errorf("the mail's page leads to %q", body)
	}
	a.press(client, kept+"/undo", url.Values{"why": {canaryName}}, http.StatusSeeOther) // there is nothing to undo
	for _, path := range []string{"/feedback?class=", "/feedback?patient=", "/feedback?source=", "/suppression?after=", "/messages?step=", "/feedback/", "/suppression/"} {
		res, err := client.Get("http://" + a.addr + path + url.PathEscape(canaryName))
		if err != nil {
			a.tb.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode >= http.StatusInternalServerError {
			a.tb.Errorf("%s with a name: %d", path, res.StatusCode)
		}
	}
}

// press sends a form and gives where its answer leads to. The headers are kept, the body
// is not.
func (a *aviary) press(client *http.Client, path string, form url.Values, want int) string {
	a.tb.Helper()
	res, err := client.PostForm("http://"+a.addr+path, form)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_ = res.Header.Write(&b)
	a.heard("the headers of POST "+path, b.String())
	if res.StatusCode != want {
		a.tb.Errorf("POST %s: %d, want %d", path, res.StatusCode, want)
	}
	return res.Header.Get("Location")
}

// upload has the file with problems go in by the page, and gives the import's path.
func (a *aviary) upload(client *http.Client) string {
	a.tb.Helper()
	page := a.fetch(client, "/imports/new", "coordinator")
	m := regexp.MustCompile(`<option value="([0-9a-f-]{36})"[^>]*>` + regexp.QuoteMeta(tracer)).FindStringSubmatch(page)
	if m == nil {
		a.tb.Fatalf("no study to import into:\n%s", page)
	}
	file, err := os.ReadFile(filepath.Join(a.dir, "bad.csv"))
	if err != nil {
		a.tb.Fatal(err)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("study", m[1])
	part, err := w.CreateFormFile("file", canaryName+" "+canaryUsername(3)+".csv")
	if err == nil {
		_, err = part.Write(file)
	}
	if err != nil || w.Close() != nil {
		a.tb.Fatal(err)
	}
	res, err := client.Post("http://"+a.addr+"/imports", w.FormDataContentType(), &b)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusSeeOther {
		a.tb.Fatalf("the upload: %d\n%s", res.StatusCode, body)
	}
	a.heard("the answer to an upload", fmt.Sprint(res.Header))
	return res.Header.Get("Location")
}
