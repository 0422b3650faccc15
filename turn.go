package studymail

// Turn says whose turn a waiting message waits for. Ad hoc mail goes first; the
// others share what is left, so that none of them holds the rest up.
type Turn int

// The turns, the most urgent first.
const (
	AdHocTurn    Turn = iota // somebody asked for this mail and waits for it
	RetryTurn                // tried before, of any campaign
	ReminderTurn             // a campaign's second and later steps
	BulkTurn                 // a campaign's first step
)

// Turns is how many there are.
const Turns = 4

// order is who goes in a round of nine while all wait: a third are retries, and
// of the fresh mail two in three are reminders.
var order = [...]Turn{
	RetryTurn, ReminderTurn, BulkTurn, RetryTurn, ReminderTurn, ReminderTurn, RetryTurn, ReminderTurn, BulkTurn,
}

// instead says who takes the place of those who do not wait: fresh mail takes
// that of fresh mail first.
var instead = [Turns][]Turn{
	RetryTurn:    {ReminderTurn, BulkTurn},
	ReminderTurn: {BulkTurn, RetryTurn},
	BulkTurn:     {ReminderTurn, RetryTurn},
}

// TurnOf gives whose turn the nth place is among those who wait; false when
// nobody does.
func TurnOf(n int, waits [Turns]bool) (Turn, bool) {
	if waits[AdHocTurn] {
		return AdHocTurn, true
	}
	first := order[n%len(order)]
	if waits[first] {
		return first, true
	}
	for _, t := range instead[first] {
		if waits[t] {
			return t, true
		}
	}
	return 0, false
}
