package bounce

import (
	"net/mail"
	"strings"
)

// explanation is what the reporting system says, up to where the returned mail
// begins: what our own letter says must not count.
func (c *contents) explanation() string { return beforeReturned(c.words()) }

// cuts are how mail systems announce the mail that they return.
var cuts = []string{
	"below this line is a copy of the message", "this is a copy of the message", "this is a copy of your message",
	"copy of the message follows", "copy of your message", "original message follows", "original message text",
	"unsent message follows", "unsent message below", "returned message follows", "returned mail follows",
	"returned message below", "text of your message", "text of the original message", "contents of the original message",
	"header of the original message", "headers of the original message", "header of your message",
	"message header follows", "message headers follow", "message header for", "original message header", "original message headers",
	"the first lines of your message", "first 100 lines of your message", "first lines of the message", "forwarded message below",
	"start of returned message", "start of forwarded message", "your original message", "your message follows", "message follows",
	"message text follows", "returned text", "original mail", "begin original message", "original message", "bounced e-mail", "undelivered message you sent", "message you sent follows", "your message reads", "bounced email", "bounced message",
	"here is a copy of", "the message that caused this", "the body of the message", "the header of the message", "the message headers", "headers follow", "text of the message",
	"メッセージの内容", "元のメッセージ", "ursprüngliche nachricht", "kopie der nachricht", "message d'origine",
}

func beforeReturned(s string) string {
	at, start, fields, from := 0, 0, 0, false
	for line := range strings.Lines(s) {
		bare := strings.TrimRight(line, "\r\n")
		switch {
		case at == 0: // whatever it is, it is the beginning
		case strings.HasPrefix(bare, "Received:"), strings.HasPrefix(bare, "> Received:"), strings.HasPrefix(bare, "  Received:"), hasFold(bare, "Return-Path:"), hasFold(bare, "Content-Type: message/"), announces(bare):
			return s[:at]
		case quotesField(bare):
			if fields++; fields == 1 {
				start = at
			}
			from = from || hasFold(bare, "From:")
			if fields >= 3 && from { // a header without "Received:"
				return s[:start]
			}
		case bare == "" || bare[0] != ' ' && bare[0] != '\t':
			fields, from = 0, false
		}
		at += len(line)
	}
	return s
}

// announces tells a line that says that the returned mail follows: ruled off, or
// with little else in it.
func announces(line string) bool {
	bare := strings.Trim(line, "-=_*+#>|. \t:")
	if len(bare) < 9 || len(bare) > 90 {
		return false
	}
	line, lower := strings.TrimSpace(line), strings.ToLower(bare)
	if strings.HasPrefix(lower, "original message details") {
		return false // Exchange Online: the reply stands below
	}
	ruled := strings.HasSuffix(line, ":") || len(line) > 2 && line[0] == line[1] && strings.IndexByte("-=*_", line[0]) >= 0
	for _, cut := range cuts {
		if strings.Contains(lower, cut) && (ruled || len(lower) < len(cut)+12) {
			return true
		}
	}
	return false
}

