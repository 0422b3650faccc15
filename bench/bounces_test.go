package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail/internal/bounce"
)

// TestBounces reads a folder of mails and prints what the classifier makes of
// them, next to what is expected: `make bench-bounces CORPUS=DIR`.
//
// EXPECT is a file of lines "name kind [class]", parted by tabs, or a folder of
// sisimai's tests (go-sisimai/fact). HALF=tune or HALF=other keeps to one half of
// the names; SHOW=1 lists each mail that came out otherwise.
func TestBounces(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("wants a folder of mails: `make bench-bounces CORPUS=DIR`")
	}
	want := expectations(t, os.Getenv("EXPECT"))
	var all []judged
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".eml", ".txt", ".msg", ""}, filepath.Ext(path)) {
			return err
		}
		if half := os.Getenv("HALF"); half != "" && half != halfOf(d.Name()) {
			return nil
		}
		all = append(all, judge(t, path, want[d.Name()]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no mail in %s", corpus)
	}
	report(all)
}

// judged is one mail with what came out, and what should have.
type judged struct {
	path   string
	got    bounce.Report
	want   expected
	took   time.Duration
	memory uint64
}

type expected struct {
	kind  bounce.Kind // "" where nothing is expected
	class bounce.Class
	said  string // in the words of who expects it
	// doubtful: sisimai calls "filtered" what says "user unknown" where it cannot
	// see that the answer was to RCPT. That is listed, not counted.
	doubtful bool
}

// halfOf says in which half a name is: the rules were tuned on one only.
func halfOf(name string) string {
	if sha256.Sum256([]byte(name))[0]&1 == 0 {
		return "tune"
	}
	return "other"
}

func judge(t *testing.T, path string, want expected) judged {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // the user names the folder
	if err != nil {
		t.Fatal(err)
	}
	j := judged{path: path, want: want, took: time.Hour}
	for range 3 { // the quickest: the machine is never quiet
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now() //nolint:forbidigo // a benchmark
		if j.got, err = bounce.Read(bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		j.took = min(j.took, time.Since(began))
		runtime.ReadMemStats(&after)
		j.memory = after.TotalAlloc - before.TotalAlloc
	}
	return j
}

func report(all []judged) {
	var took []time.Duration
	var memory uint64
	type figures struct{ right, wrong, missed int }
	kinds, classes := map[string]*figures{}, map[string]*figures{}
	at := func(m map[string]*figures, name string) *figures {
		if m[name] == nil {
			m[name] = &figures{}
		}
		return m[name]
	}
	count := func(m map[string]*figures, got, want string) {
		if got == want {
			at(m, want).right++
			return
		}
		at(m, got).wrong++
		at(m, want).missed++
	}
	var falseHard, doubtful, others []judged
	known := 0
	for _, j := range all {
		took = append(took, j.took)
		memory = max(memory, j.memory)
		if j.want.kind == "" {
			continue
		}
		if j.want.doubtful && j.got.Kind == bounce.Hard {
			doubtful = append(doubtful, j)
			continue
		}
		known++
		if j.want.said != "" && j.want.kind == bounce.Soft && j.got.Kind == bounce.Delayed {
			j.want.kind, j.want.class = j.got.Kind, j.got.Class // sisimai does not tell a delay from a failure
		}
		count(kinds, string(j.got.Kind), string(j.want.kind))
		if j.want.class != "" {
			count(classes, string(j.got.Class), string(j.want.class))
		}
		switch {
		case j.got.Kind == bounce.Hard && j.want.kind != bounce.Hard:
			falseHard = append(falseHard, j)
		case j.got.Kind != j.want.kind || j.want.class != "" && j.got.Class != j.want.class:
			others = append(others, j)
		}
	}
	slices.Sort(took)
	fmt.Printf("\n%d mails, %d with an expectation; median %s, longest %s; most memory allocated for one %d kB, peak of the process %s\n\n",
		len(all), known, took[len(took)/2], took[len(took)-1], memory>>10, peak())
	for _, m := range []struct {
		title string
		of    map[string]*figures
	}{{"kind", kinds}, {"class", classes}} {
		if len(m.of) == 0 {
			continue
		}
		fmt.Printf("%-18s %8s %8s %8s %10s %8s\n", m.title, "right", "wrong", "missed", "precision", "recall")
		for _, name := range sorted(m.of) {
			f := m.of[name]
			fmt.Printf("%-18s %8d %8d %8d %10s %8s\n", name, f.right, f.wrong, f.missed, share(f.right, f.wrong), share(f.right, f.missed))
		}
		fmt.Println()
	}
	fmt.Printf("false hard marks: %d\n", len(falseHard))
	for _, j := range falseHard {
		fmt.Println("  " + j.line())
	}
	if len(doubtful) > 0 {
		fmt.Printf("hard where sisimai says \"filtered\": %d\n", len(doubtful))
		for _, j := range doubtful {
			fmt.Println("  " + j.line())
		}
	}
	if os.Getenv("SHOW") != "" {
		fmt.Printf("others: %d\n", len(others))
		for _, j := range others {
			fmt.Println("  " + j.line())
		}
	}
}

func (j *judged) line() string {
	return fmt.Sprintf("%s: %s/%s (%s %d %s), expected %s/%s %s", filepath.Base(j.path), j.got.Kind, j.got.Class, j.got.Code, j.got.Reply, j.got.Format, j.want.kind, j.want.class, j.want.said)
}

func sorted[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	return names
}

func share(part, rest int) string {
	if part+rest == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*float64(part)/float64(part+rest), 'f', 1, 64) + " %"
}

