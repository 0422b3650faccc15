package bounce

import (
	"strings"

	"golang.org/x/net/html"
)

// unmark gives the words of an HTML text, roughly: a line for each block.
func unmark(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxText)
	skip := 0
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "style", "script", "title":
				if kind == html.StartTagToken {
					skip++
				}
			case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "td", "pre", "blockquote":
				b.WriteByte('\n')
			}
		case html.CommentToken, html.DoctypeToken:
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "style", "script", "title":
				skip = max(0, skip-1)
			case "p", "div", "tr", "td", "h1", "h2", "h3":
				b.WriteByte('\n')
			}
		}
	}
}
