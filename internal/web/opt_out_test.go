package web

import (
	"net/http"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// mailed is a house whose patients were sent letters.
type mailed struct {
	*house
	*storetest.Mailed
}

func newMailed(t *testing.T, patients int) *mailed {
	t.Helper()
	h := newHouse(t)
	return &mailed{h, storetest.NewMailed(t, h.store, patients)}
}

// link is the path of a patient's opt-out page.
func (m *mailed) link(n int, use sealed.TokenFor) string {
	m.tb.Helper()
	token, err := m.site.Sealer.Token(use, m.Messages[n].ID)
	if err != nil {
		m.tb.Fatal(err)
	}
	return "/u/" + token
}

func (m *mailed) stands(n int) (c studymail.Cancelled) {
	m.tb.Helper()
	err := m.store.Read(m.tb.Context(), func(tx *store.Tx) error {
		p, err := tx.PatientByID(m.tb.Context(), m.Patients[n].ID)
		c = p.Cancelled
		return err
	})
	if err != nil {
		m.tb.Fatal(err)
	}
	return c
}

var urlencoded = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

// Scanners follow links. Seen to fail: with the GET route at the page of the POST.
func TestLookingAtTheOptOutPageChangesNothing(t *testing.T) {
	t.Parallel()
	m := newMailed(t, 1)
	v := m.visitor()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		r := v.do(method, m.link(0, sealed.UnsubscribeToken), nil, nil)
		if r.status != http.StatusOK || m.stands(0) != studymail.NotCancelled {
			t.Errorf("%s: %d, the patient is %q", method, r.status, m.stands(0))
		}
		if method == http.MethodHead {
			continue
		}
		for _, want := range []string{`value="study" checked`, `value="care provider"`, `value="all"`, "no effect on your care"} {
			if !strings.Contains(r.body, want) {
				t.Errorf("the page lacks %s:\n%s", want, r.body)
			}
		}
		for _, leak := range []string{"Smith", "ABCD001", "user0", "User", "Number", "example.org", m.Patients[0].ID.String(), m.Messages[0].ID.String(), "/login", "version"} {
			if strings.Contains(r.body, leak) {
				t.Errorf("the page says %s:\n%s", leak, r.body)
			}
		}
	}
	if v.session() != "" {
		t.Error("the page sets a cookie")
	}
}

