package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// each runs a test on both databases, with River's tables.
func each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := jobs.Migrate(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		fn(t, s)
	})
}

func newQueue(t *testing.T, s *store.Store) *jobs.Queue {
	t.Helper()
	q, err := jobs.NewQueue(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// capture keeps everything that is logged, at any level.
type capture struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (c *capture) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.Write(b)
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.String()
}

func (c *capture) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines gives the logged lines with a message.
func (c *capture) lines(t *testing.T, msg string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(c.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m["msg"] == msg {
			all = append(all, m)
		}
	}
	return all
}

// handlers do nothing, and say that they were called.
type calls struct {
	send, plan, imports chan studymail.ID
	sweep               chan string
}

func newCalls() *calls {
	return &calls{make(chan studymail.ID, 1000), make(chan studymail.ID, 1000), make(chan studymail.ID, 1000), make(chan string, 1000)}
}

func (c *calls) handlers() jobs.Handlers {
	sweep := func(name string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			c.sweep <- name
			return "", nil
		}
	}
	return jobs.Handlers{
		SendPass: func(_ context.Context, run studymail.ID) error {
			c.send <- run
			return nil
		},
		PlanCampaign: func(_ context.Context, campaign, _ studymail.ID) (string, error) {
			c.plan <- campaign
			return "planned=3", nil
		},
		RunImport: func(_ context.Context, id studymail.ID) error {
			c.imports <- id
			return nil
		},
		RetrySweep:     sweep("retry"),
		StuckSweep:     sweep("stuck"),
		RetentionPurge: sweep("purge"),
	}
}

func wait[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("waited 30 s for %s", what)
		panic("unreachable")
	}
}

// eventually polls a condition that only the database can tell.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("waited 30 s until %s", what)
		}
	}
}

func start(t *testing.T, s *store.Store, h jobs.Handlers, log *slog.Logger, change ...func(*jobs.Options)) *jobs.Engine {
	t.Helper()
	o := jobs.Options{Log: log, Now: time.Now, Workers: 2, Tick: 50 * time.Millisecond}
	for _, c := range change {
		c(&o)
	}
	e, err := jobs.Start(t.Context(), s, h, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func stop(t *testing.T, e *jobs.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func stats(t *testing.T, q *jobs.Queue) jobs.Stats {
	t.Helper()
	st, err := q.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func history(t *testing.T, s *store.Store, sched int64) []studymail.ScheduleRun {
	t.Helper()
	var all []studymail.ScheduleRun
	if err := s.Read(t.Context(), func(tx *store.Tx) error {
		var err error
		all, err = tx.ScheduleRuns(t.Context(), sched, 1000)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func aSweep(expr string) studymail.Schedule {
	return storetest.ASchedule(studymail.Interval, expr)
}
