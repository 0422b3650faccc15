package bounce

// Reply gives the class of a server's negative reply to our own hand-over, by
// the same table as Read: code and enhanced as the server said them (0 and ""
// for none), the stage that it answered (mail, rcpt, data or dot) and its words.
func Reply(code int, enhanced, stage, text string) Class {
	e := evidence{reply: code, enhanced: enhanced, words: text}
	switch stage {
	case "mail":
		e.stage = mailStage
	case "rcpt":
		e.stage = rcptStage
	case "data", "dot":
		e.stage = dataStage
	}
	return judge(&e)
}
