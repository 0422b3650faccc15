package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"studymail"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Open opens a page of the product.
func (t *Tab) Open(path string) *Tab {
	t.tb.Helper()
	t.run(chromedp.Navigate(t.product.URL + path))
	return t
}

// SignIn signs the user of a role in, by the form.
func (t *Tab) SignIn(role studymail.Role) *Tab {
	t.tb.Helper()
	t.Open("/login").Fill("E-mail address", Address(role)).Fill("Password", Password).Go("Sign in")
	if at := t.Path(); at == "/login" {
		t.tb.Fatalf("signing in as %s: still at /login: %s", role, t.Text())
	}
	return t
}

// find is JavaScript that finds an input by its label, and a button, link or
// summary by what it says, as a person would. It runs in the page by the debugger,
// also where the page itself may run nothing.
const find = `(() => {
	const words = (e) => (e.textContent || e.value || "").replace(/\s+/g, " ").trim();
	const seen = (e) => e && e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
	const best = (all, what) => { all = all.filter(seen); return all.find((e) => words(e) === what || e.getAttribute("aria-label") === what) || all.find((e) => words(e).startsWith(what)); };
	window.webtest = {
		input(what) {
			const l = best([...document.querySelectorAll("label, legend")].filter((l) => l.control || l.tagName === "LEGEND"), what);
			return l && (l.control || l.parentElement);
		},
		press(what) { return best([...document.querySelectorAll("button, a[href], summary, input[type=submit], [role=button]")], what); },
	};
})();`

func quote(s string) string {
	b, _ := json.Marshal(s) // of a string it cannot fail
	return string(b)
}

// Fill types into the field with that label, in the place of what stands there. A
// box is ticked by "yes" and not by "", a choice made by the value's or its text.
func (t *Tab) Fill(label, value string) *Tab {
	t.tb.Helper()
	kind := eval[string](t, find+fmt.Sprintf(`(() => {
		const e = webtest.input(%s); if (!e) return "";
		e.scrollIntoView({block: "center"});
		if (e.tagName === "SELECT") {
			const o = [...e.options].find((o) => o.value === %[2]s || o.text === %[2]s); if (!o) return "no such choice";
			e.value = o.value; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return "done";
		}
		if (e.type === "checkbox" || e.type === "radio") { if (e.checked !== (%[2]s !== "")) e.click(); return "done"; }
		if (["date", "time", "datetime-local", "color", "range"].includes(e.type)) { e.value = %[2]s; e.dispatchEvent(new Event("change", {bubbles: true})); return "done"; }
		e.focus(); e.select?.(); return "type";
	})()`, quote(label), quote(value)))
	switch kind {
	case "done":
	case "type":
		if value == "" {
			t.run(chromedp.KeyEvent(kb.Delete))
		} else {
			call(t, input.InsertText, input.InsertTextParams{Text: value})
		}
	default:
		t.tb.Fatalf("there is no field %q (%s) on %s: %s", label, kind, t.Path(), t.Text())
	}
	return t
}

// Upload chooses a file in the field with that label.
func (t *Tab) Upload(label, file string) *Tab {
	t.tb.Helper()
	id := eval[string](t, find+fmt.Sprintf(`webtest.input(%s)?.id || ""`, quote(label)))
	if id == "" {
		t.tb.Fatalf("there is no field %q on %s", label, t.Path())
	}
	t.run(chromedp.SetUploadFiles("#"+id, []string{file}))
	return t
}

// Press clicks the button or link that says so, with the mouse. What comes of it
// is seen by Sees.
func (t *Tab) Press(what string) *Tab {
	t.tb.Helper()
	at := eval[[]float64](t, find+fmt.Sprintf(`(() => {
		const e = webtest.press(%s); if (!e) return [];
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2];
	})()`, quote(what)))
	if len(at) != 2 {
		t.tb.Fatalf("there is no button or link %q on %s: %s", what, t.Path(), t.Text())
	}
	t.run(chromedp.MouseClickXY(at[0], at[1]))
	return t
}

// Go is Press, and waits for the page that it leads to.
func (t *Tab) Go(what string) *Tab {
	t.tb.Helper()
	eval[bool](t, `document.documentElement.webtestOld = true`)
	t.Press(what)
	return t.Leaves()
}

// Leaves waits until another page is there, whole.
func (t *Tab) Leaves() *Tab {
	t.tb.Helper()
	t.until("another page", `document.readyState === "complete" && !document.documentElement.webtestOld`)
	return t
}

// Keys presses keys: kb.Tab, kb.Enter, letters.
func (t *Tab) Keys(keys string) *Tab {
	t.tb.Helper()
	t.run(chromedp.KeyEvent(keys))
	return t
}

// Focused tells what has the keyboard: what it says, or its label.
func (t *Tab) Focused() string {
	t.tb.Helper()
	return eval[string](t, `(() => { const e = document.activeElement; if (!e || e === document.body) return "";
		return ((e.labels && e.labels[0]?.textContent) || e.getAttribute("aria-label") || e.textContent || e.id || "").replace(/\s+/g, " ").trim(); })()`)
}

// Sees waits until the page says something.
func (t *Tab) Sees(what string) *Tab {
	t.tb.Helper()
	t.until(fmt.Sprintf("%q", what), fmt.Sprintf(`document.body && document.body.innerText.replace(/\s+/g, " ").includes(%s)`, quote(what)))
	return t
}

// SeesInFrame waits until the letter in the frame says something.
func (t *Tab) SeesInFrame(what string) *Tab {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// The frame has no origin: only the debugger's tree of the page has it.
		deep := int64(-1)
		pierce := true
		r, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{Depth: &deep, Pierce: &pierce})
		if err == nil && strings.Contains(strings.Join(strings.Fields(frameText(r.Root, false)), " "), what) {
			return t
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.tb.Fatalf("waited for %q in the frame of %s", what, t.Path())
		}
	}
}

// frameText is what the documents inside of a page's frames say.
func frameText(n *cdp.Node, inside bool) string {
	text := ""
	if inside && n.NodeName == "#text" {
		text = n.NodeValue + " "
	}
	for _, c := range n.Children {
		text += frameText(c, inside)
	}
	if n.ContentDocument != nil {
		text += frameText(n.ContentDocument, true)
	}
	return text
}

// SeesNot fails if the page says something.
func (t *Tab) SeesNot(what string) *Tab {
	t.tb.Helper()
	if strings.Contains(t.Text(), what) {
		t.tb.Fatalf("%s says %q", t.Path(), what)
	}
	return t
}

// At waits until the page is at a path.
func (t *Tab) At(path string) *Tab {
	t.tb.Helper()
	t.until("path "+path, fmt.Sprintf(`location.pathname === %s && document.readyState === "complete"`, quote(path)))
	return t
}

// Path is where the tab is: path and query.
func (t *Tab) Path() string {
	t.tb.Helper()
	return eval[string](t, `location.pathname + location.search`)
}

// Text is what the page says.
func (t *Tab) Text() string {
	t.tb.Helper()
	return eval[string](t, `document.body ? document.body.innerText.replace(/\s+/g, " ") : ""`)
}

// until waits until JavaScript says yes. A page in between two others may answer
// with an error; it is asked again.
func (t *Tab) until(what, js string) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+js+`)`)); err == nil && yes {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.tb.Fatalf("waited for %s; %s says: %s", what, t.Path(), t.Text())
		}
	}
}
