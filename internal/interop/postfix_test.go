package interop

import (
	"context"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const mainCF = `compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/mail.log
maillog_file_prefixes = {dir}
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
message_size_limit = 1048576
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access regexp:{dir}/recipients, permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_client_connection_count_limit = 0
{more}
`

const masterCF = `{port}  inet  n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
smtp      unix  - - n - - smtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
`

// The recipients that the server refuses, and how.
const recipients = `/^gone[0-9]+@/   550 5.1.1 no such user here
/^policy[0-9]+@/ 550 5.7.1 not wanted here
/^later[0-9]+@/  450 4.2.1 come back another day
`

// postfix starts a Postfix without chroot that delivers all mail for example.org
// to one Maildir. More is for its main.cf.
func postfix(t *testing.T, more string) *server {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/postfix"); err != nil {
		t.Fatal("Postfix is missing: `make test` installs it (Debian's package postfix)")
	}
	if os.Getuid() != 0 {
		t.Skip("a Postfix of its own can be started by root only; CI is root")
	}
	dir, err := os.MkdirTemp("/var/tmp", "postfix-interop-") // its users must be able to reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // best effort: it is a temporary folder
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid) //nolint:errcheck // the system's own number
	gid, _ := strconv.Atoi(nobody.Gid) //nolint:errcheck // likewise
	p := &server{name: "Postfix", addr: freeAddr(t), mails: filepath.Join(dir, "mail", "all", "new"), caFile: filepath.Join(dir, "cert.pem")}
	_, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{dir}", dir, "{uid}", nobody.Uid, "{gid}", nobody.Gid, "{port}", port, "{more}", more)
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // Postfix's users read it
	for _, d := range []string{"conf", "queue", "data", "mail"} {
		must(t, os.Mkdir(filepath.Join(dir, d), 0o755)) //nolint:gosec // likewise
	}
	must(t, os.Chown(filepath.Join(dir, "mail"), uid, gid))
	owner, err := user.Lookup("postfix")
	must(t, err)
	ownerUID, err := strconv.Atoi(owner.Uid)
	must(t, err)
	must(t, os.Chown(filepath.Join(dir, "data"), ownerUID, -1))
	certificate(t, dir)
	for name, text := range map[string]string{"conf/main.cf": mainCF, "conf/master.cf": masterCF, "recipients": recipients} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(fill.Replace(text)), 0o644)) //nolint:gosec // likewise
	}
	control := func(ctx context.Context, verb string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "/usr/sbin/postfix", "-c", filepath.Join(dir, "conf"), verb)
		cmd.Env = append(os.Environ(), "MAIL_CONFIG="+filepath.Join(dir, "conf"))
		return cmd.CombinedOutput()
	}
	words := func() []byte {
		log, _ := os.ReadFile(filepath.Join(dir, "mail.log")) //nolint:errcheck // says why, if it is there
		return log[max(0, len(log)-8000):]
	}
	if out, err := control(t.Context(), "start"); err != nil {
		t.Fatalf("postfix start: %v\n%s%s", err, out, words())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Postfix's last words:\n%s", words())
		}
		if out, err := control(context.Background(), "abort"); err != nil {
			t.Logf("postfix abort: %v\n%s", err, out)
		}
	})
	p.answers(t)
	return p
}
