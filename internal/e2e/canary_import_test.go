package e2e

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf16"

	"studymail/internal/store"
)

func canaryRow(i int) string {
	cancelled := ""
	if i == optedOutCanary {
		cancelled = "Opted out"
	}
	return fmt.Sprintf("%s,Quillwöstra,Vexandrine,%s,ABCD001,,%s,wimplotz-%d\n", canaryUsername(i), canaryAddress(i), cancelled, i)
}

const canaryHeader = "username,first_name,last_name,email,ods_code,status,cancelled,external_id\n"

func (a *aviary) importCanaries() {
	a.tb.Helper()
	var good strings.Builder
	good.WriteString(canaryHeader)
	for i := 1; i <= canaries; i++ {
		good.WriteString(canaryRow(i))
	}
	for i := range 10 {
		fmt.Fprintf(&good, "user%d,User,Number%d,user%d@example.org,ABCD001,,,\n", i, i, i)
	}
	var bad strings.Builder
	bad.WriteString(canaryHeader)
	for i, row := range []string{
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra.vexandrine,ABCD001,,,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwöstra@example.org,ABCD001,,,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org,NOSUCH,,,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org,Vexandrine,,,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,Vexandrine,,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,,Quillwöstra,",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org",
		"xq7vanquelle.bad%d,Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,,,,,Vexandrine",
		"xq7vanquelle.bad%d,Quill\x07wöstra Vexandrine,Vexandrine,quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.bad%d,\"Quillwöstra\nVexandrine\",Vexandrine,quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.bad%d,Quillwöstra\xff,Vexandrine,quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.bad%d,Quill\"wöstra,Vexandrine\",quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.bad%d,Quillwöstra," + strings.Repeat("Vexandrine", 50) + ",quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.1,Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,,,",
		"xq7vanquelle.1,Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,,,", // twice
		",Quillwöstra,Vexandrine,quillwostra@example.org,ABCD001,,,",
		"user0,User,Number0,user0@example.org,ABCD001,,,",
	} {
		if strings.Contains(row, "%d") {
			row = fmt.Sprintf(row, i)
		}
		bad.WriteString(row + "\n")
	}
	a.write("good.csv", good.String())
	a.write("bad.csv", bad.String())
	// Without a header the first row is a patient; or the header is wrong.
	a.write("headless.csv", canaryRow(1)+canaryRow(2))
	a.write("columns.csv", "username,Vexandrine,first_name,last_name,email,ods_code\nxq7vanquelle.9,x,Quillwöstra,Vexandrine,quillwostra.vexandrine.9@example.org,ABCD001\n")
	a.write("twice.csv", "username,username,Vexandrine\n"+canaryRow(1))
	a.write("open.csv", canaryHeader+"\"xq7vanquelle.1,Quillwöstra,Vexandrine\n")
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(canaryHeader + strings.Replace(canaryRow(1), "ABCD001", "NOSUCH", 1))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	a.write("wide.csv", string(wide))
	for _, c := range [][]string{
		{"good.csv", "--dry-run"},
		{"good.csv", "--dry-run", "--json"},
		{"bad.csv", "--dry-run", "--json"},
		{"bad.csv", "--yes"},
		{"bad.csv"}, // asks, and standard input is no terminal
		{"bad.csv", "--yes", "--json"},
		{"headless.csv", "--yes"},
		{"columns.csv", "--dry-run"},
		{"twice.csv", "--yes"},
		{"open.csv", "--yes", "--json"},
		{"wide.csv", "--yes"},
		{"bad.csv", "--skip-bad", "--create-providers", "--dry-run"},
	} {
		a.try(append([]string{"import", "--study", tracer}, c...)...)
	}
	a.say("import", "good.csv", "--study", tracer, "--yes")
	if r := a.try("import", "bad.csv", "--study", tracer, "--skip-bad", "--yes", "--json"); !strings.Contains(r.out, `"problems"`) {
		a.tb.Fatalf("the bad rows are taken: %s%s", r.out, r.err)
	}
	// Again, with one address changed, and through a pipe.
	changed := strings.Replace(good.String(), canaryAddress(sentCanary), "quillwostra.new@example.org", 1)
	for _, in := range []string{changed, good.String()} {
		cmd := a.command(context.Background(), "import", "-", "--study", tracer, "--yes", "--recontact")
		cmd.Stdin = strings.NewReader(in)
		out, err := cmd.CombinedOutput()
		a.heard("import from standard input", string(out))
		if err != nil {
			a.tb.Fatalf("%v\n%s", err, out)
		}
	}
	a.identify()
	if len(a.patients) != canaries+10 {
		a.tb.Fatalf("%d patients", len(a.patients))
	}
}

// typeCanaries types them where they do not belong.
func (a *aviary) typeCanaries() {
	a.tb.Helper()
	id := a.patient(1)
	if a.kind == store.Postgres {
		// A name to look up, a study's say, is a parameter of a statement: a server
		// that is told to log these logs it, too.
		a.alter("log_statement = 'none'")
		defer a.alter("log_statement = 'all'")
	}
	for _, c := range []string{canaryAddress(1), "Quillwöstra Vexandrine", "xq7vanquelle.1"} {
		for _, args := range [][]string{
			{c},
			{"patient", c},
			{"patient", "show", c},
			{"patient", "show", id, "--reveal=" + c},
			{"patient", "list", "--study", c},
			{"patient", "list", "--provider", c},
			{"patient", "set", id, "--status", c},
			{"send", "--template", c, "--patient", id},
			{"send", "--template", "invitation", "--patient", c},
			{"outbox", "list", "--state", c},
			{"outbox", "resolve", c, "--as", "sent"},
			{"event", "list", "--about", c},
			{"event", "list", "--since", c},
			{"campaign", "create", "--study", tracer, "--template", "invitation", "--at", c},
			{"campaign", "show", c, "--json"},
			{"schedule", "run", c},
			{"import", "good.csv", "--study", c},
		} {
			if r := a.try(args...); r.code == 0 {
				a.tb.Errorf("studymail %s works", strings.Join(args, " "))
			}
		}
	}
}
