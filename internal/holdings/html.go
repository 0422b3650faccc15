package holdings

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"studymail"
)

//go:embed held.html
var heldHTML string

// WriteHTML writes a page that needs nothing else to be read. Times are in a zone.
func (h *Held) WriteHTML(w io.Writer, zone *time.Location) error {
	page, err := template.New("held").Funcs(template.FuncMap{
		"time": func(t time.Time) string { return t.In(zone).Format("2 January 2006, 15:04:05") },
		"who":  who,
		"of": func(m map[string]string) [][2]string {
			var all [][2]string
			for k, v := range m {
				all = append(all, [2]string{k, v})
			}
			slices.SortFunc(all, func(a, b [2]string) int {
				if a[0] < b[0] {
					return -1
				}
				return 1
			})
			return all
		},
	}).Parse(heldHTML)
	if err != nil {
		return fmt.Errorf("read the page of what is held: %w", err)
	}
	return page.Execute(w, struct {
		*Held
		Zone string
	}{h, zone.String()})
}

// who says who did something: a person of the staff is told by their UUID alone.
func who(actor string) string {
	if _, err := studymail.ParseID(actor); err == nil {
		return "staff, " + actor
	}
	return actor
}
