package bounce

import "strings"

// stage is what a reply answered.
type stage int

const (
	someStage stage = iota
	mailStage
	rcptStage
	dataStage // DATA or the text
)

// evidence is what there is to judge a delivery by.
type evidence struct {
	reply    int    // SMTP reply code; 0 for none
	enhanced string // RFC 3463 code; "" for none
	stage    stage
	words    string // what the other side said
	around   string // what the reporting system says in its own words; may be long
	coded    bool   // the code is the reporting system's own, for a reply in words that we do not know
	givenUp  bool   // a report that says that nobody tries any more
}

// judge gives the class of a delivery that failed.
func judge(e *evidence) Class {
	b := table()
	said, around := b.read(withoutGloss(e.words), e.enhanced), b.read(withoutGloss(e.around), e.enhanced)
	if e.stage == someStage {
		e.stage = e.stageOf(said.clear, around.clear)
	}
	again := around.clear & tryAgain
	around.clear &^= unclear
	around.vague = 0
	if strings.HasSuffix(e.enhanced, ".1.10") {
		// Used for nothing else (codes.tsv); the help that Exchange Online writes
		// around it speaks of rules, senders and quotas, too.
		around.clear &^= against
	}
	c := e.decide(said, true)
	silent := said.clear&^unclear == 0 && said.exactly == 0
	switch {
	case c == Unknown || silent && said.vague == 0 && c.Kind() == Hard && around.clear&against == 0 || silent && (around.clear&notRouting != 0 || around.exactly != 0):
		// Nothing clear from the other side: what does the reporting system say?
		said.clear |= around.clear | again
		said.exactly |= around.exactly
		if other := e.decide(said, false); other != Unknown {
			return other
		}
	case c.Kind() == Hard && said.exactly&hard == 0 && around.clear&against != 0:
		return first(around.clear & against)
	}
	return c
}

// glosses are what gateways write about any refusal of a recipient, whatever the
// other side said.
var glosses = strings.NewReplacer(
	"5.1.0 - Unknown address error", "", // Cisco Secure Email Gateway, and Amazon SES once
	"5.3.0 - Other mail system problem", "",
)

// withoutGloss leaves what the other side said. sendmail repeats a refusal behind
// "<<<" in words of its own: "550 5.1.1 <ben@example.org>... User unknown".
func withoutGloss(s string) string {
	s = glosses.Replace(s)
	if !strings.Contains(s, "<<< ") {
		return s
	}
	var b strings.Builder
	quoted := false
	for line := range strings.Lines(s) {
		own := strings.HasPrefix(line, "550 5.1.1 ") && strings.HasSuffix(strings.TrimSpace(line), "... User unknown")
		if !quoted || !own {
			b.WriteString(line)
		}
		quoted = strings.HasPrefix(line, "<<< ") || quoted && own
	}
	return b.String()
}

// notRouting is what the reporting system can tell better than a code.
const notRouting = hard | against

// unclear is what counts in a reply only, not in what is said around it.
const unclear = hint | tryAgain | senderSide | afterMail | afterRcpt | afterData | pipelined

// stageOf tells what a reply answered.
func (e *evidence) stageOf(said, around set) stage {
	for _, s := range []set{said, around} {
		switch {
		case s&afterRcpt != 0:
			return rcptStage
		case s&afterData != 0:
			return dataStage
		case s&afterMail != 0:
			return mailStage
		case s&pipelined != 0:
			if strings.HasPrefix(e.enhanced, "5.1.") && !general(e.enhanced) {
				return rcptStage
			}
			return dataStage
		}
	}
	return someStage
}

// order is which of several meanings counts: what is about the sender or the
// content comes before what is about the mailbox, so that nobody is called dead
// for it.
var order = []struct {
	means set
	class Class
}{
	{contentRefused, ContentRefused},
	{security, Security},
	{reputation, Reputation},
	{senderSide, PolicyBlock},
	{greylisted, Greylisted},
	{full, Full},
	{rate, Rate},
	{tooLarge, TooLarge},
	{disabled, Disabled},
	{policyBlock, PolicyBlock},
	{challenge, Challenge},
	{routing, Routing},
	{configuration, Configuration},
	{stillTrying, StillTrying},
}

// against is what, said together with "no such mailbox", outweighs it.
const against = senderSide | contentRefused | security | reputation | greylisted | rate | full | tooLarge |
	disabled | policyBlock | challenge

