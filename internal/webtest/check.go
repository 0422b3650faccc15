package webtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const axePath = "../web/assets/node_modules/axe-core/axe.min.js"

// axeRun asks for what WCAG 2.2 demands at levels A and AA. What a frame holds is a
// letter, of another origin.
const axeRun = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], iframes: false}).then((r) =>
	r.violations.map((v) => v.id + ": " + v.help + "\n" + v.nodes.slice(0, 5).map((n) => "    " + n.html + "\n      " + n.failureSummary.replace(/\n/g, "\n      ")).join("\n")))`

// CheckAccess fails on whatever axe-core finds wrong with the page. Without
// JavaScript there is no axe: use a tab that has it.
func (t *Tab) CheckAccess() *Tab {
	t.tb.Helper()
	axe, err := os.ReadFile(axePath)
	if err != nil {
		t.tb.Fatalf("axe-core is missing: %v; run make assets", err)
	}
	eval[int](t, string(axe)+";0")
	for _, f := range eval[[]string](t, axeRun, chromedp.EvalAwaitPromise) {
		t.tb.Errorf("%s: axe: %s", t.Path(), f)
	}
	return t
}

// CheckWidth fails on a page that is wider than the screen, and on cells out of which
// something hangs over the next.
func (t *Tab) CheckWidth() *Tab {
	t.tb.Helper()
	wide := eval[int](t, `document.documentElement.scrollWidth`)
	if wide > t.look.Width {
		what := eval[[]string](t, fmt.Sprintf(`[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > %d + 1).slice(0, 5).map((e) => e.tagName + "." + e.className)`, t.look.Width))
		t.tb.Errorf("%s is %d px wide on a screen of %d: %s", t.Path(), wide, t.look.Width, strings.Join(what, ", "))
	}
	for _, cell := range eval[[]string](t, `[...document.querySelectorAll("td, th")].filter((e) => e.scrollHeight > e.clientHeight + 2).slice(0, 5).map((e) => e.outerHTML)`) {
		t.tb.Errorf("%s: something hangs out of %s", t.Path(), cell)
	}
	return t
}

// inDocs are the pages whose pictures README and docs/coordinators.md show.
var inDocs = []string{"home", "patients", "campaign", "template-edit", "monitor"}

// mostOfAnImage bounds a picture in docs/images.
const mostOfAnImage = 150 << 10

// Image keeps a picture of what is seen first of the page in docs/images.
func (t *Tab) Image(name string) *Tab {
	t.tb.Helper()
	quality := int64(85)
	r := call(t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
	if len(r.Data) > mostOfAnImage {
		t.tb.Errorf("the picture of %s has %d bytes, at most %d are wanted", name, len(r.Data), mostOfAnImage)
	}
	if err := os.WriteFile(filepath.Join("../../docs/images", name+".webp"), r.Data, 0o644); err != nil {
		t.tb.Fatal(err)
	}
	return t
}

// Picture keeps a picture of the whole page in build/screenshots.
func (t *Tab) Picture(name string) *Tab {
	t.tb.Helper()
	colours := "light"
	if t.look.Dark {
		colours = "dark"
	}
	dir := "../../build/screenshots"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.tb.Fatal(err)
	}
	whole := true
	r := call(t, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, t.look.Width, colours))
	if err := os.WriteFile(file, r.Data, 0o644); err != nil {
		t.tb.Fatal(err)
	}
	return t
}