// quotesField tells a line of a header that is quoted unindented.
func quotesField(line string) bool {
	for _, name := range []string{"From:", "To:", "Cc:", "Subject:", "Date:", "Message-ID:", "MIME-Version:", "Content-Type:", "Reply-To:", "Sender:", "X-Mailer:", "User-Agent:"} {
		if hasFold(line, name) {
			return true
		}
	}
	return false
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// daemons are who reports come from: in the local part or the name of From,
// Sender or Return-Path.
var daemons = []string{
	"mailer-daemon", "mailer daemon", "mail deliver", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mdaemon", "daemon@",
	"postmaster", "post master", "post_master", "postmast", "mailmaster", "mail delivery", "mail-delivery", "maildelivery",
	"mail system", "mailsystem", "mail_service", "mail-service", "mail service", "mailservice", "imss@", "inetgw", "mail subsystem", "delivery subsystem", "delivery system", "delivery service",
	"system administrator", "mail administrator", "mailadmin", "mail admin", "email administrator", "administrator@",
	"mail router", "mail server", "mailserver", "message server", "messaging server", "mail transfer", "mail transport",
	"non-delivery", "nondelivery", "undeliverable", "bounce", "smtp gateway", "mail gateway", "smtp server", "smtpserver", "mmdf", "mta@", "noreply@", "no-reply@", "no_reply@",
	"mailman@", "root@", "sysadmin@", " administrator", "autoresponder", "mailgate", "antivirus", "notification", "microsoftexchange", "microsoft exchange",
	"email delivery", "e-mail delivery", "message delivery", "delivery agent", "mailrouter", "mailgw", "mail-noreply",
	"internet mail", "returned mail", "mail returned", "mailbox@", "smtp@", "mail@", "mailer@", "uucp", "systemmail", "system@",
}

// mailSystems are those of them that write nothing else, or hardly.
var mailSystems = []string{
	"mailer-daemon", "mailer daemon", "mail deliver", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mdaemon",
	"postmaster", "post master", "post_master", "postmast", "mailmaster", "mail delivery", "mail-delivery", "maildelivery",
	"mail system", "mailsystem", "mail subsystem", "delivery subsystem", "delivery system", "delivery service",
	"mail router", "mail transfer", "mail transport", "non-delivery", "nondelivery", "undeliverable", "smtp gateway", "mail gateway", "smtp server", "smtpserver", "mmdf",
	"microsoftexchange", "microsoft exchange", "email delivery", "e-mail delivery", "delivery agent", "mailrouter", "mailgw", "mail-noreply", "system administrator", "returned mail", "mail returned",
}

// subjects are how reports call themselves.
var subjects = []string{
	"undeliver", "un-deliver", "undelivered", "not deliver", "non deliv", "non-deliv", "nondeliv", "not be deliver", "could not send message",
	"couldn't be delivered", "cannot be delivered", "unable to deliver", "unable to send", "failed to deliver", "returned mail", "mail returned", "message returned", "returned to sender", "return to sender",
	"delivery fail", "delivery status", "delivery notification", "delivery report", "delivery problem", "delivery error", "delivery delay", "delivery has failed",
	"delivery unsuccessful", "delivery attempt", "delivery incomplete", "failed delivery", "failure delivery", "failed mail", "mail fail", "mail delivery", "message delivery", "email delivery", "delayed",
	"failure notice", "failure notification", "failure report", "mail system error", "mail error", "mail could not", "mail not",
	"email could not", "message could not", "message status", "error sending", "send failure", "sending failure", "message you sent", "notification d'échec", "bounce",
	"warning: could not", "warning - delayed", "warning from", "user unknown", "address not found", "unknown user", "no such user", "invalid recipient", "rejected:", "rejected mail", "message rejected", "mail rejected", "message blocked", "mail problem", "problem mail", "transmission fail", "could not send", "notify",
	"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung", "fehler bei der", "mail konnte nicht", "rückläufer",
	"non remis", "échec de", "echec de", "non délivr", "erreur de remise", "échec", "avis de non", "retour de",
	"no se puede entregar", "no se pudo entregar", "no entregado", "error de entrega", "fallo en la entrega", "devuelto", "devolución", "no se ha podido",
	"mancato recapito", "impossibile recapitare", "recapito", "consegna",
	"não entregue", "não é possível entregar", "falha na entrega", "não foi possível", "devolvid", "falha",
	"onbestelbaar", "niet bezorgd", "niet afgeleverd", "bezorging", "kan ikke leveres", "ikke leveret", "kunne inte levereras", "går inte att leverera", "ei voitu toimittaa", "toimitus",
	"niedostarczon", "nie dostarczon", "nie można dostarczyć", "zwrot", "nedoručiteln", "nedoručen", "kézbesíthetetlen", "teslim edilemedi", "недоставлен", "не доставлен", "не удалось доставить", "сбой доставки", "возврат",
	"配信不能", "配信できません", "配信エラー", "送信エラー", "送信できません", "未達", "配達", "エラー", "退信", "投递失败", "无法投递", "发送失败", "未送達", "傳送失敗", "無法傳遞", "배달되지",
}

// openings are how mail systems begin: one of these in the words is enough,
// together with a daemon's name.
var openings = []string{
	"this message was created automatically by mail delivery", "this is the qmail-send program", "this is the mail delivery agent",
	"i'm afraid i wasn't able to deliver", "i wasn't able to deliver", "this is a permanent error", "permanent fatal errors", "transient non-fatal errors",
	"transcript of session follows", "did not reach the following recipient", "did not reach some or all", "delivery to the following recipient",
	"delivery to these recipients", "could not be delivered", "couldn't be delivered", "cannot be delivered", "can not be delivered", "was not delivered", "wasn't delivered",
	"has not been delivered", "have not been delivered", "not yet been delivered", "not be delivered to", "unable to deliver", "undeliverable", "undelivered", "nondeliverable", "non-deliverable", "delivery failed", "failed to deliver", "delivery has failed",
	"delivery failure", "failed addresses follow", "failed recipient", "your message was not sent", "returned to you", "your message has been rejected",
	"your message was rejected", "your message cannot be", "your message to", "message you sent", "mail you sent", "mail you mailed", "mail to the following",
	"the following address", "the following recipient", "the following user", "following destination", "reason for failure", "the reason it is being returned",
	"recipient's mailbox", "generated by the mail", "mail delivery system", "mail system", "error message", "nicht zugestellt", "konnte nicht", "n'a pas pu", "no se pudo", "non è stato possibile",
	"sorry, i couldn't find", "user unknown", "unknown user", "no such user", "mailbox full", "quota", "did not deliver", "message could not", "mail could not", "was undeliverable", "failure notice", "reason:", "以下の", "配信", "送信",
}

// signatures begin reports of systems that write under anybody's name.
var signatures = []string{
	"message from interscan", "this message was created automatically by mail delivery", "this is the qmail-send program",
	"this is an automatically generated delivery status notification", "this is the mail system at host", "this is the postfix program",
	"mailenable: message could not be delivered", "non-delivery report",
}

// from gives who a mail says that it is from, all of it in lower case.
func (c *contents) from() string {
	var b strings.Builder
	for _, name := range []string{"From", "Sender", "Return-Path", "X-Envelope-From", "Reply-To"} {
		v := c.mail.header.Get(name)
		if t, err := c.mail.header.Text(name); err == nil {
			v = t
		}
		b.WriteString(strings.ToLower(v))
		b.WriteByte('\n')
	}
	return b.String()
}

func (c *contents) subject() string {
	s, err := c.mail.header.Text("Subject")
	if err != nil {
		s = c.mail.header.Get("Subject")
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// nullSender tells the return path of reports (RFC 5321 §4.5.5).
func (c *contents) nullSender() bool {
	return strings.Join(strings.Fields(c.mail.header.Get("Return-Path")), "") == "<>"
}

// fromDaemon tells a mail that a mail system wrote.
func (c *contents) fromDaemon() bool {
	return containsAny(c.from(), daemons) || strings.HasPrefix(c.from(), "<>\n")
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// handedOn tells a mail that someone answered or passed on.
func (c *contents) handedOn() bool {
	s := c.subject()
	for {
		t := s
		for _, lead := range []string{"fwd:", "fw:", "re:", "aw:", "wg:", "tr:", "rv:", "enc:", "vs:", "sv:", "i:", "doorst:", "antw:", "转发:", "回复:", "[fwd"} {
			t = strings.TrimSpace(strings.TrimPrefix(t, lead))
		}
		if t == s {
			break
		}
		if !c.fromDaemon() {
			return true
		}
		s = t
	}
	return false
}

// isFreeForm tells a report in a mail system's own words.
func (c *contents) isFreeForm(words string) bool {
	h := &c.mail.header
	if c.handedOn() {
		return false
	}
	lower := strings.ToLower(words)
	failed := h.Get("X-Failed-Recipients") != ""
	daemon, null, named := c.fromDaemon(), c.nullSender(), containsAny(c.subject(), subjects)
	opens := containsAny(lower, openings)
	switch {
	case failed:
		return true
	case daemon:
		return (named || opens) && c.isAboutAMail(words)
	case null:
		return named && opens
	}
	start := strings.TrimLeft(lower, " \t\r\n*-=_#")
	return named && containsAny(start[:min(len(start), 120)], signatures)
}

// isAboutAMail tells a report from what shops, banks, faxes and calendars write from
// an address that nobody reads: it brings the mail back, or names its recipient. Of
// senders that also write other things, more is asked.
func (c *contents) isAboutAMail(words string) bool {
	code, enhanced := replyIn(words)
	if enhanced == "" {
		enhanced = enhancedIn(words)
	}
	says := code != 0 || enhanced != ""
	switch back := len(c.returned) > 0 || len(words) < len(c.words()); {
	case back:
		return true
	case c.nullSender(), containsAny(c.from(), mailSystems), c.mail.header.Get("X-Amz-Sns-Message-Id") != "":
		return says || strings.Contains(words, "@")
	}
	says = says || containsAny(strings.ToLower(words), []string{"following recipient", "following address", "your message", "your mail", "your email", "your e-mail"})
	return says && len(listed(words)) > 0 && c.mail.header.Get("List-Unsubscribe") == ""
}

// listed finds the recipients that a report names: addresses that stand at the
// start of a line, alone or before a colon, or behind a label or a code.
func listed(words string) map[string]bool {
	found, quoted := map[string]bool{}, map[string]bool{}
	before, indent := "", -1
	for line := range strings.Lines(words) {
		s := strings.TrimLeft(line, " \t*->|•")
		if strings.TrimSpace(s) == "" {
			indent = -1
			continue
		}
		deep := len(line) - len(strings.TrimLeft(line, " \t"))
		if indent >= 0 && deep > indent {
			continue // goes on about the recipient above: what is named here, the other side named
		}
		who := found
		last := before
		before = strings.TrimSpace(line)
		if strings.HasSuffix(last, " by") || strings.HasSuffix(last, "from") || strings.HasSuffix(last, "from:") {
			continue // the sender
		}
		for again := true; again; {
			again = false
			if code := strings.TrimLeft(s, "<> "); len(code) > 4 && isReplyCode(code[:3]) && (code[3] == ' ' || code[3] == '-') {
				s, again = strings.TrimLeft(code[4:], " \t"), true
				if word, rest, ok := strings.Cut(s, " "); ok && isEnhanced(word) {
					s = rest
				}
			}
			for _, label := range labels {
				if len(s) > len(label) && strings.EqualFold(s[:len(label)], label) {
					s, again = strings.TrimLeft(s[len(label):], " \t"), true
					if label == "to:" { // of a header that is quoted, as a rule
						who = quoted
					}
				}
			}
		}
		if address := addressAt(strings.TrimLeft(s, "<\"'[( ")); address != "" {
			who[address] = true
			if indent < 0 {
				indent = deep
			}
		}
		if len(found) > 20 {
			break
		}
	}
	if len(found) == 0 {
		return quoted
	}
	return found
}

// labels stand before the recipient of a report.
var labels = []string{
	"to:", "recipient:", "recipients:", "recipient address:", "rcpt to:", "failed recipient:", "user:", "address:", "mailto:", "smtp:", "original recipient:", "original-recipient:", "final-recipient:", "rfc822;",
	"e-mail:", "email:", "invalid address:", "unknown user:", "invalid final delivery userid:", "intended recipient:", "undeliverable to", "undeliverable recipient:",
}

// addressAt reads the address that a text begins with; "" for none, or for one
// that is nobody's.
func addressAt(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>\"'()[],;:", r) })
	if end < 0 {
		end = len(s)
	}
	word := strings.ToLower(strings.TrimRight(s[:end], "."))
	at := strings.LastIndexByte(word, '@')
	if at < 1 || !strings.Contains(word[at:], ".") {
		return ""
	}
	switch word[:at] {
	case "postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "hostmaster", "webmaster", "info":
		return ""
	}
	return word
}

// readFreeForm makes a report of a mail system's own words.
func (c *contents) readFreeForm(words string) Report {
	r := Report{Format: FreeForm}
	recipients := listed(words)
	if len(recipients) == 0 {
		recipients = splitAddresses(c.mail.header.Get("X-Failed-Recipients"))
	}
	for _, own := range c.ownAddresses() {
		delete(recipients, own)
	}
	var near string
	r.Reply, near = replyIn(words)
	r.Code = near
	if r.Code == "" {
		r.Code = enhancedIn(words)
	}
	if r.Code != "" && r.Code[0] == '2' {
		r.Code = ""
	}
	r.Diagnostic = words
	if len(recipients) > 1 {
		r.Class = NotABounce
		return r
	}
	reply := reason(words)
	e := evidence{reply: r.Reply, enhanced: r.Code, words: reply, around: words + "\n" + c.subject()}
	r.Class = judge(&e)
	if reply != "" {
		r.Diagnostic = reply
	}
	if c.isWarning(words) && r.Class.Kind() != Delayed {
		r.Class = StillTrying
	}
	return r
}

// warnings are what a system says that has not given up.
var warnings = []string{
	"warning message only", "this is a warning", "warning: could not", "warning: message still", "warning: mail delayed", "still undelivered after", "delivery attempts will continue",
	"will continue to be made", "will keep trying", "will be retried", "will retry for", "will continue trying", "delivery is delayed", "has been delayed", "delivery delayed", "will try again", "i'll keep trying", "not yet been delivered", "has not yet been delivered", "delayed mail", "delivery status notification (delay)", "you do not need to resend", "no action is required on your part", "noch nicht zugestellt", "verzögert", "continue to try", "will continue trying", "has been postponed", "still awaiting delivery", "is still being retried",
}

func (c *contents) isWarning(words string) bool {
	lower := c.subject() + "\n" + strings.ToLower(words)
	return containsAny(lower, warnings) && !containsAny(lower, []string{"permanent", "giving up", "given up", "will not be retried", "no longer"})
}

// reason picks what the other side said out of a report in words.
func reason(words string) string {
	if said := replies(words); said != "" {
		return said
	}
	return beside(words)
}

// replies picks the lines that hold a server's reply: with its code, and as much as
// goes on below.
func replies(words string) string {
	var b strings.Builder
	going := 0
	for line := range strings.Lines(words) {
		if b.Len() > maxDiagnostic*2 {
			break
		}
		code, _ := replyIn(line)
		switch {
		case code != 0:
			going = 3
		case strings.TrimSpace(line) == "":
			going = 0
		}
		if going > 0 {
			b.WriteString(line)
			going--
		}
	}
	return b.String()
}

// beside picks what stands behind a recipient, on the same line or below it up to
// the next empty one: where no reply is quoted, that is the reason (Postfix, qmail,
// Exim).
func beside(words string) string {
	var b strings.Builder
	going := 0
	for line := range strings.Lines(words) {
		s := strings.TrimLeft(line, " \t<\"'")
		switch address := addressAt(s); {
		case b.Len() > maxDiagnostic*2:
			return b.String()
		case strings.TrimSpace(line) == "":
			going = 0
		case address != "":
			going = 6
			b.WriteString(strings.TrimLeft(s[len(address):], " \t>\"':."))
		case going > 0:
			b.WriteString(line)
			going--
		}
	}
	return strings.TrimSpace(b.String())
}

// ownAddresses are those that the report came to: not who it is about.
func (c *contents) ownAddresses() (all []string) {
	for _, name := range []string{"To", "Delivered-To", "X-Original-To", "From", "Sender", "Reply-To", "Return-Path", "Errors-To"} {
		for _, v := range c.mail.header.Values(name) {
			for a := range splitAddresses(v) {
				all = append(all, a)
			}
		}
	}
	return all
}

// splitAddresses gives the bare addresses of a list, in lower case.
func splitAddresses(s string) map[string]bool {
	found := map[string]bool{}
	if list, err := mail.ParseAddressList(s); err == nil {
		for _, a := range list {
			found[strings.ToLower(a.Address)] = true
		}
		return found
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;<>\"'()", r) }) {
		if strings.IndexByte(word, '@') > 0 {
			found[strings.ToLower(word)] = true
		}
	}
	return found
}
