package bounce_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"studymail/internal/bounce"
)

// plain is a mail without parts.
func plain(header, body string) string {
	return strings.ReplaceAll(header+"\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"+body, "\n", "\r\n")
}

// multipart is a mail of parts, each with its own header.
func multipart(header, kind string, parts ...string) string {
	var b strings.Builder
	b.WriteString(header + "\nMIME-Version: 1.0\nContent-Type: " + kind + "; boundary=\"=_part\"\n\nFor old readers.\n")
	for _, p := range parts {
		b.WriteString("\n--=_part\n" + p)
	}
	b.WriteString("\n--=_part--\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

const (
	daemon   = "Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nTo: <bounces@example.org>\nSubject: Undelivered Mail Returned to Sender"
	anna     = "From: Anna Arnold <anna@example.org>\nTo: <bounces@example.org>\nSubject: "
	returned = "Content-Type: message/rfc822\n\nFrom: surgery@example.org\nTo: ben@example.org\nSubject: A study\n\nIf your mailbox does not exist any more, tell us: user unknown.\n"
	isReport = "multipart/report; report-type=delivery-status"
)

func status(fields string) string { return "Content-Type: message/delivery-status\n\n" + fields }

const failed = "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <ben@example.org>: user unknown\n"

var mails = []struct {
	name  string
	mail  string
	kind  bounce.Kind
	class bounce.Class
	code  string
}{
	// Delivery status notifications (RFC 3464).
	{"a report", multipart(daemon, isReport, "\nYour mail did not arrive.\n", status(failed), returned), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"a report with a footer of a mailing list around it", multipart(daemon, "multipart/mixed",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=inner\n\n--inner\n"+status(failed)+"\n--inner--\n", "\nA footer.\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"a report whose fields are not folded", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 no\nsuch user here\n")), bounce.Hard, bounce.NoMailbox, "5.0.0"},
	{"a report with nothing but a code", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\n")), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"a report with less than that", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.0.0\n")), bounce.None, bounce.Unknown, "5.0.0"},
	{"a report that says it in words only", multipart(daemon, isReport, "\nThe email address you entered couldn't be found.\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.0.0\n")), bounce.Hard, bounce.NoMailbox, "5.0.0"},
	{"the words of the reply outweigh the code", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 mailbox full\n")), bounce.Soft, bounce.Full, "5.1.1"},
	{"neither an action nor a code: the reply says that it is over", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nDiagnostic-Code: smtp; 550 no such user here\n")), bounce.Hard, bounce.NoMailbox, ""},
	{"or that it is not", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nDiagnostic-Code: smtp; 451 4.3.0 mail server busy\n")), bounce.Delayed, bounce.StillTrying, "4.3.0"},
	{"no diagnostic: the reason stands beside the recipient, in words that count only there", multipart(daemon, isReport, "\nThe following address(es) failed:\n\n  ben@example.org\n    ben@example.org is not a local address\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.0.0\n")), bounce.Hard, bounce.NoMailbox, "5.0.0"},
	{"an empty line between the action and the recipient", multipart(daemon, isReport, "\nx\n", status("Action: failed\n\nFinal-Recipient: rfc822; ben@example.org\nDiagnostic-Code: X-Notice; Sender not pre-approved\nStatus: 4.7.0\n")), bounce.Policy, bounce.Challenge, "4.7.0"},
	{"an action that the RFC does not know", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: expired\nDiagnostic-Code: connection timed out\n")), bounce.Soft, bounce.Routing, ""},
	{"450 user unknown, when the other side has given up", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 <ben@example.org>: user unknown\n")), bounce.Hard, bounce.NoMailbox, "4.1.1"},
	{"and when it has not", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: delayed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 <ben@example.org>: user unknown\n")), bounce.Delayed, bounce.StillTrying, "4.1.1"},
	{"450 with another code", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 4.2.0\nDiagnostic-Code: smtp; 450 4.2.0 <ben@example.org>: user unknown\n")), bounce.Soft, bounce.Routing, "4.2.0"},
	{"the code that a gateway quotes is better than its own", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.0\nDiagnostic-Code: smtp; 5.1.0 - Unknown address error 550-'5.4.1 Recipient address rejected: Access denied. [x.prod.outlook.com]' (delivery attempts: 0)\n")), bounce.Hard, bounce.NoMailbox, "5.4.1"},
	{"the help around Exchange Online's 5.1.10", multipart(daemon, isReport, "\nYour message couldn't be delivered. Ask the recipient to look at the mail flow rules, and whether the sender's domain is blocked.\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.10\n")), bounce.Hard, bounce.NoMailbox, "5.1.10"},
	{"a delay", multipart(daemon, isReport, "\nStill trying.\n", status("Final-Recipient: rfc822; ben@example.org\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; connection timed out\n")), bounce.Delayed, bounce.StillTrying, "4.4.1"},
	{"a delay for a full mailbox", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: delayed\nStatus: 4.2.2\n")), bounce.Delayed, bounce.StillTrying, "4.2.2"},
	{"greylisted", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: delayed\nStatus: 4.7.1\nDiagnostic-Code: smtp; 450 4.7.1 greylisted, come back later\n")), bounce.Delayed, bounce.Greylisted, "4.7.1"},
	{"given up after a delay", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 4.4.7\n")), bounce.Soft, bounce.Routing, "4.4.7"},
	{"a success", multipart(daemon, isReport, "\nDelivered.\n", status("Final-Recipient: rfc822; ben@example.org\nAction: delivered\nStatus: 2.0.0\n")), bounce.None, bounce.NotABounce, "2.0.0"},
	{"relayed", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: relayed\nStatus: 2.0.0\n")), bounce.None, bounce.NotABounce, "2.0.0"},
	{"two recipients", multipart(daemon, isReport, "\nx\n", status(failed+"\nFinal-Recipient: rfc822; cleo@example.org\nAction: failed\nStatus: 5.1.1\n")), bounce.None, bounce.NotABounce, "5.1.1"},
	{"the same recipient twice", multipart(daemon, isReport, "\nx\n", status(failed+"\nFinal-Recipient: RFC822; BEN@example.org\nAction: failed\nStatus: 5.1.1\n")), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"after DATA, as Postfix says in its words", multipart(daemon, isReport, "\n<ben@example.org>: host mx said: 550 user unknown (in reply to end of DATA command)\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user unknown\n")), bounce.Policy, bounce.PolicyBlock, "5.0.0"},
	{"X.400", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: X400; /S=ben/O=example/\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: X400; Reason 1 (Unable-To-Transfer); unrecognised O/R name\n")), bounce.Hard, bounce.NoMailbox, "5.0.0"},
	{"internationalised", multipart(daemon, "multipart/report; report-type=delivery-status", "\nx\n", "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\nFinal-Recipient: utf-8; bén@example.org\nAction: failed\nStatus: 5.1.1\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},

	{"disabled by its code, unknown by its words", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.2.1\nDiagnostic-Code: smtp; 550 5.2.1 user unknown\n")), bounce.Soft, bounce.Disabled, "5.2.1"},

	// Never a report inside of something else.
	{"a report that someone forwards as an attachment", multipart(anna+"Look at this", "multipart/mixed", "\nWhat is this?\n", "Content-Type: message/rfc822\n\n"+strings.ReplaceAll(multipart(daemon, isReport, "\nx\n", status(failed)), "\r", "")), bounce.None, bounce.NotABounce, ""},
	{"a report that someone forwards in parts", multipart(anna+"Fwd: Undelivered Mail", "multipart/mixed", "\nWhat is this?\n", status(failed)), bounce.None, bounce.NotABounce, ""},
	{"a report quoted in a mail", plain(anna+"Re: Undelivered Mail Returned to Sender", "Anna wrote:\n> <ben@example.org>: 550 5.1.1 user unknown\n"), bounce.None, bounce.NotABounce, ""},
	{"a forward of a report in its words", plain(anna+"Fwd: Undelivered Mail Returned to Sender", "Begin forwarded message:\n\nFrom: MAILER-DAEMON@mx.example.org\n\nThis is the mail system at host mx.example.org.\n<ben@example.org>: 550 5.1.1 user unknown\n"), bounce.None, bounce.NotABounce, ""},
	{"an answer of a person", plain(anna+"Re: A study", "I would like to take part. My other mailbox does not exist any more.\n"), bounce.None, bounce.NotABounce, ""},
	{"our own letter, returned, does not speak for itself", plain(daemon, "The following message was not delivered.\n\n----- Original message -----\nTo: ben@example.org\n\nIf your mailbox does not exist, user unknown.\n"), bounce.None, bounce.Unknown, ""},
	{"a parcel, from an address that nobody reads", plain("From: Parcels <noreply@parcels.example>\nSubject: Delivery failed: address not found", "Your parcel could not be delivered. The address does not exist.\n"), bounce.None, bounce.NotABounce, ""},
	{"a parcel in German", plain("From: Pakete <noreply@parcels.example>\nSubject: Zustellung fehlgeschlagen", "Ihre Sendung konnte nicht zugestellt werden: Adresse existiert nicht.\n"), bounce.None, bounce.NotABounce, ""},
	{"a payment", plain("From: Bank <notification@bank.example>\nSubject: Payment rejected: account closed", "Your payment was returned to you. No such account.\n"), bounce.None, bounce.NotABounce, ""},
	{"a fax", plain("From: Fax <noreply@fax.example>\nSubject: Fax delivery failed", "Your fax could not be delivered: unknown recipient.\n"), bounce.None, bounce.NotABounce, ""},
	{"what a server mails to its owner", plain("From: Cron Daemon <root@mx.example.org>\nSubject: Cron: backup", "backup: user unknown\nmail: could not be delivered\n"), bounce.None, bounce.NotABounce, ""},
	{"a postmaster's announcement", plain("From: Postmaster <postmaster@example.org>\nSubject: Maintenance of the mail system", "On Sunday mail will be delayed, and mail to unknown users rejected.\n"), bounce.None, bounce.NotABounce, ""},
	{"a newsletter about bounces", plain("From: Tips <noreply@tips.example>\nSubject: Bounces, and what they mean\nList-Unsubscribe: <https://tips.example/u>", "Your mail may come back:\n\nben@example.org: 550 5.1.1 user unknown\n"), bounce.None, bounce.NotABounce, ""},
	{"a gateway with a name of its own", plain("From: Gateway_AntiVirus@example.org\nSubject: Delivery failure notification", "Your message could not be delivered to the following recipients:\n\nben@example.org\n\nNo such user.\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"an order of a shop", plain("From: Shop <orders@shop.example>\nSubject: Your order could not be delivered", "The parcel came back: address unknown, no such street.\n"), bounce.None, bounce.NotABounce, ""},

	// Other reports.
	{"a read receipt", multipart(anna+"Read: A study", "multipart/report; report-type=disposition-notification", "\nRead.\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; anna@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n"), bounce.None, bounce.NotABounce, ""},
	{"deleted unread", multipart(anna+"Not read: A study", "multipart/report; report-type=disposition-notification", "\nDeleted.\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; anna@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"), bounce.None, bounce.NotABounce, ""},
	{"a receipt from a mail system, in a multipart of another kind", multipart(daemon, "multipart/mixed", "\nYour message was rejected: user unknown.\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ben@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"), bounce.None, bounce.NotABounce, ""},
	{"thrown away by a filter that says so", multipart("Return-Path: <>\nFrom: postmaster@example.org\nSubject: Rejected: A study\nAuto-Submitted: auto-replied (rejected)", "multipart/report; report-type=disposition-notification", "\nYour message to <ben@example.org> was automatically rejected:\nI do not want this.\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ben@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"), bounce.Policy, bounce.PolicyBlock, ""},
	{"by one that pretends", multipart("Return-Path: <>\nFrom: postmaster@example.org\nSubject: Rejected: A study\nAuto-Submitted: auto-replied (rejected)", "multipart/report; report-type=disposition-notification", "\nYour message to <ben@example.org> was automatically rejected:\nUser unknown.\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ben@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"), bounce.Policy, bounce.PolicyBlock, ""},
	{"for a full mailbox", multipart("Return-Path: <>\nFrom: postmaster@example.org\nSubject: Rejected: A study\nAuto-Submitted: auto-replied (rejected)", "multipart/report; report-type=disposition-notification", "\nYour message to <ben@example.org> was automatically rejected:\nQuota exceeded (mailbox for user is full)\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ben@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"), bounce.Soft, bounce.Full, ""},
	{"a DMARC report", multipart("From: noreply-dmarc@example.org\nSubject: Report domain: example.org", "multipart/report; report-type=dmarc", "\nx\n"), bounce.None, bounce.NotABounce, ""},
	{"an abuse report", multipart("From: feedback@isp.example\nSubject: FW: A study", "multipart/report; report-type=feedback-report", "\nThis is an email abuse report.\n", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <ben@example.org>\n", returned), bounce.Complaint, bounce.Abuse, ""},
	{"fraud", multipart("From: feedback@isp.example\nSubject: x", "multipart/report; report-type=feedback-report", "\nx\n", "Content-Type: message/feedback-report\n\nFeedback-Type: fraud\n", returned), bounce.Complaint, bounce.Abuse, ""},
	{"a failed signature is no complaint", multipart("From: feedback@isp.example\nSubject: x", "multipart/report; report-type=feedback-report", "\nx\n", "Content-Type: message/feedback-report\n\nFeedback-Type: auth-failure\nAuth-Failure: dkim\n", returned), bounce.None, bounce.NotABounce, ""},
	{"nor is its contrary", multipart("From: feedback@isp.example\nSubject: x", "multipart/report; report-type=feedback-report", "\nx\n", "Content-Type: message/feedback-report\n\nFeedback-Type: not-spam\n", returned), bounce.None, bounce.NotABounce, ""},
	{"a complaint about two recipients is not about ours", multipart("From: feedback@isp.example\nSubject: x", "multipart/report; report-type=feedback-report", "\nx\n", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: ben@example.org\nOriginal-Rcpt-To: cleo@example.org\n", returned), bounce.None, bounce.NotABounce, ""},

	{"a complaint that Amazon mails", plain("From: x <no-reply@sns.example.com>\nSubject: AWS Notification Message\nX-Amz-Sns-Message-Id: 1", "{\"notificationType\" : \"Complaint\",\"complaint\":{\"complaintFeedbackType\":\"abuse\"}}\n"), bounce.Complaint, bounce.Abuse, ""},
	{"one that is none", plain("From: x <no-reply@sns.example.com>\nSubject: AWS Notification Message\nX-Amz-Sns-Message-Id: 1", "{\\\"eventType\\\":\\\"Complaint\\\",\\\"complaint\\\":{\\\"complaintFeedbackType\\\":\\\"not-spam\\\"}}\n"), bounce.None, bounce.NotABounce, ""},
	{"a delivery that Amazon mails", plain("From: x <no-reply@sns.example.com>\nSubject: AWS Notification Message\nX-Amz-Sns-Message-Id: 1", "{\"notificationType\":\"Delivery\"}\n"), bounce.None, bounce.NotABounce, ""},
	{"words about complaints", plain(anna+"Re: A study", "{\"notificationType\":\"Complaint\"}\n"), bounce.None, bounce.NotABounce, ""},

	// Automatic replies (RFC 3834), by header, then by subject.
	{"auto-replied", plain(anna+"Re: A study\nAuto-Submitted: auto-replied", "I am away.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"vacation", plain("Return-Path: <>\n"+anna+"A study\nAuto-Submitted: auto-replied (vacation)\nPrecedence: bulk", "My old mailbox does not exist any more.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"vacation that speaks of mail that cannot be delivered", plain("Return-Path: <>\nFrom: ben@example.org\nSubject: Mail delivery: I am away\nAuto-Submitted: auto-replied", "Your mail could not be delivered to me: user unknown until Monday.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"an older header", plain(anna+"Re: A study\nX-Autoreply: yes", "I am away.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"Exchange", plain(anna+"Automatic reply: A study\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All", "I am away.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"no mark but the null return path and its precedence", plain("Return-Path: <>\n"+anna+"Thank you for your mail\nPrecedence: bulk", "I shall answer as soon as I can.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"a list's mail is none", plain("Return-Path: <>\n"+anna+"Minutes\nPrecedence: bulk\nList-Id: <board.example.org>", "Attached.\n"), bounce.None, bounce.NotABounce, ""},
	{"in Latvian", plain(anna+"=?utf-8?Q?Autom=C4=81tiska_atbilde:_A_study?=", "Esmu atvaļinājumā.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"in German", plain(anna+"Automatische Antwort: A study", "Ich bin im Urlaub.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"away in German", plain(anna+"Abwesenheitsnotiz: A study", "Ich bin nicht im Haus.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"in French", plain(anna+"=?utf-8?Q?R=C3=A9ponse_automatique_:_A_study?=", "Je suis absente.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"in Spanish", plain(anna+"=?utf-8?Q?Respuesta_autom=C3=A1tica:_A_study?=", "Estoy fuera.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"out of office", plain(anna+"Out of Office: A study", "I no longer work here; my mailbox is closed.\n"), bounce.Automatic, bounce.AutoReply, ""},
	{"a challenge", plain("Return-Path: <>\nFrom: ben@example.org\nSubject: Re: A study\nAuto-Submitted: auto-replied", "Your message is being held. Click below to prove you are human and be added to my approved senders.\n"), bounce.Policy, bounce.Challenge, ""},

	// Mail systems in their own words.
	{"qmail", plain(daemon, "Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ben@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <b@example.org>\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"qmail, over quota", plain(daemon, "Hi. This is the qmail-send program at mx.example.org.\n\n<ben@example.org>:\nThe users mailfolder is over the allowed quota (size). (#5.2.2)\n"), bounce.Soft, bounce.Full, "5.2.2"},
	{"qmail, no host", plain(daemon, "Hi. This is the qmail-send program at mx.example.org.\n\n<ben@nowhere.example>:\nSorry, I couldn't find any host named nowhere.example. (#5.1.2)\n"), bounce.Hard, bounce.NoDomain, "5.1.2"},
	{"qmail, no connection", plain(daemon, "Hi. This is the qmail-send program at mx.example.org.\n\n<ben@example.org>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.\n"), bounce.Soft, bounce.Routing, "4.4.1"},
	{"Exim", plain(daemon+"\nX-Failed-Recipients: ben@example.org", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ben@example.org\n    host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<ben@example.org>:\n    550 No Such User Here\n"), bounce.Hard, bounce.NoMailbox, "550"},
	{"Exim, after the text", plain(daemon, "This message was created automatically by mail delivery software.\n\n  ben@example.org\n    SMTP error from remote mail server after end of data:\n    host mx.example.org [192.0.2.1]: 550 user unknown\n"), bounce.Policy, bounce.PolicyBlock, "550"},
	{"Exim: an address above and a word far below are not one phrase", plain(daemon, "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  ben@example.org\n    host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<ben@example.org>:\n    550 unknown command\n"), bounce.Soft, bounce.Configuration, "550"},
	{"Exim, about the sender", plain(daemon, "This message was created automatically by mail delivery software.\n\n  ben@example.org\n    SMTP error from remote mail server after MAIL FROM:<b@example.org>:\n    550 no such domain\n"), bounce.Policy, bounce.PolicyBlock, "550"},
	{"Exim, unrouteable", plain(daemon, "This message was created automatically by mail delivery software.\n\n  ben@nowhere.example\n    all relevant MX records point to non-existent hosts\n"), bounce.Hard, bounce.NoDomain, ""},
	{"Exim, still trying", plain("From: Mail Delivery System <Mailer-Daemon@mx.example.org>\nSubject: Warning: message 1abc delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.org.\n\n  ben@example.org\n    host mx.example.org [192.0.2.1]: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue.\n"), bounce.Delayed, bounce.StillTrying, ""},
	{"Postfix without a report", plain(daemon, "This is the mail system at host mx.example.org.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<ben@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1\n    <ben@example.org>: Recipient address rejected: User unknown (in reply to\n    RCPT TO command)\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"Postfix, try again", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: Host or domain name not found. Name service error for\n    name=example.org type=MX: Host not found, try again\n"), bounce.Soft, bounce.Routing, ""},
	{"Postfix, no such domain", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@nowhere.example>: Host or domain name not found. Name service error for\n    name=nowhere.example type=AAAA: Host not found\n"), bounce.Hard, bounce.NoDomain, ""},
	{"sendmail", plain(daemon, "The original message was received at Mon, 2 Mar 2026 09:00:00 GMT\nfrom mx.example.org [192.0.2.1]\n\n   ----- The following addresses had permanent fatal errors -----\n<ben@example.org>\n    (reason: 550 5.1.1 <ben@example.org>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> DATA\n<<< 550 5.1.1 <ben@example.org>... User unknown\n550 5.1.1 <ben@example.org>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"sendmail, after RCPT: DATA was refused for want of a recipient", plain(daemon, "   ----- The following addresses had permanent fatal errors -----\n<ben@example.org>\n    (reason: 553 5.3.0 <ben@example.org>... Unknown user)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> DATA\n<<< 553 5.3.0 <ben@example.org>... Unknown user\n550 5.1.1 <ben@example.org>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n"), bounce.Hard, bounce.NoMailbox, "5.3.0"},
	{"sendmail's own words and code behind a refusal that says nothing of a user", multipart(daemon, isReport, "\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> DATA\n<<< 550 User database unavailable\n550 5.1.1 <ben@example.org>... User unknown\n<<< 503 5.5.1 Need RCPT (recipient)\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550 User database unavailable\n")), bounce.Soft, bounce.Configuration, "5.1.1"},
	{"its code for a refusal that gives another reason in words that are not sure", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550 rejected\n")), bounce.Policy, bounce.PolicyBlock, "5.1.1"},
	{"its code for words that nobody knows", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550 I would rather not\n")), bounce.None, bounce.Unknown, "5.1.1"},
	{"its code for no words at all", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550\n")), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"a gateway's own words before a refusal", multipart(daemon, isReport, "\nx\n", status("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 5.1.0\nDiagnostic-Code: smtp; 5.1.0 - Unknown address error 550-'go away' (delivery attempts: 0)\n")), bounce.None, bounce.Unknown, "5.1.0"},
	{"sendmail, after the text", plain(daemon, "   ----- The following addresses had permanent fatal errors -----\n<ben@example.org>\n    (reason: 550 user unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> DATA\n<<< 550 user unknown\n554 5.0.0 Service unavailable\n"), bounce.Policy, bounce.PolicyBlock, ""},
	{"Exchange Server", plain("From: System Administrator <postmaster@example.org>\nSubject: Undeliverable: A study", "Your message\n\n  To:      list@example.org\n  Subject: A study\n  Sent:    Mon, 2 Mar 2026 09:00:00 -0000\n\ndid not reach the following recipient(s):\n\nben@example.org on Mon, 2 Mar 2026 09:00:01 -0000\n    The recipient name is not recognized\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"Exchange Online", plain("From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.onmicrosoft.com>\nSubject: Undeliverable: A study", "Your message to ben@example.org couldn't be delivered.\n\nben wasn't found at example.org.\n\nRemote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'\n"), bounce.Hard, bounce.NoMailbox, "5.1.10"},
	{"Gmail", plain("Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to ben@example.org because the address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist.\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"Gmail, full", plain("Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)", "** Recipient inbox full **\n\nYour message couldn't be delivered to ben@example.org. Their inbox is full, or it's getting too much mail right now.\n\nThe response was:\n\n452 4.2.2 The email account that you tried to reach is over quota.\n"), bounce.Soft, bounce.Full, "4.2.2"},
	{"Gmail, blocked", plain("Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)", "** Message blocked **\n\nYour message to ben@example.org has been blocked. See technical details below for more information.\n\nThe response was:\n\n550 5.7.1 message content rejected\n"), bounce.Policy, bounce.ContentRefused, "5.7.1"},
	{"Yahoo", plain("From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<ben@example.org>:\nRemote host said:\n550 5.1.1 <ben@example.org>... User Unknown\n[RCPT_TO]\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"Notes", plain("From: Postmaster@example.org\nSubject: DELIVERY FAILURE: User ben (ben@example.org) not listed in Domino Directory", "Your message\n\n  Subject: A study\n\nwas not delivered to:\n\n  ben@example.org\n\nbecause:\n\n  User ben (ben@example.org) not listed in Domino Directory\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"GMX", plain("From: GMX Mailer Daemon <mailer-daemon@gmx.example>\nSubject: Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n\"ben@example.org\":\nSMTP error from remote server for RCPT TO command, host: mx.example.org (192.0.2.1) reason: 550 5.1.1\n <ben@example.org>: Recipient address rejected: User unknown\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"Yandex", plain("From: mailer-daemon@yandex.example\nSubject: Недоставленное сообщение", "This is the mail system at host yandex.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered.\n\n<ben@example.org>: host mx.example.org said: 550 5.7.1 No such user!\n"), bounce.Hard, bounce.NoMailbox, "5.7.1"},
	{"MDaemon", plain("From: MDaemon@example.org\nSubject: Warning: ben@example.org - user unknown!", "ben@example.org - no such user here.\n\nThere is no user by that name at this server.\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"Courier", plain("From: \"Courier mail server at mx.example.org\" <@mx.example.org>\nSubject: NOTICE: mail delivery status.\nReturn-Path: <>", "This is a delivery status notification from mx.example.org, running the Courier mail server.\n\nUNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ben@example.org>:\n    mx.example.org [192.0.2.1]:\n<<< 550 User unknown.\n"), bounce.Hard, bounce.NoMailbox, "550"},
	{"in German", plain("From: Postmaster <postmaster@example.org>\nSubject: Unzustellbar: A study", "Ihre Nachricht konnte nicht zugestellt werden:\n\nben@example.org\nDie Adresse existiert nicht.\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"in French", plain("From: postmaster@example.org\nSubject: Non remis : A study", "Votre message n'a pas pu être remis à\n\nben@example.org\nL'adresse de messagerie n'existe pas.\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"Postfix, no connection", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: connect to\n    mx.example.org[192.0.2.1]:25: Connection refused\n"), bounce.Soft, bounce.Routing, ""},
	{"Postfix, a connection that broke", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: conversation with\n    mx.example.org[192.0.2.1] timed out while sending RCPT TO\n"), bounce.Soft, bounce.Routing, ""},
	{"a reason beside the recipient, between reasons that could be", plain(daemon, "Hi. This is the qmail-send program at mx.example.org.\nThe usual reasons are: the address does not exist, or the mailbox is full.\n\n<ben@example.org>:\nThis user's mailfolder is over the allowed quota.\n"), bounce.Soft, bounce.Full, ""},
	{"Mimecast: a reply without its first code", plain("Return-Path: <>\nFrom: postmaster@example.org\nSubject: [Postmaster] Email Delivery Failure", "An email that you attempted to send to the following address could not be delivered:\n-- ben@example.org\n\nAdditional information follows:\n-- 5.4.1 Recipient address rejected: Access denied. [x.prod.outlook.com]\n"), bounce.Hard, bounce.NoMailbox, "5.4.1"},
	{"Exchange Online in words, with its details", plain("From: Microsoft Outlook <MicrosoftExchange1@example.onmicrosoft.com>\nSubject: Undeliverable: A study", "Your message to ben@example.org couldn't be delivered.\n\nMore Info for Email Admins\nStatus code: 550 5.1.10\nSee whether a mail flow rule or the sender's domain is the cause.\n\nOriginal Message Details\nSubject: A study\n\nError Details\nError: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found\n"), bounce.Hard, bounce.NoMailbox, "5.1.10"},
	{"a reason that counts only beside the recipient", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: ben@example.org is not a local address\n"), bounce.Hard, bounce.NoMailbox, ""},
	{"an address that the other side names goes on about the recipient", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1\n    <cleo@example.org>: user unknown (in reply to RCPT TO command)\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"words that a line's end parts", plain(daemon, "<ben@example.org>: host mx.example.org[192.0.2.1] said: 550 사용자를\n    찾을 수 없습니다 (in reply to RCPT TO command)\n"), bounce.Hard, bounce.NoMailbox, "550"},
	{"the words that name the command are no reason", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: host mx.example.org[192.0.2.1] said: 550 mailbox unavailable (in\n    reply to RCPT TO command)\n"), bounce.Hard, bounce.NoMailbox, "550"},
	{"unknown or full, in Spanish", plain(daemon, "<ben@example.org>: 550 Destinatario desconocido o mailbox lleno\n"), bounce.Soft, bounce.Full, ""},
	{"two recipients in words", plain(daemon, "This is the mail system at host mx.example.org.\n\n<ben@example.org>: 550 5.1.1 user unknown\n\n<cleo@example.org>: 550 5.1.1 user unknown\n"), bounce.None, bounce.NotABounce, "5.1.1"},
	{"no reason given", plain(daemon, "Delivery to the following recipients failed.\n\n     ben@example.org\n"), bounce.None, bounce.Unknown, ""},
	{"words of a filter's name count for nothing", plain(daemon, "<ben@example.org>: host antispam.blocklist.example[192.0.2.1] said: 550 5.1.1 user unknown (in reply to RCPT TO command)\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
	{"nor do words in the address", plain(daemon, "<spam.policy@blocked.example>: 550 5.1.1 <spam.policy@blocked.example>: user unknown\n"), bounce.Hard, bounce.NoMailbox, "5.1.1"},
}

// Seen to fail, each with its guard taken out: handedOn (the forwards), the count
// of recipients, the order of reports before automatic replies, stageOf (after the
// text, about the sender), beforeReturned (our own letter), the daemon's name (the
// order of a shop), beside (what stands next to the recipient), acceptsNoMail and
// unknownForGood, refuses (a filter's receipt), isAboutAMail (parcels, payments), the
// rule for 5.1.10.
func TestWhatMailsMean(t *testing.T) {
	t.Parallel()
	for _, c := range mails {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := mustRead(t, c.mail)
			if r.Kind != c.kind || r.Class != c.class {
				t.Fatalf("%s/%s (%s %d, %s), want %s/%s\n%s", r.Kind, r.Class, r.Code, r.Reply, r.Format, c.kind, c.class, c.mail)
			}
			if c.code != "" && r.Code != c.code && !(r.Code == "" && c.code == "550" && r.Reply == 550) {
				t.Errorf("code %q, %d, want %s", r.Code, r.Reply, c.code)
			}
			if r.Kind == bounce.Hard && r.Diagnostic == "" {
				t.Error("nothing for staff to read")
			}
		})
	}
}

// Gateways and mailboxes change how lines end, and put lines before a mail.
func TestAMailMeansTheSameHoweverItIsStored(t *testing.T) {
	t.Parallel()
	for _, c := range mails {
		want := mustRead(t, c.mail)
		lf := strings.ReplaceAll(c.mail, "\r\n", "\n")
		for name, changed := range map[string]string{
			"LF": lf, "CR": strings.ReplaceAll(lf, "\n", "\r"), "CR CR LF": strings.ReplaceAll(lf, "\n", "\r\r\n"),
			"mbox": "From MAILER-DAEMON Mon Mar  2 09:00:00 2026\n" + lf, "a byte order mark": "\ufeff" + lf,
			"blank lines before it": "\r\n\r\n" + c.mail, "a line of spaces before it": "   \t \r\n" + c.mail, "a line that is no field": strings.Replace(lf, "\nSubject:", "\nthis is no field\nSubject:", 1),
		} {
			if got := mustRead(t, changed); got.Class != want.Class || got.Code != want.Code {
				t.Errorf("%s, %s: %s (%s), want %s (%s)", c.name, name, got.Class, got.Code, want.Class, want.Code)
			}
		}
	}
}

func TestTokensAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	const id = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
	address := "b+" + token + "@bounce.example.org"
	for _, c := range []struct {
		name string
		mail string
		want []bounce.Token
	}{
		{"To, ENVID and Message-ID of a report", report("5.1.1", "smtp; 550 user unknown"), []bounce.Token{{bounce.ReturnPath, token}, {bounce.EnvelopeID, id}, {bounce.MessageID, id}}},
		{"Delivered-To", plain("Delivered-To: "+address+"\n"+anna+"x", "x"), []bounce.Token{{bounce.ReturnPath, token}}},
		{"X-Original-To, in capitals", plain("X-Original-To: "+strings.ToUpper(address)+"\n"+anna+"x", "x"), []bounce.Token{{bounce.ReturnPath, token}}},
		{"Original-Recipient", plain("Original-Recipient: rfc822;"+address+"\n"+anna+"x", "x"), []bounce.Token{{bounce.ReturnPath, token}}},
		{"the envelope, in Received", plain("Received: from mx by us for <"+address+">; Mon, 2 Mar 2026 09:00:00 +0000\n"+anna+"x", "x"), []bounce.Token{{bounce.ReturnPath, token}}},
		{"the return path of the returned mail", multipart(daemon, isReport, "\nx\n", status(failed), "Content-Type: text/rfc822-headers\n\nReturn-Path: <"+address+">\nSubject: x\n"), []bounce.Token{{bounce.ReturnPath, token}}},
		{"the returned mail in the words", plain(daemon, "<ben@example.org>: user unknown\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <"+address+">\nMessage-ID: <"+id+"@example.org>\n"), []bounce.Token{{bounce.ReturnPath, token}, {bounce.MessageID, id}}},
		{"one letter short", plain("To: b+"+token[1:]+"@bounce.example.org\n"+anna+"x", "x"), nil},
		{"one letter long", plain("Delivered-To: b+"+token+"a@bounce.example.org\n"+anna+"x", "x"), nil},
		{"something behind it", plain("Delivered-To: b+"+token+".x@bounce.example.org\n"+anna+"x", "x"), nil},
		{"other letters", plain("Delivered-To: b+"+strings.Replace(token, "a", "1", 1)+"@bounce.example.org\n"+anna+"x", "x"), nil},
		{"a Message-ID of somebody else", multipart(daemon, isReport, "\nx\n", status(failed), "Content-Type: text/rfc822-headers\n\nMessage-ID: <abc."+id+"@example.org>\n"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := mustRead(t, c.mail).Tokens
			if len(got) != len(c.want) {
				t.Fatalf("%v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%v, want %v", got[i], c.want[i])
				}
			}
		})
	}
}

func TestAReadersErrorIsGivenBack(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, r := range []io.Reader{iotest.ErrReader(boom), io.MultiReader(bytes.NewReader(make([]byte, bounce.MaxKept)), iotest.ErrReader(boom))} {
		if _, err := bounce.Read(r); !errors.Is(err, boom) {
			t.Fatal(err)
		}
	}
}
