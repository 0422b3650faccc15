package sestest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Account plays the suppression list that SES keeps for an account, one address a page,
// and says of the account that it may send.
type Account struct {
	*httptest.Server

	mu     sync.Mutex
	listed map[string]listing
	asked  int
}

type listing struct {
	why string
	at  time.Time
}

// NewAccount starts one.
func NewAccount(t testing.TB) *Account {
	t.Helper()
	a := &Account{listed: map[string]listing{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// List puts an address on the list: why is BOUNCE or COMPLAINT.
func (a *Account) List(address, why string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listed[address] = listing{why, at}
}

// Listed gives the addresses on the list.
func (a *Account) Listed() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.listed))
}

// Asked is how many requests there were.
func (a *Account) Asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	address, one := strings.CutPrefix(r.URL.EscapedPath(), "/v2/email/suppression/addresses/")
	var out any
	switch {
	case one:
		address, _ = url.PathUnescape(address) //nolint:errcheck // then it is not on the list
		if _, there := a.listed[address]; !there || r.Method != http.MethodDelete {
			refuse(w, http.StatusNotFound, "NotFoundException", "not on the list")
			return
		}
		delete(a.listed, address)
		out = struct{}{}
	case r.URL.Path == "/v2/email/suppression/addresses":
		out = a.page(r.URL.Query().Get("NextToken"))
	case r.URL.Path == "/v2/email/account":
		out = map[string]any{"ProductionAccessEnabled": true, "SendingEnabled": true, "EnforcementStatus": "HEALTHY"}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// page gives the first address behind one.
func (a *Account) page(behind string) map[string]any {
	rows := []map[string]any{}
	page := map[string]any{}
	for _, address := range slices.Sorted(maps.Keys(a.listed)) {
		if address <= behind {
			continue
		}
		if len(rows) == 1 {
			page["NextToken"] = rows[0]["EmailAddress"]
			break
		}
		l := a.listed[address]
		rows = append(rows, map[string]any{"EmailAddress": address, "Reason": l.why, "LastUpdateTime": l.at.Unix()})
	}
	page["SuppressedDestinationSummaries"] = rows
	return page
}
