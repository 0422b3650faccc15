package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/sealed"
)

const (
	canaryName    = "Canaria"
	canaryUser    = "canary.user"
	canaryAddress = "canary.user@canary.example"
)

type person struct{ Name, Email string }

type loud struct{}

func (loud) LogValue() slog.Value { return slog.StringValue("from " + canaryAddress) }

type panics struct{}

func (*panics) Error() string { panic(canaryName) }

// TestCanary plants a person in every place of a line that could carry it.
func TestCanary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var console bytes.Buffer
	l, err := logs.Open(logs.Options{AppPath: filepath.Join(dir, "logs", "app.log"), WorkerPath: filepath.Join(dir, "logs", "worker.log"), Console: &console, Level: slog.LevelDebug})
	if err != nil {
		t.Fatal(err)
	}
	id := studymail.NewID()
	for _, log := range []*slog.Logger{l.App, l.Worker} {
		log.Info("sent to "+canaryAddress, "patient", canaryName)
		log.Info("ids", "patient", id, "message", int64(7), "campaign", canaryUser, "name", canaryName, "email", canaryAddress)
		log.Error("failed", "error", fmt.Errorf("550 <%s> unknown", canaryAddress), "err", "to canary.user%40canary.example")
		log.Warn("any", "person", person{canaryName, canaryAddress}, "detail", map[string]string{"n": canaryName}, "state", person{canaryName, canaryAddress})
		log.Warn("river", "args", []byte(`{"to":"`+canaryAddress+`"}`), "encoded_args", canaryName, "trace", canaryAddress, "panic_val", canaryName, "goroutine_dump", canaryName, "payload", canaryName)
		log.Info("key", []any{canaryAddress, 1, canaryName}...) // a slip, on purpose
		log.Info("group", slog.Group(canaryName, "error", canaryAddress, "name", canaryName))
		log.WithGroup(canaryName).With("name", canaryName, "error", errors.New(canaryAddress)).Info("with", "kind", canaryAddress)
		log.Info("values", "error", loud{}, "err", (*panics)(nil), "reason", sealed.NewName(canaryName), "reply", sealed.NewEmail(canaryAddress))
		log.Info("request", "path", "/patients?q="+canaryName, "route", "/u/"+strings.Repeat(canaryName, 9))
		log.InfoContext(context.WithValue(context.Background(), person{}, canaryName), "context")
		slog.NewLogLogger(log.Handler(), slog.LevelError).Printf("http: panic serving %s", canaryAddress)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	everything := console.String()
	for _, name := range []string{"app.log", "worker.log"} {
		b, err := os.ReadFile(filepath.Join(dir, "logs", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n != 12 {
			t.Errorf("%s has %d lines, want 12", name, n)
		}
		for line := range bytes.Lines(b) {
			if !json.Valid(line) {
				t.Errorf("not JSON: %s", line)
			}
		}
		everything += string(b)
	}
	for _, c := range []string{canaryName, canaryUser, "canary.example"} {
		if i := strings.Index(strings.ToLower(everything), strings.ToLower(c)); i >= 0 {
			t.Errorf("%q is in the logs: …%s", c, everything[max(0, i-150):min(len(everything), i+40)])
		}
	}
	if !strings.Contains(everything, id.String()) {
		t.Error("a patient's UUID should be there")
	}
}

func TestDoor(t *testing.T) {
	t.Parallel()
	id := studymail.NewID()
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
		want map[string]any
	}{
		{"ids and numbers", func(l *slog.Logger) {
			l.Info("m", "message", id, "run", 12, "attempt", 3, "took", 1500*time.Millisecond, "ok", true)
		}, map[string]any{"message": id.String(), "run": 12.0, "attempt": 3.0, "took": "1.5s", "ok": true}},
		{"an id must be one", func(l *slog.Logger) { l.Info("m", "patient", "Jane", "message", true, "run", id.String()) }, map[string]any{"run": id.String(), "dropped": 2.0}},
		{"a number must be one", func(l *slog.Logger) { l.Info("m", "count", "many", "sleep_duration", "1.5s", "wait", "3") }, map[string]any{"sleep_duration": "1.5s", "wait": "3", "dropped": 1.0}},
		{"codes", func(l *slog.Logger) {
			l.Info("m", "state", studymail.Deferred, "reason", studymail.ReasonProviderLacks, "enhanced", "4.7.1", "code", 450, "addr", "[::1]:8000", "stage", "")
		}, map[string]any{"state": "deferred", "enhanced": "4.7.1", "code": 450.0, "addr": "[::1]:8000", "stage": "", "reason": "care provider missing a field"}},
		{"a code is short and simple", func(l *slog.Logger) { l.Info("m", "kind", strings.Repeat("x", 99), "code", "a\nb") }, map[string]any{"dropped": 2.0}},
		{"names of Go's", func(l *slog.Logger) {
			l.Info("m", "type", "*errors.errorString", "place", "studymail/internal/outbox.(*lane).report:170", "detail", "sqlstate=23505")
		}, map[string]any{"type": "*errors.errorString", "place": "studymail/internal/outbox.(*lane).report:170", "detail": "sqlstate=23505"}},
		{"and no more", func(l *slog.Logger) {
			l.Info("m", "type", "Jane Doe", "place", canaryAddress, "detail", "what: it says")
		}, map[string]any{"dropped": 3.0}},
		{"lists", func(l *slog.Logger) { l.Info("m", "queues", []string{"default", "plan"}, "kind", []string{"a"}) }, map[string]any{"queues": "default plan", "dropped": 1.0}},
		{"routes", func(l *slog.Logger) {
			l.Info("m", "path", "/patients/"+id.String()+"/edit", "route", "/u/"+strings.Repeat("a", 60)+"?x=1")
		}, map[string]any{"path": "/patients/" + id.String() + "/edit", "route": "/u/[token]"}},
		{"dropped counts what With left out", func(l *slog.Logger) { l.With("a", 1, "worker", id).WithGroup("g").With("b", 2).Info("m", "c", 3) }, map[string]any{"worker": id.String(), "dropped": 3.0}},
		{"empty attributes are not counted", func(l *slog.Logger) { l.LogAttrs(context.Background(), slog.LevelInfo, "m", slog.Attr{}) }, map[string]any{}},
		{"nil", func(l *slog.Logger) { l.Info("m", "error", nil) }, map[string]any{"error": nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			c.log(logs.New(slog.NewJSONHandler(&b, nil)))
			got := map[string]any{}
			if err := json.Unmarshal(b.Bytes(), &got); err != nil {
				t.Fatalf("%v in %s", err, b.String())
			}
			delete(got, "time")
			delete(got, "level")
			delete(got, "msg")
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Fatalf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := logs.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	id := studymail.NewID()
	logs.ProcessStarted(log, "serve", "v0.1.0-3-gabcdef+dirty", "sqlite", "127.0.0.1:8000")
	logs.ProcessStopped(log, "serve", time.Second)
	logs.CampaignMoved(log, id, studymail.Running)
	logs.Swept(log, 1, time.Second)
	logs.Imported(log, id, 1, 2, 3, time.Second)
	if n := strings.Count(b.String(), "\n"); n != 5 {
		t.Fatalf("%d lines:\n%s", n, b.String())
	}
	if strings.Contains(b.String(), `"dropped"`) {
		t.Fatalf("a named line uses a key or value that is not let through:\n%s", b.String())
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "logs", "app.log")
	l, err := logs.Open(logs.Options{AppPath: path, WorkerPath: path, MaxMB: 1, MaxFiles: 2})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is there at once, mode 0600: %v, %v", info, err)
	}
	l.App.Debug("not at level info")
	l.App.Info("one")
	l.Worker.Info("two")
	reply := strings.Repeat("word ", 70)
	for range 3 << 20 / 400 {
		l.App.Info("fill", "reply", reply)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
	if err != nil || len(files) < 2 {
		t.Fatalf("rotated at 1 MB: %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Size() > 1<<20 {
			t.Errorf("%s: %d bytes, %v", f, info.Size(), err)
		}
	}

	for _, bad := range []string{dir, filepath.Join(path, "below.log")} {
		_, err = logs.Open(logs.Options{AppPath: path, WorkerPath: bad})
		if err == nil || studymail.CodeOf(err) != studymail.Unavailable || !strings.Contains(err.Error(), bad) || strings.Count(err.Error(), bad) != 1 {
			t.Errorf("%s: got %v", bad, err)
		}
	}
	silent, err := logs.Open(logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	silent.App.Error("goes nowhere")
}
