package webtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Look is how a tab looks at pages.
type Look struct {
	Width    int  // 0: 1280
	Dark     bool // what the system is set to
	NoScript bool
}

// Tab is one tab of the browser, in a profile of its own: no cookies but its own.
type Tab struct {
	tb      testing.TB
	ctx     context.Context
	product *Product
	look    Look

	mu    sync.Mutex
	wrong []string // what the browser complained about
}

// patience is how long something may take to come true. It is for what is broken:
// a busy machine may be slow.
const patience = 60 * time.Second

var (
	browserOnce sync.Once
	browser     context.Context
	errBrowser  error
	endBrowser  func()
)

// chromium starts the browser, once for all tests of the process.
func chromium() (context.Context, error) {
	browserOnce.Do(func() {
		dir, err := os.MkdirTemp("", "studymail-webtest-")
		if err != nil {
			errBrowser = err
			return
		}
		opts := []chromedp.ExecAllocatorOption{
			chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless,
			chromedp.UserDataDir(filepath.Join(dir, "profile")),
			chromedp.WSURLReadTimeout(patience),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
			chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
			chromedp.Flag("font-render-hinting", "none"),
			// A letter in its sandboxed frame would have a process of its own, out of our sight.
			chromedp.Flag("disable-features", "IsolateSandboxedIframes"),
		}
		alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
		ctx, end := chromedp.NewContext(alloc)
		errBrowser = chromedp.Do(ctx)
		browser = ctx
		endBrowser = func() {
			_ = chromedp.Cancel(ctx)
			end()
			endAlloc()
			_ = os.RemoveAll(dir)
		}
	})
	return browser, errBrowser
}

// CloseBrowser ends the browser; for TestMain.
func CloseBrowser() {
	if endBrowser != nil {
		endBrowser()
	}
}

// Tab opens a tab on the product. When the test ends it fails on whatever the
// browser complained about.
func (p *Product) Tab(tb testing.TB, look Look) *Tab {
	tb.Helper()
	parent, err := chromium()
	if err != nil {
		tb.Fatalf("the browser does not start: %v; scripts/test-deps.sh installs chromium", err)
	}
	if look.Width == 0 {
		look.Width = 1280
	}
	t := &Tab{tb: tb, product: p, look: look}
	ctx, end := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.listen))
	t.ctx = ctx
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	if err := chromedp.Do(ctx); err != nil { // without a limit of time, which would be the tab's own
		tb.Fatalf("the browser opens no tab: %v", err)
	}
	call(t, network.Enable, network.EnableParams{})
	call(t, log.Enable, cdp.Empty{})
	call(t, runtime.Enable, cdp.Empty{})
	call(t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(look.Width), Height: 900, DeviceScaleFactor: 1, Mobile: look.Width < 700,
	})
	call(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	call(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: look.NoScript})
	tb.Cleanup(func() {
		end()
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, w := range t.wrong {
			tb.Errorf("the browser: %s", w)
		}
	})
	return t
}

// run does steps in the tab, and fails the test if one fails.
func (t *Tab) run(steps ...chromedp.Action[chromedp.Void]) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.tb.Fatalf("the browser: %v", err)
	}
}

// call sends the browser one command of its protocol.
func call[P, R any](t *Tab, cmd cdp.Command[P, R], params P) R {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		t.tb.Fatalf("the browser: %v", err)
	}
	return r
}

// eval runs JavaScript in the page and reads its value.
func eval[T any](t *Tab, js string, opts ...chromedp.EvaluateOption) T {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, opts...))
	if err != nil {
		t.tb.Fatalf("the browser: %v", err)
	}
	return v
}