// peak is the most memory that the process had.
func peak() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func expectations(t *testing.T, from string) map[string]expected {
	t.Helper()
	want := map[string]expected{}
	if from == "" {
		return want
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		return sisimai(t, from)
	}
	f, err := os.Open(from) //nolint:gosec // the user names it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		if len(row) < 2 || strings.HasPrefix(row[0], "#") {
			continue
		}
		e := expected{kind: bounce.Kind(row[1])}
		if len(row) > 2 {
			e.class = bounce.Class(row[2])
		}
		want[row[0]] = e
	}
	return want
}

// sisimaiReasons says what its reasons are in our words; none of the classes
// where it draws its lines elsewhere.
var sisimaiReasons = map[string]expected{
	"userunknown": {kind: bounce.Hard, class: bounce.NoMailbox}, "hostunknown": {kind: bounce.Hard, class: bounce.NoDomain},
	"hasmoved": {kind: bounce.Hard, class: bounce.NoMailbox}, "suspend": {kind: bounce.Soft, class: bounce.Disabled},
	"mailboxfull": {kind: bounce.Soft, class: bounce.Full}, "mesgtoobig": {kind: bounce.Soft, class: bounce.TooLarge}, "exceedlimit": {kind: bounce.Soft, class: bounce.TooLarge},
	"filtered": {kind: bounce.Policy, doubtful: true}, "rejected": {kind: bounce.Policy, class: bounce.PolicyBlock}, "policyviolation": {kind: bounce.Policy, class: bounce.PolicyBlock},
	"blocked": {kind: bounce.Policy, class: bounce.Reputation}, "badreputation": {kind: bounce.Policy, class: bounce.Reputation}, "requireptr": {kind: bounce.Policy, class: bounce.Reputation},
	"spamdetected": {kind: bounce.Policy, class: bounce.ContentRefused}, "virusdetected": {kind: bounce.Policy, class: bounce.ContentRefused}, "contenterror": {kind: bounce.Policy, class: bounce.ContentRefused}, "notcompliantrfc": {kind: bounce.Policy, class: bounce.ContentRefused},
	"speeding": {kind: bounce.Soft, class: bounce.Rate}, "toomanyconn": {kind: bounce.Soft, class: bounce.Rate}, "ratelimited": {kind: bounce.Soft, class: bounce.Rate},
	"networkerror": {kind: bounce.Soft, class: bounce.Routing}, "expired": {kind: bounce.Soft, class: bounce.Routing},
	"systemerror": {kind: bounce.Soft, class: bounce.Configuration}, "systemfull": {kind: bounce.Soft}, "mailererror": {kind: bounce.Soft, class: bounce.Configuration}, "norelaying": {kind: bounce.Soft, class: bounce.Configuration}, "syntaxerror": {kind: bounce.Soft, class: bounce.Configuration},
	"authfailure": {kind: bounce.Soft, class: bounce.Security}, "securityerror": {kind: bounce.Soft, class: bounce.Security}, "failedstarttls": {kind: bounce.Soft, class: bounce.Security},
	"vacation": {kind: bounce.Automatic, class: bounce.AutoReply}, "feedback": {kind: bounce.Complaint, class: bounce.Abuse}, "delivered": {kind: bounce.None, class: bounce.NotABounce},
	"onhold": {kind: bounce.None, class: bounce.Unknown}, "undefined": {kind: bounce.None, class: bounce.Unknown},
}

var (
	sisimaiList = regexp.MustCompile(`(?s)publiclist := \[\]\[\]IsExpected\{(.*?)EngineTest\(`)
	sisimaiRow  = regexp.MustCompile(`\{"(\d+)",\s*\d+\s*,\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*(true|false)\s*,\s*"([^"]*)"\}`)
	sisimaiFile = regexp.MustCompile(`^\d+-(.*)_test\.go$`)
)

// sisimai reads the expectations out of go-sisimai's tests. A mail with several
// recipients is not about ours.
func sisimai(t *testing.T, dir string) map[string]expected {
	t.Helper()
	want := map[string]expected{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := sisimaiFile.FindStringSubmatch(f.Name())
		if name == nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name())) //nolint:gosec // the user names the folder
		if err != nil {
			t.Fatal(err)
		}
		list := sisimaiList.FindSubmatch(b)
		if list == nil {
			continue
		}
		for _, row := range sisimaiRow.FindAllStringSubmatch(string(list[1]), -1) {
			file := name[1] + "-" + row[1] + ".eml"
			e := sisimaiReasons[row[4]]
			e.said = row[2] + " " + row[3] + " " + row[4]
			switch {
			case row[6] == "auth-failure", row[6] == "not-spam", row[6] == "dmarc":
				e.kind, e.class = bounce.None, bounce.NotABounce
			case row[4] == "notaccept":
				e.kind, e.class = bounce.Policy, ""
				if row[5] == "true" {
					e.kind = bounce.Hard
				}
			}
			if _, twice := want[file]; twice {
				e = expected{kind: bounce.None, class: bounce.NotABounce, said: "several recipients"}
			}
			want[file] = e
		}
	}
	return want
}
