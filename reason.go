package studymail

// Reason says why a patient was left out, or why a message did not go.
type Reason string

// Why patients are left out when a step is planned, and why a message is
// skipped when the world changed between plan and hand-over.
const (
	ReasonNotNew           Reason = "not New"
	ReasonNotEligible      Reason = "not eligible"
	ReasonNotConsented     Reason = "not consented"
	ReasonOptedOut         Reason = "opted out"
	ReasonNotContactable   Reason = "not contactable"
	ReasonSuppressed       Reason = "suppressed"
	ReasonNoAddress        Reason = "no address"
	ReasonSharedAddress    Reason = "shared address"
	ReasonPatientLacks     Reason = "patient missing a field"
	ReasonProviderLacks    Reason = "care provider missing a field"
	ReasonStudyLacks       Reason = "study missing a field"
	ReasonProviderInactive Reason = "care provider not active"
	ReasonStudyInactive    Reason = "study not active"
	ReasonStudyNotOpen     Reason = "study not open yet"
	ReasonStudyClosed      Reason = "study closed"
	ReasonAlreadyHad       Reason = "already had this letter"
	ReasonErased           Reason = "erased"
	ReasonNoPublicURL      Reason = "PUBLIC_URL not set" // the template has a link to our own pages
	ReasonContactCap       Reason = "contact cap"        // of all studies together, in a time
)

// ReasonOutsideHours is why a message waits that was never refused.
const ReasonOutsideHours Reason = "outside send hours"

// Why messages fail or stand in doubt.
const (
	ReasonRefused      Reason = "refused"
	ReasonNoMailbox    Reason = "no such mailbox"
	ReasonAttemptsUsed Reason = "attempts used up"
	ReasonExpired      Reason = "expired"
	ReasonUnsendable   Reason = "cannot be put together"
	ReasonInDoubt      Reason = "no reply to the final dot"
	ReasonProcessDied  Reason = "the process died in the hand-over"
	ReasonCancelled    Reason = "campaign cancelled"
	ReasonResolved     Reason = "settled by an operator"
	ReasonCameBack     Reason = "settled by what came back"
)

// Reasons lists all: the database's table of reasons is filled from it.
func Reasons() []Reason {
	return []Reason{
		ReasonNotNew, ReasonNotEligible, ReasonNotConsented, ReasonOptedOut, ReasonNotContactable,
		ReasonSuppressed, ReasonNoAddress, ReasonSharedAddress, ReasonPatientLacks, ReasonProviderLacks, ReasonStudyLacks,
		ReasonProviderInactive, ReasonStudyInactive, ReasonStudyNotOpen, ReasonStudyClosed,
		ReasonAlreadyHad, ReasonErased, ReasonNoPublicURL, ReasonContactCap,
		ReasonRefused, ReasonNoMailbox, ReasonAttemptsUsed, ReasonExpired, ReasonUnsendable,
		ReasonInDoubt, ReasonProcessDied, ReasonCancelled, ReasonResolved, ReasonCameBack, ReasonOutsideHours,
	}
}