func first(s set) Class {
	for _, o := range order {
		if s&o.means != 0 {
			return o.class
		}
	}
	return Unknown
}

func (e *evidence) decide(s said, codes bool) Class {
	if s.exactly&hard != 0 {
		return hardClass(s.exactly)
	}
	if c := first(s.exactly); c != Unknown {
		return c
	}
	if s.clear&hard != 0 {
		return e.decideHard(s)
	}
	if e.acceptsNoMail(s) {
		return NoDomain
	}
	if c := first(s.clear); c != Unknown {
		if code := e.byCode(s); code != Unknown && code.Kind() != Hard && (c == PolicyBlock && s.clear&senderSide == 0 || (c.Kind() == Policy || c == Security) && e.precise()) {
			return code // a code is more exact than "not accepted"
		}
		return c
	}
	if codes {
		if c := e.byCode(s); c != Unknown {
			return c
		}
	}
	if s.vague&hard != 0 && first(s.vague) == Unknown {
		s.clear |= s.vague & hard
		return e.decideHard(s)
	}
	if c := first(s.vague); c != Unknown {
		return c
	}
	return Unknown
}

func hardClass(s set) Class {
	if s&noMailbox != 0 {
		return NoMailbox
	}
	return NoDomain
}

// decideHard weighs words that say that there is no such mailbox or domain.
func (e *evidence) decideHard(s said) Class {
	switch {
	case s.clear&against != 0:
		return first(s.clear & against)
	case s.clear&hint != 0:
		return PolicyBlock
	case e.stage == dataStage:
		// After the text was seen it is usually a filter that says so.
		return PolicyBlock
	case e.stage == mailStage:
		return PolicyBlock // it is about the sender
	case len(e.enhanced) > 2 && softCodes[e.enhanced[2:]] && e.stage != rcptStage:
		return table().codes[e.enhanced[2:]].class
	case s.clear&tryAgain != 0, e.temporary() && !(e.givenUp && e.unknownForGood(s)):
		return Routing
	}
	return hardClass(s.clear)
}

// unknownForGood tells words and a code that say the same, "no such user". Some
// servers say so with 450 (Postfix: unknown_local_recipient_reject_code, and its
// soft_bounce): once the sender's server has given up, it is as good as 550.
func (e *evidence) unknownForGood(s said) bool {
	return s.clear&noMailbox != 0 && strings.HasSuffix(e.enhanced, ".1.1")
}

// acceptsNoMail tells the reply of a host that never takes mail (RFC 7504 §3 and §5:
// 521 with 5.3.2). Others use 521 for a block, and 5.3.2 for a pause.
func (e *evidence) acceptsNoMail(s said) bool {
	return e.reply == 521 && e.enhanced == "5.3.2" && e.stage != mailStage && e.stage != dataStage && s.clear&(against|hint|tryAgain|routing) == 0
}

// temporary tells a code that says so.
func (e *evidence) temporary() bool {
	if e.reply != 0 {
		return e.reply < 500
	}
	return e.enhanced != "" && e.enhanced[0] == '4'
}

// precise tells the codes that nobody uses for something else: 5.7.20 and on.
func (e *evidence) precise() bool {
	detail, ok := strings.CutPrefix(e.enhanced[min(1, len(e.enhanced)):], ".7.")
	return ok && (len(detail) > 2 || len(detail) == 2 && detail >= "20")
}

// byCode is for replies whose words say nothing clear.
func (e *evidence) byCode(s said) Class {
	if len(e.enhanced) > 2 {
		if row, ok := table().codes[e.enhanced[2:]]; ok {
			if row.class.Kind() != Hard {
				return row.class
			}
			if e.enhanced[0] != '5' || s.clear&(hint|tryAgain) != 0 || e.stage == mailStage || e.stage == dataStage || e.reply != 0 && e.reply < 500 {
				return first(s.vague)
			}
			if doubts := s.vague &^ hard; e.coded || doubts&^policyBlock != 0 {
				return first(doubts)
			}
			return row.class
		}
	}
	switch {
	case e.reply == 552:
		return Full // RFC 5321 §4.2.3: exceeded storage allocation
	case e.reply == 556 && e.stage != mailStage && e.stage != dataStage && s.clear&(hint|tryAgain) == 0:
		return NoDomain // RFC 7504 §4: domain does not accept mail
	}
	return Unknown
}

// softCodes are those that outweigh words like "user unknown" beside them.
var softCodes = map[string]bool{"2.1": true, "2.2": true, "2.3": true}
