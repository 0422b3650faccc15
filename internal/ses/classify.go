package ses

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"studymail/internal/logs"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// classify says what became of a mail whose hand-over failed.
func (c *Client) classify(err error, p *passage, to string) Outcome {
	p.mu.Lock()
	begun, whole, status := p.begun, p.whole, p.status
	p.mu.Unlock()
	switch {
	case status/100 == 2:
		// It was taken; what it is called was lost on the way.
		return Outcome{Kind: Accepted, Code: 250}
	case status == 0 && whole:
		return Outcome{Kind: InDoubt, Stage: "dot", Trouble: &Trouble{Code: "connection", Detail: "Amazon SES did not answer", Err: scrubbed(err)}}
	case status == 0 && begun:
		return Outcome{Kind: Lost, Stage: "data", Trouble: &Trouble{Code: "connection", Detail: "the connection to Amazon SES was lost", Err: scrubbed(err)}}
	case status == 0:
		return Outcome{Kind: NotSent, Trouble: notReached(err)}
	}
	api, ok := errors.AsType[smithy.APIError](err)
	code, text := "", ""
	if ok {
		code, text = api.ErrorCode(), api.ErrorMessage()
	}
	o := c.meaning(code, text, status, to)
	o.Reply = reply(code, text)
	return o
}

// notReached: there was no request. Most often that is the network, or there are no
// credentials.
func notReached(err error) *Trouble {
	text := strings.ToLower(err.Error())
	switch {
	case strings.Contains(text, "credential"), strings.Contains(text, "get identity"):
		return &Trouble{Code: "auth", Detail: "no credentials of AWS were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role", Stop: true, Err: scrubbed(err)}
	case strings.Contains(text, "x509"), strings.Contains(text, "certificate"):
		return &Trouble{Code: "tls", Detail: "the certificate of Amazon SES's address does not verify", Stop: true, Err: scrubbed(err)}
	}
	return &Trouble{Code: "connect", Detail: "Amazon SES cannot be reached", Err: scrubbed(err)}
}

// scrubbed is an error whose words have no addresses.
func scrubbed(err error) error { return errors.New(logs.Scrub(err.Error())) }

// reply is what SES said, on one line.
func reply(code, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 800 {
		text = strings.ToValidUTF8(text[:800], "")
	}
	return strings.TrimSpace(code + " " + text)
}

const (
	throttleCodes = " Throttling ThrottlingException TooManyRequestsException RequestLimitExceeded LimitExceededException SlowDown PriorRequestNotComplete "
	loginCodes    = " AccessDenied AccessDeniedException UnrecognizedClientException InvalidClientTokenId InvalidSignatureException SignatureDoesNotMatch " +
		"ExpiredToken ExpiredTokenException IncompleteSignature MissingAuthenticationToken MissingAuthenticationTokenException InvalidAccessKeyId NotAuthorized OptInRequired RequestExpired "
)

func among(list, code string) bool { return code != "" && strings.Contains(list, " "+code+" ") }

// meaning turns what SES answered into what it means. Whatever is the account's fault
// or the pace's costs the mail no attempt.
func (c *Client) meaning(code, text string, status int, to string) Outcome {
	said := strings.ToLower(text)
	stop := func(word, detail string) Outcome {
		return Outcome{Kind: NotSent, Trouble: &Trouble{Code: word, Detail: detail, Stop: true}}
	}
	switch {
	case among(throttleCodes, code) || status == http.StatusTooManyRequests:
		if isDaily(said) {
			return Outcome{Kind: NotSent, Trouble: spent()}
		}
		return Outcome{Kind: Throttled, Code: 454, Enhanced: "4.7.28", Stage: "data"}
	case among(loginCodes, code) || status == http.StatusUnauthorized || status == http.StatusForbidden && code == "":
		return stop("auth", "AWS does not let us send ("+orStatus(code, status)+"): check the credentials, the policy (docs/ses.md) and this machine's clock")
	case code == "AccountSuspendedException":
		return stop("suspended", "Amazon SES has suspended the account: nothing is sent until AWS lifts it; see the SES console, and answer AWS there")
	case code == "SendingPausedException" && strings.Contains(said, "configuration set"):
		return stop("paused", "sending is paused for the configuration set: switch it on in the SES console")
	case code == "SendingPausedException":
		return stop("paused", "sending is paused for the account: see the SES console, and answer AWS there")
	case code == "MailFromDomainNotVerifiedException":
		return stop("mail from", "the MAIL FROM domain is not verified: its MX record does not lead to Amazon SES (docs/ses.md)")
	case code == "NotFoundException":
		return stop("configuration", "Amazon SES does not know the configuration set or the template: check SES_CONFIGURATION_SET")
	case code == "MessageRejected":
		return c.rejected(said, to)
	case status >= 500:
		return fault(code, status)
	}
	return badRequest(said)
}

func orStatus(code string, status int) string {
	if code != "" {
		return code
	}
	return http.StatusText(status)
}

