package sestest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// account is what the emulator says of the account.
const account = `{"DedicatedIpAutoWarmupEnabled":true,"Details":{"AdditionalContactEmailAddresses":[],"ContactLanguage":"EN","MailType":"TRANSACTIONAL",
	"ReviewDetails":{"CaseId":"1","Status":"GRANTED"},"UseCaseDescription":"x","WebsiteURL":"https://example.org"},"EnforcementStatus":"HEALTHY",
	"ProductionAccessEnabled":true,"SendingEnabled":true,"SendQuota":{"Max24HourSend":50000,"MaxSendRate":%d,"SentLast24Hours":0},"SuppressionAttributes":{"SuppressedReasons":[]}}`

// StartEmulator starts aws-ses-v2-local, an emulator of SES from npm, and gives its
// address. The account may send rate mails a second. It is for tests in packages beside
// internal/e2e, where the emulator is.
func StartEmulator(t testing.TB, rate int) string {
	t.Helper()
	script, err := filepath.Abs("../e2e/emulator/node_modules/aws-ses-v2-local/dist/cli.js")
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	host, port, _ := net.SplitHostPort(addr) //nolint:errcheck // the listener's own address
	cmd := exec.CommandContext(context.Background(), "node", script, "--host", host, "--port", port)
	cmd.Env = append(cmd.Environ(), "AWS_SES_ACCOUNT="+fmt.Sprintf(account, rate))
	ended, err := startChild(cmd)
	if err != nil {
		t.Fatalf("the emulator of SES does not start (%v): run scripts/test-deps.sh", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for {
		var d net.Dialer
		if c, err := d.DialContext(context.Background(), "tcp", addr); err == nil {
			_ = c.Close()
			return "http://" + addr
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatal("the emulator of SES ended: run scripts/test-deps.sh")
		case <-limit:
			t.Fatal("the emulator of SES does not answer: run scripts/test-deps.sh")
		}
	}
}

// startChild starts a process that dies with this one, however this ends: the kernel
// means the thread that started it by that, so that thread waits for it.
func startChild(cmd *exec.Cmd) (ended <-chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, over := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(over)
		}
	}()
	return over, <-started
}
