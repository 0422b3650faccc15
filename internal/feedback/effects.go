package feedback

import (
	"strings"

	"studymail"
	"studymail/internal/bounce"
	"studymail/internal/store"
)

// delivered is what a report of success is stored as: internal/bounce has no class
// for it, since nothing bounced.
const delivered bounce.Class = "delivered"

// KindOptOut is the kind of opt-outs: internal/bounce knows only mails.
const KindOptOut bounce.Kind = "opt-out"

// The classes of opt-outs.
const (
	optOutStudy    bounce.Class = "opted out of the study"
	optOutProvider bounce.Class = "opted out of all studies of the care provider"
	optOutAll      bounce.Class = "opted out of all research mail"
)

// effects is what follows from each class. docs/feedback.md has the same table; a test
// writes and compares it.
var effects = []struct {
	class bounce.Class
	kind  bounce.Kind
	store.FeedbackEffect
}{
	{bounce.NoMailbox, bounce.Hard, dead("no such mailbox")},
	{bounce.NoDomain, bounce.Hard, dead("no such domain")},
	{bounce.Disabled, bounce.Soft, scores},
	{bounce.Full, bounce.Soft, scores},
	{bounce.Routing, bounce.Soft, scores},
	{bounce.TooLarge, bounce.Soft, only(studymail.CameFault)},
	{bounce.Rate, bounce.Soft, only(studymail.CameFault)},
	{bounce.Configuration, bounce.Soft, only(studymail.CameFault)},
	{bounce.Security, bounce.Soft, only(studymail.CameFault)},
	{bounce.PolicyBlock, bounce.Policy, only(studymail.CamePolicy)},
	{bounce.Reputation, bounce.Policy, only(studymail.CamePolicy)},
	{bounce.ContentRefused, bounce.Policy, only(studymail.CamePolicy)},
	{bounce.Challenge, bounce.Policy, only(studymail.CamePolicy)},
	{bounce.Greylisted, bounce.Delayed, only(studymail.CameDelayed)},
	{bounce.StillTrying, bounce.Delayed, only(studymail.CameDelayed)},
	{bounce.AutoReply, bounce.Automatic, only(studymail.CameAutomatic)},
	{delivered, bounce.None, only(studymail.CameDelivered)},
	{bounce.Abuse, bounce.Complaint, store.FeedbackEffect{
		Came: studymail.CameComplaint, Cancelled: studymail.OptedOut, Whose: studymail.OptOutAll, Suppress: "complaint", AtOnce: true,
	}},
	{optOutStudy, KindOptOut, optOut(studymail.OptOutStudy)},
	{optOutProvider, KindOptOut, optOut(studymail.OptOutProvider)},
	{optOutAll, KindOptOut, optOut(studymail.OptOutAll)},
	{bounce.NotABounce, bounce.None, store.FeedbackEffect{}},
	{bounce.Unknown, bounce.None, store.FeedbackEffect{}},
}

// dead is an address that does not exist.
func dead(why string) store.FeedbackEffect {
	return store.FeedbackEffect{Came: studymail.CameHard, Cancelled: studymail.NotContactable, Whose: studymail.OptOutAll, Suppress: why}
}

// scores is what counts against an address, said again and again.
var scores = store.FeedbackEffect{
	Came: studymail.CameSoft, Cancelled: studymail.NotContactable, Whose: studymail.OptOutAll, Scores: true,
}

// only is what is noted with the message, and says nothing about the address.
func only(c studymail.CameBack) store.FeedbackEffect { return store.FeedbackEffect{Came: c} }

func optOut(whose studymail.OptOutScope) store.FeedbackEffect {
	e := store.FeedbackEffect{Came: studymail.CameOptOut, Cancelled: studymail.OptedOut, Whose: whose, AtOnce: true, Again: true}
	e.Remember = whose != studymail.OptOutStudy
	if whose == studymail.OptOutAll {
		e.Suppress = "opted out"
	}
	return e
}

// effectOf gives what follows from a class.
func effectOf(class bounce.Class) store.FeedbackEffect {
	for i := range effects {
		if effects[i].class == class {
			return effects[i].FeedbackEffect
		}
	}
	return store.FeedbackEffect{}
}

// EffectRow is a row of the table in words, for pages and docs.
type EffectRow struct {
	Class, Kind string
	Message     string // what is noted with it
	Patients    string
	Address     string
}

// Effects gives the table in words.
func Effects() []EffectRow {
	all := make([]EffectRow, len(effects))
	for i, e := range effects {
		all[i] = EffectRow{Class: string(e.class), Kind: string(e.kind), Message: e.Came.String(), Patients: patientsOf(e.FeedbackEffect), Address: e.Suppress}
		if e.Came == 0 {
			all[i].Message = "nothing: a person looks at it"
		}
		if e.Suppress != "" {
			all[i].Address = "suppressed (" + e.Suppress + ")"
		}
	}
	return all
}

func patientsOf(e store.FeedbackEffect) string {
	if e.Cancelled == studymail.NotCancelled {
		return ""
	}
	words := []string{e.Cancelled.String()}
	switch e.Whose {
	case studymail.OptOutStudy:
		words = append(words, "in this study")
	case studymail.OptOutProvider:
		words = append(words, "in all studies of the care provider")
	case studymail.OptOutAll:
		words = append(words, "in all studies")
	}
	if e.Remember {
		words = append(words, "also later ones")
	}
	if e.Scores {
		words = append(words, "at 3 of the last 5 sends to the address, over at least 14 days")
	}
	return strings.Join(words, ", ")
}
