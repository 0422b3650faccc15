package ses_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"studymail/internal/sestest"
)

const soundAccount = `{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"HEALTHY","SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":120}}`

// sound is an account at which nothing is to be mended, by path.
func soundAnswers() map[string]string {
	return map[string]string{
		"/v2/email/account":                                         soundAccount,
		"/v2/email/identities/example.org":                          `{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":true,"Status":"SUCCESS"},"MailFromAttributes":{"MailFromDomain":"bounce.example.org","MailFromDomainStatus":"SUCCESS"}}`,
		"/v2/email/configuration-sets/studymail":                    `{"ConfigurationSetName":"studymail","SendingOptions":{"SendingEnabled":true}}`,
		"/v2/email/configuration-sets/studymail/event-destinations": `{"EventDestinations":[{"Name":"x","Enabled":true,"MatchingEventTypes":["BOUNCE","COMPLAINT","DELIVERY","REJECT"],"SnsDestination":{"TopicArn":"` + sestest.Topic + `"}}]}`,
	}
}

// Each row spoils one thing, and that line alone is bad and says the mend.
// Seen to fail: with a destination that is switched off, or of another topic, counted.
func TestTheDoctorSaysWhatIsToBeMended(t *testing.T) {
	for name, tc := range map[string]struct {
		path, answer string // "": there is no such thing
		bad, mend    string
	}{
		"all is well":            {"", "", "", ""},
		"sandbox":                {"/v2/email/account", strings.Replace(soundAccount, `"ProductionAccessEnabled":true`, `"ProductionAccessEnabled":false`, 1), "account", "production access"},
		"paused":                 {"/v2/email/account", strings.Replace(soundAccount, `"SendingEnabled":true`, `"SendingEnabled":false`, 1), "account", "SES console"},
		"under review":           {"/v2/email/account", strings.Replace(soundAccount, "HEALTHY", "PROBATION", 1), "account", "SES console"},
		"an unknown sender":      {"/v2/email/identities/example.org", "", "sender", "create the identity example.org"},
		"not verified":           {"/v2/email/identities/example.org", `{"VerifiedForSendingStatus":false,"DkimAttributes":{"SigningEnabled":true,"Status":"SUCCESS"}}`, "sender", "DNS"},
		"DKIM pending":           {"/v2/email/identities/example.org", `{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":true,"Status":"PENDING"}}`, "DKIM", "CNAME"},
		"DKIM off":               {"/v2/email/identities/example.org", `{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":false,"Status":"SUCCESS"}}`, "DKIM", "Easy DKIM"},
		"MAIL FROM failed":       {"/v2/email/identities/example.org", `{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":true,"Status":"SUCCESS"},"MailFromAttributes":{"MailFromDomain":"b.example.org","MailFromDomainStatus":"FAILED"}}`, "MAIL FROM", "MX"},
		"no configuration set":   {"/v2/email/configuration-sets/studymail", "", "configuration set", "create it"},
		"a paused one":           {"/v2/email/configuration-sets/studymail", `{"SendingOptions":{"SendingEnabled":false}}`, "configuration set", "switch sending on"},
		"no destination":         {"/v2/email/configuration-sets/studymail/event-destinations", `{"EventDestinations":[]}`, "events", "add an event destination"},
		"one that is off":        {"/v2/email/configuration-sets/studymail/event-destinations", strings.Replace(soundAnswers()["/v2/email/configuration-sets/studymail/event-destinations"], `"Enabled":true`, `"Enabled":false`, 1), "events", "add an event destination"},
		"one of another topic":   {"/v2/email/configuration-sets/studymail/event-destinations", strings.Replace(soundAnswers()["/v2/email/configuration-sets/studymail/event-destinations"], ":studymail", ":other", 1), "events", "add an event destination"},
		"one without complaints": {"/v2/email/configuration-sets/studymail/event-destinations", strings.Replace(soundAnswers()["/v2/email/configuration-sets/studymail/event-destinations"], `"COMPLAINT",`, "", 1), "events", "add an event destination"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := soundAnswers()
			if tc.path != "" {
				answers[tc.path] = tc.answer
			}
			f := newFake(t)
			f.next = func(n int, w http.ResponseWriter, r *http.Request) {
				if a := answers[r.URL.Path]; a != "" {
					_, _ = io.WriteString(w, a)
					return
				}
				says(http.StatusNotFound, "NotFoundException", "it does not exist")(n, w, r)
			}
			c := client(t, f.URL)
			for _, check := range c.Examine(context.Background(), sestest.Topic) {
				bad := strings.TrimPrefix(check.Name, "Amazon SES: ") == tc.bad
				if check.OK == bad || bad && !strings.Contains(check.Mend, tc.mend) || check.OK && check.Mend != "" {
					t.Errorf("%+v", check)
				}
			}
		})
	}
}
