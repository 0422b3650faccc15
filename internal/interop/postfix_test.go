package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// postfix is a Postfix of the test's own, without chroot, that delivers all
// mail for example.org to one Maildir.
type postfix struct {
	addr    string
	maildir string
	caFile  string
}

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
smtpd_recipient_restrictions = check_recipient_access regexp:{dir}/recipients, permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_client_connection_count_limit = 0
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

func startPostfix(t *testing.T) *postfix {
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
	p := &postfix{addr: freeAddr(t), maildir: filepath.Join(dir, "mail", "all"), caFile: filepath.Join(dir, "cert.pem")}
	_, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{dir}", dir, "{uid}", nobody.Uid, "{gid}", nobody.Gid, "{port}", port)
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
	if out, err := control(t.Context(), "start"); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "mail.log")) //nolint:errcheck // says why, if it is there
		t.Fatalf("postfix start: %v\n%s%s", err, out, log)
	}
	t.Cleanup(func() {
		if out, err := control(context.Background(), "abort"); err != nil {
			t.Logf("postfix abort: %v\n%s", err, out)
		}
	})
	waitFor(t, func() bool {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", p.addr)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return p
}

// delivered reads the mails that arrived.
func (p *postfix) delivered(t *testing.T) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.maildir, "new", "*"))
	must(t, err)
	all := make([][]byte, 0, len(files))
	for _, f := range files {
		b, err := os.ReadFile(f)
		must(t, err)
		all = append(all, b)
	}
	return all
}

// certificate writes a certificate for 127.0.0.1 that signs itself.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

func freeAddr(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	must(t, l.Close())
	return addr
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waitFor looks until a condition holds, for a minute and a half at most.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it never came true")
		}
	}
}
