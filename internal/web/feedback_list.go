package web

import (
	"net/http"
	"slices"
	"strconv"

	"studymail"
	"studymail/internal/feedback"
	"studymail/internal/store"
)

const (
	feedbackOnAPage = 50
	feedbackCounted = 10_000 // more than so many are "more than"
)

// feedbackFilterNames are the fields of a filter of feedback, in URLs.
var feedbackFilterNames = []string{"state", "kind", "class", "source", "seen", "message", "patient"}

type feedbackListPage struct {
	Heading heading
	Form    *form
	States  []option
	Kinds   []option
	Classes []option
	Sources []option
	Seen    []option
	Counts  []feedbackCount
	Only    string // "message …": what else the list is about
	Rows    []feedbackRow
	Empty   empty
	Pager   pager
}

// feedbackCount is how many stand in a state, and where they are.
type feedbackCount struct {
	Text string
	Path string
}

// feedbackRow is one thing that came back, in a list.
type feedbackRow struct {
	At       moment
	Path     string
	What     string
	Kind     badge
	Code     string
	Said     string // scrubbed
	State    badge
	Followed string
	Source   string
	Message  link
}

// feedbackStateWords are the states in a filter, in plain words.
var feedbackStateWords = map[studymail.FeedbackState]string{
	studymail.FeedbackWaits:   "Waits for our own record",
	studymail.FeedbackApplied: "Applied",
	studymail.FeedbackKept:    "Not understood",
	studymail.FeedbackUndone:  "Undone",
}

func feedbackBadge(state studymail.FeedbackState) badge {
	kind := "quiet"
	switch state {
	case studymail.FeedbackWaits:
		kind = "info"
	case studymail.FeedbackKept:
		kind = "warn"
	case studymail.FeedbackApplied:
		kind = "good"
	case studymail.FeedbackUndone:
	}
	return badge{kind, feedbackStateWords[state]}
}

// feedbackSources are the ways by which feedback comes, in plain words.
var feedbackSources = []option{
	{Value: string(studymail.FromSMTP), Text: "To our own receiver"},
	{Value: string(studymail.FromIMAP), Text: "From a mailbox"},
	{Value: string(studymail.FromImport), Text: "Imported by hand"},
	{Value: string(studymail.FromSES), Text: "From Amazon SES"},
	{Value: string(studymail.FromLink), Text: "From the opt-out page"},
}

func sourceWords(source studymail.FeedbackSource) string {
	for _, o := range feedbackSources {
		if o.Value == string(source) {
			return o.Text
		}
	}
	return string(source)
}

// kindBadge is how grave a kind is.
func kindBadge(kind string) badge {
	switch kind {
	case "hard", "complaint":
		return badge{"bad", sentenceWord(kind)}
	case "soft", "policy", "opt-out":
		return badge{"warn", sentenceWord(kind)}
	case "none":
		return badge{"quiet", "No bounce"}
	}
	return badge{"quiet", sentenceWord(kind)}
}

// feedbackList lists what came back, the newest first.
func (s *site) feedbackList(v *visit) error {
	f := newForm()
	filtered := false
	for _, name := range feedbackFilterNames {
		f.Set(name, v.query(name))
		filtered = filtered || v.query(name) != ""
	}
	p := feedbackListPage{
		Form: f, Seen: []option{{Text: "Any"}, {Value: "no", Text: "Nobody looked yet"}}, Sources: append(anyOf("Any"), feedbackSources...),
		Heading: heading{
			Title: "Feedback", Words: "What came back for letters: bounces, complaints, automatic replies and opt-outs, and what followed. The newest stand first.",
			Actions: []link{{"What each means", "/feedback/effects"}, {"Suppressed addresses", "/suppression"}},
		},
		Empty: empty{"Nothing has come back yet", "Bounces and opt-outs appear here by themselves, once letters were sent. How they come in is set up by whoever runs this installation.", v.linkTo("Look at the messages", "/messages")},
	}
	if filtered {
		p.Empty = empty{"Nothing like that came back", "Take a filter away.", link{"Show all feedback", "/feedback"}}
	}
	filter := feedbackFilter(f, &p)
	if !f.OK() {
		return v.pageAs(http.StatusUnprocessableEntity, "feedback_list", "Feedback", p)
	}
	filter.Before, filter.Limit = v.number("after", 0), feedbackOnAPage+1
	var (
		all   []studymail.Feedback
		total int
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if all, err = tx.FeedbackPage(v.ctx(), filter); err != nil {
			return err
		}
		if total, err = tx.CountMatching(v.ctx(), filter, feedbackCounted); err != nil {
			return err
		}
		p.Counts, err = countFeedback(v, tx)
		return err
	})
	if err != nil {
		return err
	}
	var show int
	p.Pager, show = v.newPager("feedback", len(all), feedbackOnAPage, func(last int) int64 { return all[last].Key })
	p.Pager.Plural, p.Pager.More = "feedback", total > feedbackCounted
	p.Pager.Total = int64(min(total, feedbackCounted))
	for i := range all[:show] {
		p.Rows = append(p.Rows, s.feedbackRow(&all[i]))
	}
	return v.page("feedback_list", "Feedback", p)
}

