package cli

import (
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"
)

func TestPatientsAreMaskedUnlessRevealed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		all := answer[[]patientView](t, d, "patient", "list")
		if len(all) != 2 {
			t.Fatalf("%d patients, not 2", len(all))
		}
		one := all[0]
		if one.Study != "A" || one.Provider != "ABCD001" || one.Status != "New" || one.Cancelled != "" || one.Revealed {
			t.Errorf("listed: %+v", one)
		}
		id := one.ID.String()
		for _, args := range []string{
			"patient list", "patient list --json", "patient show " + id, "patient show " + id + " --json",
			"patient set " + id + " --status Engaged", "patient set " + id + " --status New --json",
			"event list", "study show A", "provider show ABCD001",
		} {
			noCanary(t, args, d.must(t, strings.Fields(args)...))
		}
		if n := strings.Count(d.must(t, "event", "list", "--json"), "details shown"); n != 0 {
			t.Fatalf("%d events of details shown before any was", n)
		}
		revealed := answer[patientView](t, d, "patient", "show", id, "--reveal")
		if revealed.Email != "zebedee.quixotic@canary.example.org" || revealed.LastName != "Quixotic" || revealed.Username != "canaryuser" ||
			revealed.ExternalID != "NHS-4711" || !revealed.Revealed {
			t.Errorf("revealed: %+v", revealed)
		}
		if out := d.must(t, "patient", "list", "--reveal"); !strings.Contains(out, "user.two@example.org") || !strings.Contains(out, "Zebedee Quixotic") {
			t.Errorf("revealed list:\n%s", out)
		}
		if n := strings.Count(d.must(t, "event", "list", "--about", id), "details shown"); n != 2 {
			t.Errorf("%d events about details that were shown twice", n)
		}
		if n := strings.Count(d.must(t, "event", "list"), "details shown"); n != 3 {
			t.Errorf("%d events, not 3: one for each patient shown", n)
		}
		noCanary(t, "event list", d.must(t, "event", "list", "--json"))
	})
}

func TestPatientListFilters(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		d.must(t, "study", "add", "--name", "B")
		d.must(t, "provider", "add", "--name", "Other", "--ods", "X1")
		all := answer[[]patientView](t, d, "patient", "list")
		d.must(t, "patient", "set", all[0].ID.String(), "--cancelled", "Opted out")
		d.must(t, "patient", "set", all[1].ID.String(), "--status", "10")
		for _, c := range []struct {
			args string
			want []studymail.ID
		}{
			{"--study A", []studymail.ID{all[0].ID, all[1].ID}},
			{"--study B", nil},
			{"--provider abcd001", []studymail.ID{all[0].ID, all[1].ID}},
			{"--provider X1", nil},
			{"--in-study", nil},
			{"--in-study=false", []studymail.ID{all[0].ID, all[1].ID}},
			{"--status Engaged", []studymail.ID{all[1].ID}},
			{"--status new", []studymail.ID{all[0].ID}},
			{"--cancelled opted_out", []studymail.ID{all[0].ID}},
			{"--cancelled none", []studymail.ID{all[1].ID}},
			{"--limit 1", []studymail.ID{all[0].ID}},
			{"--limit 2", []studymail.ID{all[0].ID, all[1].ID}},
		} {
			got := answer[[]patientView](t, d, append([]string{"patient", "list"}, strings.Fields(c.args)...)...)
			ok := len(got) == len(c.want)
			for i := range c.want {
				ok = ok && got[i].ID == c.want[i]
			}
			if !ok {
				t.Errorf("%s: %+v\nwant %v", c.args, got, c.want)
			}
		}
	})
}

func TestPatientSet(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		id := answer[[]patientView](t, d, "patient", "list")[0].ID.String()
		for _, c := range []struct {
			args string
			want string
		}{
			{"--status Consented", "Consented. Not in study"},
			{"--status 20", "stays as they are"},
			{"--cancelled not-contactable", "Consented, Not contactable. Not in study"},
			{"--status New --cancelled none", "New. In study"},
			{"--cancelled 30", "New, Opted out. Not in study"},
			{"--cancelled=", "New. In study"},
		} {
			out := d.must(t, append([]string{"patient", "set", id}, strings.Fields(c.args)...)...)
			if !strings.Contains(out, c.want) {
				t.Errorf("%s: %q, want %q in it", c.args, out, c.want)
			}
		}
		var got []string
		for _, a := range actions(t, d) {
			if strings.HasPrefix(a, "patient set") {
				got = append(got, a)
			}
		}
		same(t, "events", got, []string{
			"patient set New → Consented",
			"patient set Consented → Consented, Not contactable",
			"patient set Consented, Not contactable → New",
			"patient set New → New, Opted out",
			"patient set New, Opted out → New",
		})
	})
}

// Pages of a long list must join without a seam.
func TestPatientListOfManyPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	d.must(t, "study", "add", "--name", "A")
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	const many = 2*patientsAPage + 1
	for i := range many {
		n := thousands(1_000_000 + i)
		b.WriteString("u" + strings.ReplaceAll(n, ",", "") + ",User,Many,u" + strings.ReplaceAll(n, ",", "") + "@example.org,ABCD001\n")
	}
	d.write(t, "many.csv", b.String())
	d.must(t, "import", "many.csv", "--study", "A", "--create-providers", "--yes")
	for _, c := range []struct {
		limit string
		want  int
	}{{"0", many}, {"1000", 1000}, {"1001", 1001}, {"2001", many}, {"5000", many}} {
		seen := map[studymail.ID]bool{}
		for _, p := range answer[[]patientView](t, d, "patient", "list", "--limit", c.limit) {
			seen[p.ID] = true
		}
		if len(seen) != c.want {
			t.Errorf("--limit %s: %d patients, not %d", c.limit, len(seen), c.want)
		}
	}
	if n := strings.Count(d.must(t, "patient", "list"), "\n"); n != many+1 {
		t.Errorf("the table has %d lines, not %d", n, many+1)
	}
}
