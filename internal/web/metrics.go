package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"studymail"
	"studymail/internal/store"
)

// Metrics are the figures that Prometheus asks for. What concerns the installation
// is read from the database when it is asked for, so that every process says the
// same; what concerns this process is counted here. Labels are words of ours:
// states, codes, routes. Nobody's detail, no UUID.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	source   MetricsSource
}

// MetricsSource is what figures are read from.
type MetricsSource struct {
	Store   *store.Store
	Engine  Engine
	Health  Health
	Log     *slog.Logger
	Version string
}

// NewMetrics makes them.
func NewMetrics(source MetricsSource) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), source: source,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "studymail_http_request_seconds", Help: "How long this process took to answer, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m)
	return m
}

// Handler answers with all of them, to anybody.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// NewMetricsServer makes a server that answers /metrics and nothing else, without
// a login: for an address that only the monitor reaches.
func NewMetricsServer(m *Metrics, log *slog.Logger) *Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	return &Server{&http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

// answered counts an answer.
func (m *Metrics) answered(rt *route, method string, status int, took time.Duration) {
	if m == nil {
		return
	}
	if method != http.MethodGet && method != http.MethodPost && method != http.MethodHead {
		method = "other"
	}
	path := rt.path
	if path == "" {
		path = "none"
	}
	m.requests.WithLabelValues(method, path, strconv.Itoa(status)).Observe(took.Seconds())
}

// metrics answers who has the token. Without one set there is no such page.
func (s *site) metrics(v *visit) error {
	want := s.Config.MetricsToken
	if want.IsEmpty() || s.Metrics == nil {
		return studymail.Errorf(studymail.NotFound, "there is no such page")
	}
	given, bearer := strings.CutPrefix(v.r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want.Reveal()))
	if !bearer || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		v.w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(v.w, "This wants METRICS_TOKEN as a bearer token.", http.StatusUnauthorized)
		return nil
	}
	s.Metrics.Handler().ServeHTTP(v.w, v.r)
	return nil
}

// measure is a figure of the installation.
type measure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) measure {
	return measure{prometheus.NewDesc("studymail_"+name, help, labels, nil), prometheus.GaugeValue}
}

var (
	measureUp        = gauge("up", "1 when the database could be read for these figures.")
	measureInfo      = gauge("info", "What runs.", "version", "database")
	measureHealthy   = gauge("healthy", "1 when mail flows: all checks are well.")
	measureCheck     = gauge("check", "1 when a check of health is well.", "check")
	measureWorkers   = gauge("workers", "Workers that live.")
	measureArmed     = gauge("armed", "1 when mail may leave at all.")
	measureStuck     = gauge("stuck_claims", "Messages held by workers whose lease is over.")
	measureUnsent    = gauge("oldest_unsent_seconds", "Since when the oldest message waits that could go now; 0: none waits.")
	measureTick      = gauge("last_look_at_schedules_seconds", "How long ago some process looked at the schedules.")
	measureUncertain = gauge("uncertain_messages", "Messages of which a person must say what became of them.")
	measureTransport = gauge("transport", "1 for the state in which a transport is.", "transport", "state")
	measureConns     = gauge("connections", "Connections that carry mail, of all workers.", "transport")
	measureJobs      = gauge("jobs", "Jobs of a queue.", "queue", "state")
	measurePaused    = gauge("queue_paused", "1 when a queue is paused.", "queue")
	measureLetters   = measure{prometheus.NewDesc("studymail_letters_total", "What became of hand-overs, ever.", []string{"outcome"}, nil), prometheus.CounterValue}
	measureTook      = prometheus.NewDesc("studymail_handover_seconds", "How long hand-overs took, ever.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, one := range []measure{
		measureUp, measureInfo, measureHealthy, measureCheck, measureWorkers, measureArmed, measureStuck, measureUnsent, measureTick,
		measureUncertain, measureTransport, measureConns, measureJobs, measurePaused, measureLetters,
	} {
		to <- one.desc
	}
	to <- measureTook
}

// installation is what is read of it.
type installation struct {
	pulse     studymail.Pulse
	health    studymail.Health
	uncertain int
	queues    []studymail.JobQueue
	sums      map[string]int64
}

func (m *Metrics) read(ctx context.Context) (i installation, err error) {
	if i.health, err = m.source.Health.MailFlows(ctx); err != nil {
		return i, err
	}
	err = m.source.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if i.pulse, err = tx.Pulse(ctx); err != nil {
			return err
		}
		if i.uncertain, _, err = tx.Uncertain(ctx); err != nil {
			return err
		}
		if i.queues, err = m.source.Engine.Queues(ctx, tx); err != nil {
			return err
		}
		i.sums, err = tx.FigureSums(ctx)
		return err
	})
	return i, err
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	put := func(one measure, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(one.desc, one.kind, value, labels...)
	}
	put(measureInfo, 1, m.source.Version, string(m.source.Store.Kind()))
	i, err := m.read(ctx)
	if err != nil {
		m.source.Log.Warn("figures could not be read", "error", err)
		put(measureUp, 0)
		return
	}
	put(measureUp, 1)
	put(measureHealthy, oneIf(i.health.Healthy))
	for _, c := range i.health.Checks {
		put(measureCheck, oneIf(c.OK), c.Name)
	}
	p := &i.pulse
	put(measureWorkers, float64(p.Workers))
	put(measureArmed, oneIf(p.Arming.Armed))
	put(measureStuck, float64(p.StuckClaims))
	put(measureUnsent, secondsSince(p.Now, p.OldestUnsent))
	put(measureTick, secondsSince(p.Now, p.LastTick))
	put(measureUncertain, float64(i.uncertain))
	for k := range p.Transports {
		t := &p.Transports[k]
		for _, state := range []studymail.TransportState{studymail.TransportUp, studymail.TransportBackingOff, studymail.TransportStopped} {
			put(measureTransport, oneIf(t.State == state), t.Name, string(state))
		}
		put(measureConns, float64(t.Connections), t.Name)
	}
	for _, q := range i.queues {
		put(measureJobs, float64(q.Waiting), q.Name, string(studymail.JobWaiting))
		put(measureJobs, float64(q.Running), q.Name, string(studymail.JobRunning))
		put(measurePaused, oneIf(!q.Paused.IsZero()), q.Name)
	}
	m.collectSums(to, put, i.sums)
}

func (m *Metrics) collectSums(to chan<- prometheus.Metric, put func(measure, float64, ...string), sums map[string]int64) {
	var (
		by  [studymail.TookBuckets]int64
		all uint64
	)
	for what, n := range sums {
		if b, is := studymail.BucketOf(what); is {
			by[b] += n
			all += uint64(max(n, 0))
		} else if what != studymail.FigureTookSum {
			put(measureLetters, float64(n), what)
		}
	}
	buckets, below := map[float64]uint64{}, uint64(0)
	for b, n := range by {
		below += uint64(max(n, 0))
		if bound := studymail.TookBound(b); bound != 0 {
			buckets[bound.Seconds()] = below
		}
	}
	to <- prometheus.MustNewConstHistogram(measureTook, all, float64(sums[studymail.FigureTookSum])/1000, buckets)
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func secondsSince(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return max(now.Sub(then).Seconds(), 0)
}
