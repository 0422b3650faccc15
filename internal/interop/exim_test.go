package interop

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

const eximConf = `exim_path = {exim}
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
exim_user = Debian-exim
exim_group = Debian-exim
deliver_drop_privilege
primary_hostname = mx.example.org
keep_environment = LD_PRELOAD:NSS_WRAPPER_PASSWD:NSS_WRAPPER_GROUP
host_lookup =
rfc1413_hosts =
tls_advertise_hosts = *
tls_certificate = {dir}/cert.pem
tls_privatekey = {dir}/key.pem
message_size_limit = 1M
smtp_accept_queue_per_connection = 0
smtp_accept_max = 0
queue_run_max = 1
acl_smtp_rcpt = recipients
{more}

begin acl

recipients:
  deny  local_parts = ^gone[0-9]+
        message     = 550 5.1.1 no such user here
  deny  local_parts = ^policy[0-9]+
        message     = 550 5.7.1 not wanted here
  defer local_parts = ^later[0-9]+
        message     = 450 4.2.1 come back another day
  accept

begin routers

all:
  driver = accept
  transport = folder

begin transports

folder:
  driver = appendfile
  maildir_format
  return_path_add
  directory = {dir}/mail
  user = Debian-exim
  group = Debian-exim
`

// exim starts an Exim that needs no privilege: the user that Debian built into
// it is told by libnss-wrapper to be the one who runs it.
func exim(t *testing.T, more string) *server {
	t.Helper()
	program := unpacked(t, "usr/sbin/exim4")
	s := &server{name: "Exim", addr: freeAddr(t)}
	uid, gid, _ := nobody(t)
	dir := home(t, "exim", []string{"spool", "log", "mail"}, func(dir string) {
		fill := strings.NewReplacer("{dir}", dir, "{exim}", program, "{more}", more)
		write(t, filepath.Join(dir, "conf"), fill.Replace(eximConf), 0o600)
		write(t, filepath.Join(dir, "passwd"), fmt.Sprintf("root:x:0:0:root:/:/bin/false\nDebian-exim:x:%d:%d:exim:%s:/bin/false\n", uid, gid, dir), 0o600)
		write(t, filepath.Join(dir, "group"), fmt.Sprintf("root:x:0:\nmail:x:8:\nDebian-exim:x:%d:\n", gid), 0o600)
	})
	s.mails, s.caFile = filepath.Join(dir, "mail", "new"), filepath.Join(dir, "cert.pem")
	_, port, err := net.SplitHostPort(s.addr)
	must(t, err)
	run(t, dir, []string{
		"LD_PRELOAD=libnss_wrapper.so", "NSS_WRAPPER_PASSWD=" + filepath.Join(dir, "passwd"), "NSS_WRAPPER_GROUP=" + filepath.Join(dir, "group"),
	}, program, "-C", filepath.Join(dir, "conf"), "-bdf", "-q2s", "-oX", "127.0.0.1:"+port)
	s.answers(t)
	return s
}