func isDaily(said string) bool {
	return strings.Contains(said, "daily") || strings.Contains(said, "24 hour") || strings.Contains(said, "24-hour")
}

// spentWait is how long to wait before SES is asked again when the sum of 24 hours is
// used up; the limiter knows more when the quota is read.
const spentWait = 10 * time.Minute

func spent() *Trouble {
	return &Trouble{Code: QuotaSpent, Detail: "the account's quota of the last 24 hours is used up; it goes on by itself", Wait: spentWait}
}

// rejected tells a mail that SES does not like from an identity that is not verified:
// SES names it. If it is the recipient's, the account is in the sandbox.
func (c *Client) rejected(said, to string) Outcome {
	if !strings.Contains(said, "not verified") {
		if strings.Contains(said, "paused") || strings.Contains(said, "disabled") {
			return Outcome{Kind: NotSent, Trouble: &Trouble{Code: "paused", Detail: "Amazon SES does not send for this account now: see the SES console", Stop: true}}
		}
		return Outcome{Kind: Refused, Code: 554, Enhanced: "5.6.0", Stage: "data"}
	}
	if strings.Contains(said, strings.ToLower(to)) && !strings.EqualFold(to, c.opts.Sender) {
		return Outcome{Kind: NotSent, Trouble: sandbox()}
	}
	return Outcome{Kind: NotSent, Trouble: &Trouble{
		Code: "identity", Stop: true,
		Detail: "the sender's domain " + domainOf(c.opts.Sender) + " is not verified in region " + c.aws.Region + ": verify it (docs/ses.md)",
	}}
}

func sandbox() *Trouble {
	return &Trouble{
		Code: "sandbox", Stop: true,
		Detail: "the account is in the sandbox of Amazon SES, which sends to verified addresses only: ask AWS for production access (docs/ses.md)",
	}
}

// fault: something went wrong at SES. 503 says that the request was not worked at;
// any other, that nobody knows.
func fault(code string, status int) Outcome {
	t := &Trouble{Code: "fault", Detail: "Amazon SES has a fault (" + orStatus(code, status) + ")"}
	if status == http.StatusServiceUnavailable {
		return Outcome{Kind: NotSent, Trouble: t}
	}
	return Outcome{Kind: InDoubt, Stage: "dot", Trouble: t}
}

// addressWords are how SES says that an address is none.
var addressWords = []string{
	"illegal address", "invalid address", "illegal email", "invalid email", "missing final '@domain'", "missing '@", "local address contains", "domain contains",
	"domain ends with", "domain starts with", "invalid recipient", "illegal whitespace in address", "missing local name", "address length",
	"not a valid email", "too many '@'",
}

// badRequest: what SES says of a request that it does not understand. What is clearly
// the mail's fault fails it; anything else may be ours, and must not fail a campaign at
// once.
func badRequest(said string) Outcome {
	for _, w := range addressWords {
		if strings.Contains(said, w) {
			return Outcome{Kind: Refused, Code: 553, Enhanced: "5.1.3", Stage: "rcpt"}
		}
	}
	if strings.Contains(said, "length") || strings.Contains(said, "too large") || strings.Contains(said, "exceeds") {
		return Outcome{Kind: Refused, Code: 552, Enhanced: "5.3.4", Stage: "data"}
	}
	return Outcome{Kind: Later, Code: 451, Enhanced: "4.3.5", Stage: "data"}
}

// entryMeaning turns the status of an entry of SendBulkEmail into what it means.
func (c *Client) entryMeaning(status types.BulkEmailStatus, text, to string) Outcome {
	codes := map[types.BulkEmailStatus]string{
		types.BulkEmailStatusMessageRejected: "MessageRejected", types.BulkEmailStatusMailFromDomainNotVerified: "MailFromDomainNotVerifiedException",
		types.BulkEmailStatusConfigurationSetNotFound: "NotFoundException", types.BulkEmailStatusTemplateNotFound: "NotFoundException",
		types.BulkEmailStatusAccountSuspended: "AccountSuspendedException", types.BulkEmailStatusAccountThrottled: "Throttling",
		types.BulkEmailStatusAccountSendingPaused: "SendingPausedException",
	}
	o := Outcome{Kind: Later, Code: 451, Enhanced: "4.3.0", Stage: "data"}
	switch status {
	case types.BulkEmailStatusAccountDailyQuotaExceeded:
		o = Outcome{Kind: NotSent, Trouble: spent()}
	case types.BulkEmailStatusConfigurationSetSendingPaused:
		o = c.meaning("SendingPausedException", "configuration set", http.StatusBadRequest, to)
	case types.BulkEmailStatusInvalidParameter, types.BulkEmailStatusFailed:
		o = badRequest(strings.ToLower(text))
	case types.BulkEmailStatusTransientFailure, types.BulkEmailStatusInvalidSendingPoolName:
	default:
		if code, ok := codes[status]; ok {
			o = c.meaning(code, text, http.StatusBadRequest, to)
		}
	}
	o.Reply = reply(string(status), text)
	return o
}
