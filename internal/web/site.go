package web

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"studymail"
)

// site is what all pages share.
type site struct {
	Options
	assets   *assets
	pages    *pages
	sessions *sessions
	desk     kept[deskNumbers] // of the first page
	plans    *planCounts
	origins  *http.CrossOriginProtection

	ending     chan struct{} // closed when the server ends: answers that go on for long end with it
	endStreams func()
}

func newSite(o Options) (*site, error) {
	s := &site{Options: o, origins: http.NewCrossOriginProtection(), ending: make(chan struct{}), plans: newPlanCounts()}
	s.endStreams = sync.OnceFunc(func() { close(s.ending) })
	if u, err := url.Parse(o.Config.PublicURL); err == nil && u.Host != "" {
		// A proxy in front may have changed the Host that the browser asked for.
		if err := s.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("trust the origin of PUBLIC_URL: %w", err)
		}
	}
	// Mail programs press a patient's button from wherever they are; the token in the
	// address is what counts.
	s.origins.AddInsecureBypassPattern("POST " + optOutPath)
	var err error
	if s.assets, err = readAssets(dist); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	s.sessions = newSessions(o.Store, o.Config)
	return s, nil
}

// handler puts the chain together: what concerns every request outside, what
// concerns one route inside.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.Handle(rt.method+" "+rt.path, s.route(rt))
	}
	// What no route takes: a page that says so, with the layout of who is signed in.
	mux.Handle("/", s.route(route{needs: public, page: func(s *site, v *visit) error {
		return studymail.Errorf(studymail.NotFound, "there is no such page")
	}}))
	return s.always(mux)
}
