package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// jsonFlag gives a command --json.
func (e *env) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&e.asJSON, "json", false, "print one JSON value instead of text")
}

// say prints a sentence for people.
func (e *env) say(format string, args ...any) error {
	_, err := io.WriteString(e.Out, fmt.Sprintf(format, args...)+"\n")
	return cannotPrint(err)
}

// print prints one JSON value.
func (e *env) print(v any) error {
	w := json.NewEncoder(e.Out)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	return cannotPrint(w.Encode(v))
}

func cannotPrint(err error) error {
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}

// array prints a JSON array of any length, value by value.
type array struct {
	out   *bufio.Writer
	began bool
}

func (e *env) array() *array { return &array{out: bufio.NewWriter(e.Out)} }

func (a *array) add(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return cannotPrint(err)
	}
	lead := ",\n  "
	if !a.began {
		lead = "[\n  "
	}
	a.began = true
	_, _ = a.out.WriteString(lead) // a bufio.Writer keeps its first error
	_, err = a.out.Write(b)
	return cannotPrint(err)
}

func (a *array) end() error {
	tail := "\n]\n"
	if !a.began {
		tail = "[]\n"
	}
	_, _ = a.out.WriteString(tail) // as above
	return cannotPrint(a.out.Flush())
}

// facts prints name and value pairs, one a line.
func (e *env) facts(pairs ...[2]string) error {
	t := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
	for _, p := range pairs {
		value := p[1]
		if value == "" {
			value = "–"
		}
		_, _ = io.WriteString(t, p[0]+"\t"+value+"\n") // told by Flush
	}
	return cannotPrint(t.Flush())
}

// clock shows a time to the minute in the installation's zone; "" for none.
func (j *job) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(j.Config.TimeZone).Format("2006-01-02 15:04")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// count words a number of things: "1 patient", "1,234 patients".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// stamp is a time as JSON has it; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// indent puts a lead before each line.
func indent(text, lead string) string {
	return lead + strings.ReplaceAll(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n", "\n"+lead)
}