// RFC 8058 §3.2: at once, without asking, without a cookie, without another page; by
// either way to send a form, from wherever. Seen to fail: without the way past the
// check of origins, and with a redirect at the end.
func TestOneClickOptsOutAtOnce(t *testing.T) {
	t.Parallel()
	const boundary = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
	crossSite := urlencoded.Clone()
	crossSite.Set("Sec-Fetch-Site", "cross-site")
	crossSite.Set("Origin", "https://mail.example.com")
	for name, tc := range map[string]struct {
		header http.Header
		body   string
	}{
		"urlencoded":            {urlencoded, "List-Unsubscribe=One-Click"},
		"multipart":             {http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, boundary},
		"from a page of a mail": {crossSite, "List-Unsubscribe=One-Click"},
		"without a body":        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailed(t, 2)
			for range 2 {
				r := m.visitor().do(http.MethodPost, m.link(0, sealed.UnsubscribeToken), strings.NewReader(tc.body), tc.header)
				if r.status != http.StatusOK || r.to != "" || !strings.Contains(r.body, "no more letters about this study") {
					t.Fatalf("%d to %q\n%s", r.status, r.to, r.body)
				}
			}
			if m.stands(0) != studymail.OptedOut || m.stands(1) != studymail.NotCancelled {
				t.Errorf("the patient is %q, another %q", m.stands(0), m.stands(1))
			}
			err := m.store.Read(t.Context(), func(tx *store.Tx) error {
				events, err := tx.Events(t.Context(), store.EventFilter{About: m.Patients[0].ID})
				if len(events) != 1 || events[0].Action != "patient opted out" || events[0].Origin != "" {
					t.Errorf("events: %+v", events)
				}
				n, err2 := tx.CampaignFeedback(t.Context(), m.Campaign.Key)
				if n[studymail.CameOptOut] != 1 || err2 != nil {
					t.Errorf("counted %v, %v", n, err2)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Seen to fail: with any scope taken for the study's.
func TestTheOptOutFormStopsWhatItSays(t *testing.T) {
	t.Parallel()
	m := newMailed(t, 4)
	for n, tc := range []struct {
		scope  string
		status int
		says   string
		out    bool
		class  string
	}{
		{"study", http.StatusOK, "about this study", true, "opted out of the study"},
		{"care provider", http.StatusOK, "from this practice", true, "opted out of all studies of the care provider"},
		{"all", http.StatusOK, "from us", true, "opted out of all research mail"},
		{"everything", http.StatusUnprocessableEntity, "choose one", false, ""},
	} {
		r := m.visitor().post(m.link(n, sealed.UnsubscribeToken), "scope", tc.scope)
		if r.status != tc.status || !strings.Contains(r.body, tc.says) || (m.stands(n) == studymail.OptedOut) != tc.out {
			t.Errorf("%s: %d, the patient is %q\n%s", tc.scope, r.status, m.stands(n), r.body)
		}
		err := m.store.Read(t.Context(), func(tx *store.Tx) error {
			all, err := tx.FeedbackPage(t.Context(), store.FeedbackFilter{Message: m.Messages[n].ID})
			if tc.out != (len(all) == 1 && all[0].Class == tc.class) {
				t.Errorf("%s: %+v", tc.scope, all)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Seen to fail: with tokens of any use taken.
func TestALinkThatIsNotOursTellsWhatToDo(t *testing.T) {
	t.Parallel()
	m := newMailed(t, 1)
	whole := m.link(0, sealed.UnsubscribeToken)
	for name, path := range map[string]string{
		"cut off": whole[:len(whole)-3], "for bounces": m.link(0, sealed.BounceToken), "forged": "/u/" + strings.Repeat("a", 60), "a name": "/u/anna@example.org",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := m.visitor().do(method, path, strings.NewReader("List-Unsubscribe=One-Click"), urlencoded)
			if r.status != http.StatusNotFound || !strings.Contains(r.body, "tell your practice") || strings.Contains(r.body, "anna") {
				t.Errorf("%s, %s: %d\n%s", name, method, r.status, r.body)
			}
		}
	}
	if m.stands(0) != studymail.NotCancelled {
		t.Errorf("the patient is %q", m.stands(0))
	}
}

// Who was erased still has the mail: its link shows the page and opts out, as often as
// it is followed, and says nothing of an erasure.
func TestTheLinkOfAnErasedPersonWorks(t *testing.T) {
	t.Parallel()
	m := newMailed(t, 1)
	if _, err := m.site.Erase(t.Context(), m.Patients[0].PersonID, "test", "asked"); err != nil {
		t.Fatal(err)
	}
	link := m.link(0, sealed.UnsubscribeToken)
	for _, scope := range []string{"study", "care provider", "all"} {
		if r := m.visitor().get(link); r.status != http.StatusOK || !strings.Contains(r.body, `value="study" checked`) {
			t.Errorf("the page: %d\n%s", r.status, r.body)
		}
		for range 2 {
			r := m.visitor().post(link, "scope", scope)
			if r.status != http.StatusOK || strings.Contains(r.body, "erased") {
				t.Errorf("%s: %d\n%s", scope, r.status, r.body)
			}
		}
	}
	r := m.visitor().do(http.MethodPost, link, strings.NewReader("List-Unsubscribe=One-Click"), urlencoded)
	if r.status != http.StatusOK || m.stands(0) != studymail.OptedOut {
		t.Errorf("one click: %d, the patient is %q", r.status, m.stands(0))
	}
	if log := m.log.String(); strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}
