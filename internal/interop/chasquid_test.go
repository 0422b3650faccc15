package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

const chasquidConf = `hostname: "mx.example.org"
max_data_size_mb: 1
smtp_address: "{addr}"
data_dir: "{dir}/data"
mail_delivery_agent_bin: "{dir}/deliver"
mail_delivery_agent_args: "%from%"
mail_log_path: "{dir}/mail.log"
`

// chasquidDeliver puts what it is given into the folder, whole or not at all.
const chasquidDeliver = `#!/bin/sh
f=$(mktemp {dir}/mail/tmp/XXXXXXXXXX) && { echo "Return-Path: <$1>"; cat; } >"$f" && mv "$f" {dir}/mail/new/
`

// chasquidPostData refuses a mail when its text is there: chasquid asks no one
// about recipients but its own list.
const chasquidPostData = `#!/bin/sh
case "$RCPT_TO" in
policy*) echo 5.7.1 not wanted here; exit 20 ;;
later*) echo 4.2.1 come back another day; exit 1 ;;
esac
`

// chasquid starts a chasquid that knows the recipients of the tests.
func chasquid(t *testing.T) *server {
	t.Helper()
	program := unpacked(t, "usr/bin/chasquid")
	s := &server{name: "chasquid", addr: freeAddr(t)}
	dir := home(t, "chasquid", []string{"domains/example.org", "certs/mx.example.org", "hooks", "data", "mail/new", "mail/tmp"}, func(dir string) {
		fill := strings.NewReplacer("{dir}", dir, "{addr}", s.addr)
		write(t, filepath.Join(dir, "chasquid.conf"), fill.Replace(chasquidConf), 0o600)
		write(t, filepath.Join(dir, "deliver"), fill.Replace(chasquidDeliver), 0o700)
		write(t, filepath.Join(dir, "hooks", "post-data"), chasquidPostData, 0o700)
		var known strings.Builder
		for i := range 1000 {
			for _, kind := range []string{"user", "policy", "later"} {
				fmt.Fprintf(&known, "%s%d: inbox@example.org\n", kind, i)
			}
		}
		write(t, filepath.Join(dir, "domains", "example.org", "aliases"), known.String(), 0o600)
		copyFile(t, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "certs", "mx.example.org", "fullchain.pem"))
		copyFile(t, filepath.Join(dir, "key.pem"), filepath.Join(dir, "certs", "mx.example.org", "privkey.pem"))
	})
	s.mails, s.caFile = filepath.Join(dir, "mail", "new"), filepath.Join(dir, "cert.pem")
	run(t, dir, nil, program, "-config_dir", dir)
	s.answers(t)
	return s
}
