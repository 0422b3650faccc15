package web

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"studymail"
)

//go:embed templates
var templates embed.FS

// pages are the files directly in templates/, each made of the layout, the parts
// and its own "content". A page is put together when it is first asked for: each
// has its own copy of all parts, and together they are most of what the program
// would hold in memory.
type pages struct {
	base *template.Template

	mu   sync.Mutex
	made map[string]*template.Template // by name
}

func (s *site) parsePages() (*pages, error) {
	base, err := template.New("base").Funcs(s.funcs()).Option("missingkey=error").ParseFS(templates, "templates/layout/*.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the layout of the pages: %w", err)
	}
	return &pages{base: base, made: map[string]*template.Template{}}, nil
}

// get gives a page's template.
func (p *pages) get(name string) (*template.Template, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.made[name]; t != nil {
		return t, nil
	}
	t, err := p.base.Clone()
	if err == nil {
		t, err = t.ParseFS(templates, "templates/"+name+".html")
	}
	if err != nil {
		return nil, studymail.Errorf(studymail.Internal, "read the page %s: %w", name, err)
	}
	p.made[name] = t
	return t, nil
}

// frame is what the layout shows around a page.
type frame struct {
	Title    string
	Theme    string // auto, light or dark
	Here     string // the page's path, for forms that come back to it
	Places   []framePlace
	User     *frameUser // nil: nobody is signed in
	Flash    []string
	NoAssets bool
	Plain    bool // for patients: nothing about the program around it
	Version  string
	Data     any
}

type framePlace struct {
	place
	Current bool
}

type frameUser struct{ Masked, Role string }

func (v *visit) frame(status int, title string, data any) *frame {
	f := &frame{Title: title, Theme: v.theme(), Here: v.here(), Flash: v.takeFlash(), NoAssets: v.assets.missing(), Version: v.Version, Data: data}
	if v.r.Method != "GET" || status >= http.StatusBadRequest {
		// There is no way back to what a form answered, and nothing to say again of an
		// address that is no page's: it may hold anything.
		f.Here = "/"
	}
	if f.Plain = v.route.path == optOutPath; f.Plain {
		f.Here = "/"
	}
	if !v.isSignedIn() {
		return f
	}
	f.User = &frameUser{Role: v.user.Role.Name()}
	if email, err := v.Accounts.Address(&v.user); err == nil {
		f.User.Masked = email.Masked()
	}
	for _, p := range v.placesFor(&v.user) {
		current := v.r.URL.Path == p.Path || p.Path != "/" && strings.HasPrefix(v.r.URL.Path, p.Path+"/")
		f.Places = append(f.Places, framePlace{p, current})
	}
	return f
}

// placesFor are the entries of the navigation that a user has a use for.
func (s *site) placesFor(u *studymail.User) []place {
	needs := map[string]studymail.Permission{}
	for _, rt := range routes() {
		if rt.method == "GET" {
			needs[strings.TrimSuffix(rt.path, "{$}")] = rt.needs
		}
	}
	var all []place
	for _, p := range places {
		if need, there := needs[p.Path]; there && u.May(need) && (p.Path != mailbox || s.Config.MailTransport == "maildir") {
			all = append(all, p)
		}
	}
	return all
}
