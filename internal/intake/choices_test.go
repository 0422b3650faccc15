package intake

import (
	"fmt"
	"strings"
	"testing"
)

func TestColumnsAreSuggestedAndKnownOnesAskNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, suggests string
		whole, patient  bool
	}{
		"as they should be":         {"Username;First name;Last name;E-Mail;ODS code", "username first_name last_name email ods_code", true, false},
		"by other names":            {"Participant,Forename,Surname,E-mail address,Practice", "username first_name last_name email ods_code", false, false},
		"one too many":              {"username,first_name,last_name,email,ods_code,colour", "username first_name last_name email ods_code -", false, false},
		"an exact one goes first":   {"login,username,mail,email,ods_code,first_name,last_name", "- username - email ods_code first_name last_name", false, false},
		"a header that is a person": {"user1,User,One,user1@example.org,ABCD001", "- - - email -", false, true},
	} {
		h, err := ReadHead(source(t, tt.first+"\nx,y,z,a,b\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, c := range h.Cells {
			if c.Suggest == "" {
				c.Suggest = "-"
			}
			got = append(got, c.Suggest)
		}
		if strings.Join(got, " ") != tt.suggests || h.Whole != tt.whole || h.Patient != tt.patient || len(h.Rows) != 1 {
			t.Errorf("%s: %v, whole %t, patient %t, %d rows", name, got, h.Whole, h.Patient, len(h.Rows))
		}
	}
	for _, bad := range []string{"", "\x00\x01\x02,x\n", "\"open\n"} {
		if _, err := ReadHead(source(t, bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestAPersonMaySayWhatTheColumnsAre(t *testing.T) {
	t.Parallel()
	chosen := []string{"email", "", "username", "first_name", "last_name", "ods_code"}
	file := "user1@example.org,x,user1,User,One,ABCD001\nuser2@example.org,x,user2,User,Two,ABCD001\n"
	for name, tt := range map[string]struct {
		file string
		o    Options
		rows int
	}{
		"with a header":    {"a,b,c,d,e,f\n" + file, Options{Columns: chosen}, 2},
		"without a header": {file, Options{Columns: chosen, NoHeader: true}, 2},
		"at the limit":     {"a,b,c,d,e,f\n" + file, Options{Columns: chosen, MaxRows: 2}, 2},
		"over the limit":   {file, Options{Columns: chosen, NoHeader: true, MaxRows: 1}, 0},
		"wrongly chosen":   {file, Options{Columns: chosen[:3]}, 0},
	} {
		f := newFake("ABCD001")
		im := &Importer{f, newKeys(t).Sealer()}
		o := tt.o
		o.Study = study
		res, err := im.Import(t.Context(), source(t, tt.file), o)
		if err != nil || res.Rows != tt.rows || len(f.people) != tt.rows || res.RefusedAsAWhole != (tt.rows == 0) {
			t.Errorf("%s: %d rows, %d people, refused %t, %v", name, res.Rows, len(f.people), res.RefusedAsAWhole, err)
		}
	}
	for wrong, says := range map[string]string{
		"username,username,first_name,last_name,email,ods_code": "chosen twice",
		"username,first_name":                          "nothing is chosen for last_name, email, ods_code",
		"Username,first_name,last_name,email,ods_code": "choose one of the columns",
	} {
		if got := CheckColumns(strings.Split(wrong, ",")); !strings.Contains(got, says) {
			t.Errorf("%s: %s", wrong, got)
		}
	}
	c := Choices{Columns: chosen, NoHeader: true, SkipBad: true}
	back, err := ReadChoices(c.Text())
	if err != nil || back.Text() != c.Text() || c.CellOf(nil, "username") != 2 || c.CellOf(nil, "B") != 1 || c.CellOf(nil, "status") != -1 {
		t.Errorf("%s, %v", back.Text(), err)
	}
}

func TestWhatAnImportFoundIsStoredAndReadBack(t *testing.T) {
	t.Parallel()
	im := &Importer{newFake("ABCD001"), newKeys(t).Sealer()}
	file := header + line(1, nil) + line(2, map[column]string{emailColumn: "nothing"}) + line(3, map[column]string{firstNameColumn: "#N/A"}) + line(4, map[column]string{emailColumn: ""})
	res, err := im.Import(t.Context(), source(t, file), Options{Study: study, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	n := res.Numbers()
	back, err := ReadNumbers(n.Text())
	if err != nil || !back.Same(&n) || n.Rows != 2 || n.BadRows != 2 || n.Problems != 2 || n.Warnings != 1 || !n.Changes() {
		t.Errorf("%+v, %v", back, err)
	}
	other := back
	other.PeopleAdded--
	if other.Same(&n) {
		t.Error("other numbers are called the same")
	}
	f, err := UnpackFindings(res.Pack())
	if err != nil || len(f.Problems) != 2 || f.Problems[0] != res.Problems[0] || len(f.Warnings) != 1 || !strings.Contains(f.Problems[1].Reason, "a formula's error") {
		t.Errorf("%v, %v", f, err)
	}
	brief, err := UnpackBrief(res.Pack())
	if err != nil || len(brief.Problems) != 2 || len(brief.ProblemKinds) != 2 || brief.ProblemKinds[0].Count != 1 || brief.WarningKinds[0].Column != "email" {
		t.Errorf("%+v, %v", brief, err)
	}
	rows, err := RowsWith(source(t, file), []int{3, 5, 99})
	if err != nil || len(rows) != 2 || rows[3][3] != "nothing" || rows[5][0] != "user4" {
		t.Errorf("%v, %v", rows, err)
	}
	if _, err := UnpackFindings([]byte("damaged")); err == nil {
		t.Error("damaged problems are read")
	}
}

// A page shows the first rows only, however many there are.
func TestABriefHasTheFirstRowsAndEachKindOnce(t *testing.T) {
	t.Parallel()
	r := newReport(false)
	for n := range 1000 {
		r.problem(Problem{n + 2, "email", "no @"}, Problem{n + 2, "username", fmt.Sprintf("the same person as in row %d", n)})
	}
	packed := r.Pack()
	brief, err := UnpackBrief(packed)
	if err != nil || len(brief.Problems) != 2*inPlace || len(brief.ProblemKinds) != 2 || brief.ProblemKinds[1].Count != 1000 || brief.ProblemKinds[1].Reason != "the same person as in row …" {
		t.Errorf("%d problems, kinds %v, %v", len(brief.Problems), brief.ProblemKinds, err)
	}
	all, err := UnpackFindings(packed)
	if err != nil || len(all.Problems) != 2000 {
		t.Errorf("%d problems in all, %v", len(all.Problems), err)
	}
}
