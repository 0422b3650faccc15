package web

import (
	"strconv"

	"studymail"
)

// haltedCampaign is what the page of a campaign says that stopped by itself.
type haltedCampaign struct {
	Title   string
	Numbers string // which threshold, and by how much
	Waits   string
	Mend    string // what to do next
	GoOn    string // where; "": the user may not
	Look    []link
}

// haltedCampaign words why a campaign stopped by itself; nil: it did not.
func (s *site) haltedCampaign(v *visit, n *campaignNow) *haltedCampaign {
	if n.Halt == nil || n.State != studymail.Paused {
		return nil
	}
	h := &haltedCampaign{
		Waits: countOf(int64(n.all.Unfinished()), "letter") + " of it wait. Nothing more leaves before a person lets it go on, and nothing is lost.",
	}
	what, setting, limit := "", "", 0.0
	switch n.Halt.Reason {
	case studymail.HaltHard:
		what, setting, limit = "too many of its letters went to addresses that do not exist", "HALT_HARD", s.Config.Halts.Hard
		h.Mend = "look at which addresses are dead. If they come from one file or one care provider, the list is probably old or mixed up: ask for a new one and import it. Those patients are Not contactable by now, and are not mailed again by going on."
		h.Look = []link{{"Look at what came back", "/feedback?kind=hard"}}
	case studymail.HaltComplaints:
		what, setting, limit = "too many recipients called it spam", "HALT_COMPLAINTS", s.Config.Halts.Complaints
		h.Mend = "read the letter as its readers do: do they know the sender, and why they get it? Ask their care providers. Those who complained are Opted out by now. Go on only once the letter or the list is mended."
		h.Look = []link{{"Look at the complaints", "/feedback?kind=complaint"}}
	case studymail.HaltFailed:
		what, setting, limit = "too many of its letters failed for good", "HALT_FAILED", s.Config.Halts.Failed
		h.Mend = "look at why they failed: the reason stands with each. If the mail server refuses them, tell whoever runs this installation. Once that is mended, let it go on, and send those that failed again."
	}
	h.Title = "This campaign stopped by itself " + s.timeOf(n.Halt.At).Words + ": " + what + "."
	h.Numbers = sentenceWord(n.Halt.Detail) + ", looked at from " + countOf(int64(s.Config.Halts.From), "letter") + " on (settings HALT_FROM and " + setting
	if now := strconv.FormatFloat(limit, 'g', -1, 64); limit > 0 {
		h.Numbers += ", now " + now + " %"
	}
	h.Numbers += ")."
	if n.Canary.First > 0 {
		h.Numbers += " Of the letters that it begins with, fewer are enough."
	}
	if n.all.Failed > 0 {
		h.Look = append(h.Look, link{"Look at the " + countOf(int64(n.all.Failed), "letter") + " that failed", v.messagesPath(n.ID, "state", studymail.Failed.String())})
	}
	if v.may(studymail.MaySend) {
		h.GoOn = "/campaigns/" + n.ID.String() + "/resume"
	}
	return h
}

func stepWord(step int) string {
	if step == 0 {
		return ""
	}
	return strconv.Itoa(step)
}
