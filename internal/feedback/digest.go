package feedback

import (
	"bytes"
	"crypto/sha256"
	"strings"
)

// digest is the same for a mail by whichever way it comes: each way puts lines of its
// own in front of the header, writes line ends as it likes, and an mbox puts > before
// "From ". What it looks at of the header is what the sender wrote.
func digest(mail []byte) []byte {
	mail = bytes.ReplaceAll(mail, []byte("\r"), nil)
	mail = bytes.TrimLeft(mail, "\n")
	if bytes.HasPrefix(mail, []byte("From ")) {
		_, mail, _ = bytes.Cut(mail, []byte("\n"))
	}
	header, body, _ := bytes.Cut(mail, []byte("\n\n"))
	sum := sha256.New()
	wanted := false
	for line := range bytes.Lines(header) {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			switch strings.ToLower(string(bytes.TrimSpace(name))) {
			case "message-id", "date", "from", "subject", "content-type":
				wanted = true
			default:
				wanted = false
			}
		}
		if wanted {
			for word := range bytes.FieldsSeq(line) {
				sum.Write(word)
				sum.Write([]byte{' '})
			}
		}
	}
	sum.Write([]byte{0})
	blank := 0
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, " \t\n")
		if len(line) == 0 {
			blank++ // those at the end do not count
			continue
		}
		for ; blank > 0; blank-- {
			sum.Write([]byte{'\n'})
		}
		if quoted := bytes.TrimLeft(line, ">"); bytes.HasPrefix(quoted, []byte("From ")) {
			line = quoted
		}
		sum.Write(line)
		sum.Write([]byte{'\n'})
	}
	return sum.Sum(nil)
}

// digestOf is that of feedback which is no mail.
func digestOf(values ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(values, "\x00")))
	return sum[:]
}
