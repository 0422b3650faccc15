package web

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"studymail"
)

// Each part with something that has to be escaped, and what it must and must not say.
func TestEveryPartSaysWhatItIsGiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "TIME_ZONE=Europe/London")
	summer := h.site.timeOf(time.Date(2026, 7, 1, 8, 0, 5, 0, time.UTC))
	const bad = `"><script>`
	home, err := h.site.pages.get("home")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		part   string
		data   any
		has    []string
		hasNot []string
	}{
		{"time", summer, []string{`datetime="2026-07-01T08:00:05Z"`, "1 Jul 2026, 09:00 BST", "Wednesday 1 July 2026, 09:00:05.000 BST (Europe/London)"}, nil},
		{"time", h.site.timeOf(time.Time{}), []string{"–"}, []string{"<time"}},
		{"time", h.site.agoOf(h.site.Now().Add(-5 * time.Minute)), []string{"5 minutes ago"}, nil},
		{"badge", badge{"good", "sent" + bad}, []string{"status-good", "sent&#34;"}, []string{bad}},
		{"empty", empty{Heading: "No studies", Text: "Add the first one.", Link: link{"Add a study", "/studies/new"}}, []string{"No studies", `href="/studies/new"`}, nil},
		{"empty", empty{Heading: "Nothing"}, []string{"Nothing"}, []string{"<a"}},
		{"pager", pager{Shown: 50, What: "patient", Total: 1234567, About: true, Next: "/patients?after=7"}, []string{"About 1,234,567 patients, 50 shown", `href="/patients?after=7"`, "Next page"}, []string{"First page"}},
		{"pager", pager{Shown: 1, What: "patient", Total: -1}, []string{"1 patient"}, []string{"<nav"}},
		{"progress", progress{Label: "Sending", Done: 1234, All: 5000, Text: "1,234 of 5,000"}, []string{`max="5000"`, `value="1234"`, `aria-label="Sending"`}, nil},
		{"timeline", []entry{{At: summer, Badge: badge{"bad", "failed"}, Text: "Refused.", Detail: "550 " + bad, Link: link{"by a user", "/events"}}}, []string{"failed", "Refused.", "550 &#34;"}, []string{bad}},
		{"masked", masked{Text: "u•••@e•••.org", Action: "/patients/1/show", What: "address"}, []string{"u•••@e•••.org", `method="post"`, "Show<span class=\"visually-hidden\"> address"}, nil},
		{"masked", masked{Text: "u•••@e•••.org"}, []string{"u•••@e•••.org"}, []string{"<button"}},
		{"masked", masked{Text: "user@example.org", Action: "/x", Shown: true}, []string{"user@example.org"}, []string{"<button"}},
		{
			"facts",
			[]fact{{"Name", bad}, {"When", summer}, {"State", badge{"warn", "late"}}, {"Study", link{"A", "/studies/1"}}, {"Phone", ""}},
			[]string{"<dt>Name</dt><dd>&#34;", "<time", "status-warn", `<a href="/studies/1">A</a>`, "<dd>–</dd>"},
			[]string{bad},
		},
		{"heading", heading{Title: "Studies", Up: link{"Home", "/"}, Actions: []link{{"Add", "/studies/new"}}, Words: "All of them."}, []string{"<h1>Studies</h1>", "‹ Home", "All of them."}, nil},
		{
			"confirm",
			confirm{Action: "/send", Text: "This cannot be taken back.", Button: "Send 1,234 letters", Form: newForm(), Hidden: map[string]string{"plan": bad}, Back: "/patients"},
			[]string{"Send 1,234 letters", `name="form"`, `name="plan" value="&#34;`, "Back, change nothing", "data-once"},
			[]string{bad},
		},
		{"field", newForm().Set("name", bad).Text("name", "Name").Must().Hint("As in letters"), []string{`value="&#34;`, "required", "As in letters", `aria-describedby="f-name-hint"`, `for="f-name"`}, []string{bad, "optional"}},
		{"field", newForm().Set("s", "b").Select("s", "Study", []option{{Value: "a", Text: "A"}, {Value: "b", Text: "B"}}), []string{`<option value="b" selected>B`}, nil},
		{"field", newForm().SetYes("t", true).Tick("t", "Active"), []string{"checked", "Active"}, nil},
		{"field", newForm().Set("a", "two\nlines").Area("a", "Body").Rows(12), []string{`rows="12"`, "two\nlines</textarea>", "optional"}, nil},
	} {
		var b bytes.Buffer
		if err := home.ExecuteTemplate(&b, tt.part, tt.data); err != nil {
			t.Errorf("%s: %v", tt.part, err)
			continue
		}
		for _, s := range tt.has {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s lacks %q: %s", tt.part, s, b.String())
			}
		}
		for _, s := range tt.hasNot {
			if strings.Contains(b.String(), s) {
				t.Errorf("%s has %q: %s", tt.part, s, b.String())
			}
		}
	}
}

func TestARolesRightsAreThoseOfItsRow(t *testing.T) {
	t.Parallel()
	for role, want := range map[studymail.Role]int{studymail.Viewer: 1, studymail.Coordinator: 4, studymail.Sender: 5, studymail.Administrator: 6, "unknown": 0} {
		n := 0
		for _, p := range studymail.Permissions() {
			v := &visit{user: studymail.User{Role: role, Active: true}}
			if v.may(p) {
				n++
			}
			if (&visit{user: studymail.User{Role: role}}).may(p) {
				t.Errorf("a disabled %s may %s", role, p)
			}
		}
		if n != want {
			t.Errorf("%s has %d permissions, want %d", role, n, want)
		}
	}
}

// A page is put together when it is first asked for: a mistake in one must not wait
// for that.
func TestEveryPageCanBePutTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pages (%v)", len(files), err)
	}
	for _, file := range files {
		page, err := h.site.pages.get(strings.TrimSuffix(path.Base(file), ".html"))
		if err != nil {
			t.Error(err)
		} else if page.Lookup("content") == nil {
			t.Errorf("%s has no content", file)
		}
	}
	if _, err := h.site.pages.get("nothing"); err == nil {
		t.Error("a page that there is not was put together")
	}
}