// feedbackFilter reads the filter of a list, and fills its choices.
func feedbackFilter(f *form, p *feedbackListPage) (filter store.FeedbackFilter) {
	p.States, p.Kinds, p.Classes = anyOf("Any"), anyOf("Any"), anyOf("Any")
	for _, state := range studymail.FeedbackStates() {
		p.States = append(p.States, option{Value: state.String(), Text: feedbackStateWords[state]})
		if f.Get("state") == state.String() {
			filter.State = state
		}
	}
	for _, row := range feedback.Effects() {
		p.Classes = append(p.Classes, option{Value: row.Class, Text: sentenceWord(row.Class)})
		if o := (option{Value: row.Kind, Text: kindBadge(row.Kind).Text}); !slices.Contains(p.Kinds, o) {
			p.Kinds = append(p.Kinds, o)
		}
	}
	for name, options := range map[string][]option{"state": p.States, "kind": p.Kinds, "class": p.Classes, "source": p.Sources, "seen": p.Seen} {
		if f.Get(name) != "" {
			chosen(f, name, options)
		}
	}
	filter.Kind, filter.Class, filter.Source, filter.Unseen = f.Get("kind"), f.Get("class"), studymail.FeedbackSource(f.Get("source")), f.Get("seen") == "no"
	for name, id := range map[string]*studymail.ID{"message": &filter.Message, "patient": &filter.Patient} {
		if f.Get(name) == "" {
			continue
		}
		var err error
		if *id, err = studymail.ParseID(f.Get(name)); err != nil {
			f.Problem(name, "this is no %s of ours", name)
			continue
		}
		p.Only = name + " " + shortID(*id)
	}
	return filter
}

// countFeedback says how many stand in each state.
func countFeedback(v *visit, tx *store.Tx) (all []feedbackCount, err error) {
	add := func(words string, filter store.FeedbackFilter, query string) error {
		n, err := tx.CountMatching(v.ctx(), filter, feedbackCounted)
		text := commas(n)
		if n > feedbackCounted {
			text = "more than " + commas(feedbackCounted)
		}
		all = append(all, feedbackCount{words + ": " + text, "/feedback?" + query})
		return err
	}
	for _, state := range studymail.FeedbackStates() {
		if err := add(feedbackStateWords[state], store.FeedbackFilter{State: state}, "state="+state.String()); err != nil {
			return nil, err
		}
	}
	return all, add("Not understood, and nobody looked yet", store.FeedbackFilter{State: studymail.FeedbackKept, Unseen: true}, "seen=no&state="+studymail.FeedbackKept.String())
}

func (s *site) feedbackRow(f *studymail.Feedback) feedbackRow {
	r := feedbackRow{
		At: s.timeOf(f.At), Path: "/feedback/" + f.ID.String(), What: sentenceWord(f.Class), Kind: kindBadge(f.Kind), Code: codeOf(f),
		Said: f.Diagnostic, State: feedbackBadge(f.State), Followed: sentenceWord(f.Effect), Source: sourceWords(f.Source),
	}
	if f.Times > 1 {
		r.Source += ", " + countOf(int64(f.Times), "time")
	}
	if !f.Message.IsZero() {
		r.Message = link{shortID(f.Message), "/messages/" + f.Message.String()}
	}
	return r
}

// codeOf is what a server said in numbers.
func codeOf(f *studymail.Feedback) string {
	switch {
	case f.Reply != 0 && f.Code != "":
		return strconv.Itoa(f.Reply) + " " + f.Code
	case f.Reply != 0:
		return strconv.Itoa(f.Reply)
	}
	return f.Code
}

type feedbackEffectsPage struct {
	Heading heading
	Rows    []feedback.EffectRow
}

// feedbackEffects shows what follows from each class: the table by which it is done.
func (s *site) feedbackEffects(v *visit) error {
	return v.page("feedback_effects", "What each feedback means", feedbackEffectsPage{
		Heading: heading{
			Title: "What each feedback means", Up: link{"Feedback", "/feedback"},
			Words: "What follows by itself from each thing that can come back. The same table is what studymail goes by.",
		},
		Rows: feedback.Effects(),
	})
}

// cameBack reads what came back for a message or to a patient, for its page.
func (s *site) cameBack(v *visit, tx *store.Tx, filter store.FeedbackFilter) (rows []feedbackRow, err error) {
	filter.Limit = 20
	all, err := tx.FeedbackPage(v.ctx(), filter)
	for i := range all {
		rows = append(rows, s.feedbackRow(&all[i]))
	}
	return rows, err
}
