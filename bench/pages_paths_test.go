package bench

import (
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// click is something that a person clicks: a page, or a form that only asks.
type click struct {
	path string
	form url.Values // nil: a link
}

func (c click) String() string {
	if c.form == nil {
		return c.path
	}
	return "POST " + c.path + " " + c.form.Encode()
}

// clicks are all that are measured: every route that shows something, every filter,
// filters combined, orders, the next page and the last, and the first steps of actions
// on many. Nothing of it changes anything but the audit trail of a search.
func (w *world) clicks() (all []click) {
	w.t.Helper()
	one := func(query string) string {
		w.t.Helper()
		var id studymail.ID
		err := w.store.Read(w.t.Context(), func(tx *store.Tx) error {
			return tx.SQL().QueryRowContext(w.t.Context(), query).Scan(&id)
		})
		if err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
		return id.String()
	}
	largest := func(table, column string) string {
		return one(`SELECT t.uuid FROM ` + table + ` t JOIN (SELECT ` + column + ` AS k, sum(patients) AS n FROM patient_counts GROUP BY 1) c ON c.k = t.id ORDER BY c.n DESC LIMIT 1`)
	}
	campaign := func(where string) string {
		return one(`SELECT c.uuid FROM campaigns c LEFT JOIN runs r ON r.campaign_id = c.id WHERE ` + where + ` ORDER BY coalesce(r.planned, 0) DESC, c.id LIMIT 1`)
	}
	message := func(state studymail.State) string {
		n := strconv.Itoa(int(state))
		if state == studymail.Sent {
			return one(`SELECT uuid FROM messages WHERE state = 40 ORDER BY id DESC LIMIT 1`)
		}
		return one(`SELECT uuid FROM messages WHERE state >= 50 AND state = ` + n + ` AND run_id IN (SELECT id FROM runs) LIMIT 1`)
	}
	study, provider := largest("studies", "study_id"), largest("providers", "provider_id")
	running := campaign("c.state = 20 AND c.canary = 0")
	patient, person := one(`SELECT uuid FROM patients ORDER BY id DESC LIMIT 1`), one(`SELECT uuid FROM people ORDER BY id DESC LIMIT 1`)
	middle := func(table string) string {
		var n int64
		err := w.store.Read(w.t.Context(), func(tx *store.Tx) error {
			return tx.SQL().QueryRowContext(w.t.Context(), `SELECT max(id) / 2 FROM `+table).Scan(&n)
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return "after=" + strconv.FormatInt(n, 10)
	}
	const last = "after=60" // row keys begin at 1: the last pages of what begins with the newest
	get := func(path string, queries ...string) {
		for _, q := range queries {
			all = append(all, click{path: strings.TrimSuffix(path+"?"+strings.Trim(q, "&"), "?")})
		}
	}
	post := func(path string, queries ...string) {
		for _, q := range queries {
			form, err := url.ParseQuery(q)
			if err != nil {
				w.t.Fatal(err)
			}
			all = append(all, click{path, form})
		}
	}

	get("/", "")
	of, by := "study="+study, "provider="+provider
	for _, filter := range []string{
		"", of, by, "status=0", "status=30", "cancelled=none", "cancelled=30", "in_study=yes", "in_study=no",
		"outcome=none", "outcome=waiting", "outcome=deferred", "outcome=sent", "outcome=failed", "outcome=skipped", "outcome=uncertain", "outcome=cancelled",
		of + "&" + by, of + "&status=0&in_study=yes", of + "&outcome=failed", by + "&outcome=failed", by + "&status=0&cancelled=none", "status=30&cancelled=30",
		"status=10&outcome=skipped", "cancelled=40&outcome=failed", of + "&" + by + "&status=0&cancelled=none&outcome=uncertain",
	} {
		get("/patients", filter, filter+"&sort=-updated", filter+"&"+middle("patients"), filter+"&"+last)
	}
	get("/patients", "sort=added", "sort=added&after=999000", "sort=updated&size=200", of+"&sort=updated&size=200", "person="+person)
	get("/patients/"+patient, "")
	for _, p := range []string{"/cancel", "/restore", "/erase"} {
		get("/patients/"+patient+p, "")
	}
	get("/patients/new", "")
	post("/patients/search", "search="+patient, "search=nobody%40example.org", "search=seed1.0000500")
	for _, who := range []string{"all=yes", "all=yes&" + of, "all=yes&outcome=failed", "all=yes&" + by + "&status=0"} {
		post("/patients/status", who, who+"&chosen=yes&to=20")
		post("/patients/cancel", who, who+"&chosen=yes&to=30&source=telephone")
		post("/patients/restore", who)
		post("/patients/send", who)
		post("/patients/export", who)
	}

	get("/studies", "", "q=sleep")
	get("/providers", "", "q=surgery")
	for _, thing := range []string{"/studies/" + study, "/providers/" + provider} {
		get(thing, "")
		get(thing+"/edit", "")
		get(thing+"/active", "")
	}
	get("/studies/new", "")
	get("/providers/new", "")
	template := one(`SELECT uuid FROM templates ORDER BY id LIMIT 1`)
	get("/templates", "")
	get("/templates/new", "")
	for _, p := range []string{"", "/frame", "/versions", "/edit", "/settings", "/archive"} {
		get("/templates/"+template+p, "")
	}

	get("/campaigns", "", "state=draft", "state=scheduled", "state=running", "state=paused", "state=finished", "state=cancelled", of, of+"&state=finished", last)
	wizard := of + "&template=" + template
	get("/campaigns/new", "", of+"&step=who", of+"&step=letter", wizard+"&step=when", wizard+"&when=now&step=reminders")
	for where, pages := range map[string][]string{
		"c.state = 40":                      {"", "/left-out", "/retry"},
		"c.state = 20 AND c.canary = 0":     {"", "/left-out", "/pause", "/cancel", "/retry"},
		"c.state = 20 AND c.canary > 0":     {"", "/release", "/cancel"},
		"c.state = 30 AND c.halt <> ''":     {"", "/resume"},
		"c.state = 30 AND c.halt = ''":      {"", "/resume"},
		"c.state = 0 AND c.schedule_id > 0": {"", "/start", "/discard"},
		"c.state = 10":                      {"", "/cancel"},
		"c.state = 50":                      {""},
	} {
		for _, p := range pages {
			get("/campaigns/"+campaign(where)+p, "")
		}
	}

	for _, filter := range []string{
		"", "state=queued", "state=sending", "state=sent", "state=failed", "state=skipped", "state=deferred", "state=uncertain", "state=cancelled",
		"reason=refused", "reason=opted+out", "state=failed&reason=refused", "state=skipped&reason=opted+out",
	} {
		get("/messages", filter, filter+"&"+of, filter+"&campaign="+running, filter+"&"+middle("messages"), filter+"&after=3000")
	}
	week := "since=" + w.day(-9) + "&until=" + w.day(-3)
	get("/messages", week, week+"&state=failed", week+"&"+of, "state=failed&"+of+"&campaign="+running+"&reason=refused")
	for state, pages := range map[studymail.State][]string{studymail.Sent: {""}, studymail.Failed: {"", "/again"}, studymail.Uncertain: {"", "/settle"}} {
		for _, p := range pages {
			get("/messages/"+message(state)+p, "")
		}
	}
	for _, filter := range []string{"state=failed", "state=skipped", "state=failed&campaign=" + running, "state=failed&reason=refused", "state=failed&" + of} {
		post("/messages/again", "all=yes&"+filter)
	}

	feedback := one(`SELECT uuid FROM feedback WHERE kind = 'hard' AND state = 20 ORDER BY id DESC LIMIT 1`)
	get("/feedback", "", "state=waits", "state=applied", "state=kept", "state=undone", "kind=hard", "kind=complaint", "kind=automatic", "class=mailbox+full", "source=link", "source=imap",
		"seen=no", "seen=no&state=kept", "seen=no&kind=hard&source=imap", "kind=hard&class=no+such+domain&source=import&state=applied",
		middle("feedback"), last, "kind=complaint&"+middle("feedback"), "message="+message(studymail.Sent), "patient="+patient)
	get("/feedback/effects", "")
	get("/feedback/"+feedback, "")
	get("/feedback/"+feedback+"/undo", "")
	get("/suppression", "", middle("suppressions"), last)
	get("/suppression/ses", "")
	get("/suppression/"+one(`SELECT uuid FROM suppressions ORDER BY id DESC LIMIT 1`), "")

	imported := "/imports/" + one(`SELECT uuid FROM imports ORDER BY id LIMIT 1`)
	get("/imports", "", of, last)
	get("/imports/new", "")
	get(imported, "")
	get(imported+"/problems", "")
	schedule := "/schedules/" + one(`SELECT uuid FROM schedules WHERE builtin = 0 ORDER BY id LIMIT 1`)
	get("/schedules", "")
	get("/schedules/new", "")
	for _, p := range []string{"", "/edit", "/enabled", "/run"} {
		get(schedule+p, "")
	}
	get("/monitor", "", "span=day", "span=month")
	get("/monitor/jobs", "", "state=waiting", "state=running", "state=retrying", "state=done", "state=given+up", "state=done&"+middle("river_job"), "queue=sweep")

	get("/events", "", "action=details+shown", "actor=feedback", "actor=feedback&action=patient+opted+out", "since="+w.day(-9), "until="+w.day(-3), week,
		"action=patient+added&until="+w.day(1), "about="+patient, middle("events"), last, "action=details+shown&"+last)
	get("/users", "")
	get("/users/new", "")
	get("/users/"+one(`SELECT uuid FROM users ORDER BY id LIMIT 1`), "")
	get("/account", "")
	get("/account/second-factor", "")
	get("/settings", "")
	get("/health", "")
	get("/readyz", "")
	return all
}

// notClicked are routes that show nothing of what there is much of, go on for long, or
// need what the invented data do not have.
var notClicked = regexp.MustCompile(`^/(healthz|metrics|assets/|login|setup/|opt-out|o/)|/live$|^/(mailbox|resends)|^/imports/\{id\}/columns$|^/campaigns/\{id\}/reminder$|^/monitor/(jobs/(\{number\}|cancel|retry)|queues/)`)

var getRoute = regexp.MustCompile(`method: "GET", path: "([^"]+)"`)

// checkAllRoutesAreClicked fails where a page was made since that nobody measures.
func (w *world) checkAllRoutesAreClicked(all []click) {
	w.t.Helper()
	source, err := os.ReadFile("../internal/web/routes.go")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range getRoute.FindAllStringSubmatch(string(source), -1) {
		path := strings.TrimSuffix(m[1], "{$}")
		if notClicked.MatchString(path) {
			continue
		}
		like := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\{id\}`, `[0-9a-f-]{36}`) + `(\?|$)`)
		clicked := false
		for _, c := range all {
			clicked = clicked || c.form == nil && like.MatchString(c.path)
		}
		if !clicked {
			w.t.Errorf("the page %s is not measured: add it to clicks", path)
		}
	}
}
