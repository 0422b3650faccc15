package bounce

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
}

// judge gives the class of a delivery that failed.
func judge(e *evidence) Class {
	b := table()
	said := b.read(e.words, e.enhanced)
	c := e.decide(said, true)
	if c == Unknown || c.Kind() == Hard && said.clear&hard == 0 {
		// Nothing clear from the other side: what does the reporting system say?
		if around := b.read(e.around, e.enhanced); around.clear|around.exactly != 0 {
			if other := e.decide(said.with(around), false); other != Unknown {
				c = other
			}
		}
	}
	return c
}

// with adds what else is said, but for the vague.
func (s said) with(other said) said {
	s.clear |= other.clear &^ (hint | tryAgain)
	s.exactly |= other.exactly
	return s
}

// order is which of several meanings counts: what is about the sender or the
// content comes before what is about the mailbox, so that nobody is called dead
// for it.
var order = []struct {
	means set
	class Class
}{
	{senderSide, PolicyBlock},
	{contentRefused, ContentRefused},
	{security, Security},
	{reputation, Reputation},
	{greylisted, Greylisted},
	{rate, Rate},
	{full, Full},
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
	if s.exactly&hard != 0 && !e.late(s) {
		return hardClass(s.exactly)
	}
	if s.clear&hard != 0 {
		return e.decideHard(s)
	}
	if c := first(s.clear); c != Unknown {
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
	case e.late(s):
		// After the text was seen it is usually a filter that says so.
		return PolicyBlock
	case e.stage == mailStage || e.stage == someStage && s.clear&(afterMail|afterRcpt) == afterMail:
		return PolicyBlock // it is about the sender
	case s.clear&tryAgain != 0, e.temporary():
		return Routing
	}
	return hardClass(s.clear)
}

// late tells whether the reply came after DATA.
func (e *evidence) late(s said) bool {
	return e.stage == dataStage || e.stage == someStage && s.clear&(afterData|afterRcpt) == afterData
}

// temporary tells a code that says so.
func (e *evidence) temporary() bool {
	if e.reply != 0 {
		return e.reply < 500
	}
	return e.enhanced != "" && e.enhanced[0] == '4'
}

// byCode is for replies whose words say nothing clear.
func (e *evidence) byCode(s said) Class {
	if len(e.enhanced) > 2 {
		if row, ok := table().codes[e.enhanced[2:]]; ok {
			if row.class.Kind() != Hard {
				return row.class
			}
			if e.enhanced[0] != '5' || s.clear&(hint|tryAgain) != 0 || e.stage == mailStage || e.late(s) || e.reply != 0 && e.reply < 500 {
				return first(s.vague)
			}
			return row.class
		}
	}
	switch e.reply {
	case 552:
		return Full // RFC 5321 §4.2.3: exceeded storage allocation
	case 556:
		return NoDomain // RFC 7504 §4: domain does not accept mail
	}
	return Unknown
}
