package intake

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

func importText(tb testing.TB, f *fake, keys *sealed.Keys, text string, o Options) Result {
	tb.Helper()
	o.Study, o.Actor = study, "tester"
	im := &Importer{f, keys.Sealer()}
	res, err := im.Import(tb.Context(), source(tb, text), o)
	if err != nil {
		tb.Fatalf("Import: %v", err)
	}
	return res
}

func lines(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.WriteString(line(n, nil))
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	file := header + lines(0, 1234) + line(5000, map[column]string{
		usernameColumn: "zoë", emailColumn: "zoe@bücher.example", statusColumn: "10", cancelledColumn: "Not consented", externalIDColumn: "NHS 1",
	}) + line(5001, map[column]string{emailColumn: "", lastNameColumn: ""})
	res := importText(t, f, keys, file, Options{})
	if res.Rows != 1236 || res.PeopleAdded != 1236 || res.PatientsAdded != 1236 || !res.Written || res.Err() != nil {
		t.Fatalf("result = %+v", res)
	}
	if f.largest > 1000 {
		t.Errorf("a chunk of %d rows", f.largest)
	}
	d, p := details(t, keys, f, "user77")
	if d.FirstName.Reveal() != "User" || d.LastName.Reveal() != "Number77" || d.Email.Reveal() != "user77@example.org" {
		t.Error("user77's details are not those of the file")
	}
	if p.Patient.Provider != 100 || !p.Patient.InStudy() || p.Patient.SealedExternal != nil || p.Person.Missing != 0 {
		t.Errorf("user77 = %+v", p.Patient)
	}
	d, p = details(t, keys, f, "zoë")
	if d.Email.Reveal() != "zoe@xn--bcher-kva.example" || p.Patient.Status != studymail.Engaged || p.Patient.Cancelled != studymail.NotConsented {
		t.Errorf("zoë = %+v", p.Patient)
	}
	key, err := keys.Opener().Key(p.Person.ID, p.Person.Wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if ext, err := key.Open(sealed.PatientDetails, p.Patient.ID, p.Patient.SealedExternal); err != nil || ext[0] != "NHS 1" {
		t.Errorf("external id = %q, %v", ext, err)
	}
	if want := d.Hash(keys.Sealer()); string(want.Details) != string(p.Person.Hashes.Details) ||
		string(want.Email) != string(p.Person.Hashes.Email) || string(want.Username) != string(p.Person.Hashes.Username) {
		t.Error("the hashes are not those that Details.Hash makes")
	}
	_, p = details(t, keys, f, "user5001")
	if p.Person.Missing != studymail.MissingEmail|studymail.MissingLastName || p.Person.Hashes.Email != nil {
		t.Errorf("missing = %b", p.Person.Missing)
	}
	if want := []Problem{{1237 + 0, "email", ""}}; len(res.Warnings) != 1 || res.Warnings[0].Row != want[0].Row || res.Warnings[0].Column != "email" {
		t.Errorf("warnings = %+v", res.Warnings)
	}
	if len(f.events) != 2 || !strings.HasPrefix(f.events[0], "tester: import started") || !strings.HasPrefix(f.events[1], "tester: import finished rows=1236 people_added=1236") {
		t.Errorf("events = %q", f.events)
	}
}

func TestImportingAgainChangesNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	file := header + lines(0, 700) + line(900, map[column]string{externalIDColumn: "X", cancelledColumn: "opted out"})
	importText(t, f, keys, file, Options{})
	before, writes := fmt.Sprintf("%x", f.snapshot()), f.writes
	res := importText(t, f, keys, file, Options{Recontact: true, CreateProviders: true})
	if got := fmt.Sprintf("%x", f.snapshot()); got != before || f.writes != writes {
		t.Error("the second import wrote something")
	}
	if res.Written || res.Unchanged != 701 || len(res.Warnings) > 0 || !strings.Contains(res.Summary(), "Nothing changed") {
		t.Errorf("result = %+v\n%s", res, res.Summary())
	}
}

func TestNothingIsWrittenUnlessEverythingIsRight(t *testing.T) {
	t.Parallel()
	file := header + lines(0, 600) + line(600, map[column]string{emailColumn: "x"}) + line(3, nil) + lines(601, 1200)
	for name, c := range map[string]struct {
		o        Options
		people   int
		failed   bool
		skipped  int
		problems int
	}{
		"refused":          {Options{}, 0, true, 0, 2},
		"skipped":          {Options{SkipBad: true}, 1199, false, 2, 2},
		"dry run":          {Options{DryRun: true}, 0, true, 0, 2},
		"dry run, skipped": {Options{DryRun: true, SkipBad: true}, 0, false, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake("ABCD001")
			res := importText(t, f, newKeys(t), file, c.o)
			if len(f.people) != c.people || (res.Err() != nil) != c.failed || res.Skipped != c.skipped || len(res.Problems) != c.problems || res.Rows != 1199 {
				t.Errorf("%d people, err %v, skipped %d, rows %d, problems %+v", len(f.people), res.Err(), res.Skipped, res.Rows, res.Problems)
			}
			if res.Written != (c.people > 0) {
				t.Errorf("written = %v", res.Written)
			}
		})
	}
}

func TestRefusedFilesWriteNothingEvenWithSkipBad(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "blank lines": "\n\n", "header only": header, "header and blanks": header + "\n,,,,,,,\n",
		"no header": lines(0, 10), "two columns of a name": "email," + header + "a@b.co," + line(1, nil),
	} {
		f := newFake("ABCD001")
		res := importText(t, f, newKeys(t), text, Options{SkipBad: true})
		if res.Err() == nil || !res.RefusedAsAWhole || len(res.Problems) != 1 || res.Rows != 0 || f.writes != 0 {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

func TestRepeatedPeopleAndSharedAddresses(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	importText(t, f, keys, header+line(50, map[column]string{emailColumn: "there@example.org"}), Options{})
	file := header + line(1, map[column]string{emailColumn: "x"}) + // 2: bad, and still known
		line(1, nil) + // 3: the same person
		line(2, nil) + // 4
		line(3, map[column]string{emailColumn: "USER2@example.org"}) + // 5: 4's address
		line(4, map[column]string{emailColumn: "there@example.org"}) + // 6: shared with the database
		line(50, map[column]string{emailColumn: "there@example.org"}) + // 7: that person
		line(2, map[column]string{usernameColumn: " user2 "}) // 8: 4 again
	res := importText(t, f, keys, file, Options{DryRun: true})
	wantProblems := []Problem{
		{2, "email", "not an address: there is no @"},
		{3, "username", "the same person as in row 2"},
		{8, "username", "the same person as in row 4"},
	}
	wantWarnings := []Problem{
		{5, "email", "the same address as in row 4"},
		{6, "email", "another person in the database has the same address"},
		{7, "email", "the same address as in row 6"},
	}
	if !slices.Equal(res.Problems, wantProblems) || !slices.Equal(res.Warnings, wantWarnings) {
		t.Errorf("problems %+v\nwarnings %+v", res.Problems, res.Warnings)
	}
}

func TestUsernamesThatDifferInCaseAreDifferentPeople(t *testing.T) {
	t.Parallel()
	f := newFake("ABCD001")
	res := importText(t, f, newKeys(t), header+line(1, nil)+line(2, map[column]string{usernameColumn: "USER1"}), Options{})
	if res.PeopleAdded != 2 {
		t.Errorf("result = %+v", res)
	}
}

func TestExistingPatients(t *testing.T) {
	t.Parallel()
	cancelled := func(word string) map[column]string { return map[column]string{cancelledColumn: word} }
	with := func(m map[column]string, c column, v string) map[column]string {
		again := map[column]string{c: v}
		for k, v := range m {
			again[k] = v
		}
		return again
	}
	for name, c := range map[string]struct {
		first, second map[column]string
		o             Options
		want          tally
		warning       string // of row 2
		provider      int64
		status        studymail.Status
		cancelled     studymail.Cancelled
	}{
		"the same": {nil, nil, Options{}, tally{unchanged: 1}, "", 100, 0, 0},
		"another name": {
			nil,
			map[column]string{firstNameColumn: "Anna"},
			Options{},
			tally{detailsUpdated: 1},
			"with other details", 100, 0, 0,
		},
		"another status is not taken": {
			map[column]string{statusColumn: "Consented"},
			map[column]string{statusColumn: "New"},
			Options{},
			tally{unchanged: 1},
			"", 100, studymail.Consented, 0,
		},
		"an opt-out is not undone": {
			cancelled("Opted out"),
			map[column]string{emailColumn: "new@example.org"},
			Options{Recontact: true},
			tally{detailsUpdated: 1},
			"with other details", 100, 0, studymail.OptedOut,
		},
		"leaving by the file is not taken, and told": {
			nil, cancelled("Opted out"),
			Options{},
			tally{unchanged: 1},
			"has left the study by this file", 100, 0, 0,
		},
		"another care provider is not taken, and told": {
			nil,
			map[column]string{odsCodeColumn: "ERF00003"},
			Options{},
			tally{unchanged: 1},
			"through another care provider", 100, 0, 0,
		},
		"Not contactable, new address": {
			cancelled("40"), with(cancelled("40"), emailColumn, "new@example.org"),
			Options{},
			tally{detailsUpdated: 1, newAddress: 1},
			"with other details", 100, 0, studymail.NotContactable,
		},
		"Not contactable, new address, recontact": {
			cancelled("40"),
			map[column]string{emailColumn: "new@example.org"},
			Options{Recontact: true},
			tally{detailsUpdated: 1, newAddress: 1, recontacted: 1},
			"with other details", 100, 0, studymail.NotCancelled,
		},
		"Not contactable, another name only": {
			cancelled("40"),
			map[column]string{lastNameColumn: "Jones"},
			Options{Recontact: true},
			tally{detailsUpdated: 1},
			"with other details", 100, 0, studymail.NotContactable,
		},
		"Not contactable, address in capitals only": {
			cancelled("40"),
			map[column]string{emailColumn: "USER1@EXAMPLE.ORG"},
			Options{Recontact: true},
			tally{detailsUpdated: 1},
			"with other details", 100, 0, studymail.NotContactable,
		},
		"Not contactable, address taken away": {
			cancelled("40"),
			map[column]string{emailColumn: ""},
			Options{Recontact: true},
			tally{detailsUpdated: 1},
			"with other details", 100, 0, studymail.NotContactable,
		},
		"an external id is added": {
			nil,
			map[column]string{externalIDColumn: "X"},
			Options{},
			tally{externalAdded: 1},
			"", 100, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, keys := newFake("ABCD001", "ERF00003"), newKeys(t)
			importText(t, f, keys, header+line(1, c.first), Options{})
			wrapped := f.snapshot()[0].Person.Wrapped
			dry := c.o
			dry.DryRun = true
			expected := importText(t, f, keys, header+line(1, c.second), dry)
			res := importText(t, f, keys, header+line(1, c.second), c.o)
			got := tally{res.PeopleAdded, res.PatientsAdded, res.DetailsUpdated, res.ExternalIDsAdded, res.Unchanged, res.NewAddresses, res.Recontacted}
			dryGot := tally{expected.PeopleAdded, expected.PatientsAdded, expected.DetailsUpdated, expected.ExternalIDsAdded, expected.Unchanged, expected.NewAddresses, expected.Recontacted}
			if got != c.want || dryGot != c.want {
				t.Errorf("counts = %+v, dry run said %+v, want %+v", got, dryGot, c.want)
			}
			said := slices.ContainsFunc(res.Warnings, func(p Problem) bool { return p.Row == 2 && strings.Contains(p.Reason, c.warning) })
			if c.warning != "" && !said || c.warning == "" && len(res.Warnings) > 0 {
				t.Errorf("warnings = %+v, want %q", res.Warnings, c.warning)
			}
			if len(res.NewAddressOf) != c.want.newAddress {
				t.Errorf("%d patients with a new address are named, want %d", len(res.NewAddressOf), c.want.newAddress)
			}
			d, p := details(t, keys, f, "user1")
			if p.Patient.Provider != c.provider || p.Patient.Status != c.status || p.Patient.Cancelled != c.cancelled {
				t.Errorf("patient = %+v", p.Patient)
			}
			if string(p.Person.Wrapped) != string(wrapped) {
				t.Error("the person's data key changed: older sealed values could not be read any more")
			}
			for col, got := range map[column]string{firstNameColumn: d.FirstName.Reveal(), lastNameColumn: d.LastName.Reveal(), emailColumn: d.Email.Reveal()} {
				if want, ok := c.second[col]; ok && got != want {
					t.Errorf("%s was not brought up to date", col)
				}
			}
			if _, ok := c.second[externalIDColumn]; ok && len(p.Patient.SealedExternal) == 0 {
				t.Error("no external id")
			}
			if res := importText(t, f, keys, header+line(1, c.second), c.o); res.Written {
				t.Errorf("the third import wrote something: %+v", res)
			}
		})
	}
}

func TestPersonKnownFromAnotherStudy(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	importText(t, f, keys, header+line(1, nil)+line(2, nil), Options{})
	for _, p := range f.people {
		p.Patient = studymail.Patient{}
	}
	res := importText(t, f, keys, header+line(1, map[column]string{externalIDColumn: "X"})+line(2, map[column]string{emailColumn: "new@example.org"}), Options{})
	if res.PeopleAdded != 0 || res.PatientsAdded != 2 || res.DetailsUpdated != 1 || res.Unchanged != 0 {
		t.Errorf("result = %+v", res)
	}
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Reason, "another study") {
		t.Errorf("warnings = %+v", res.Warnings)
	}
	if _, p := details(t, keys, f, "user1"); len(p.Patient.SealedExternal) == 0 {
		t.Error("no external id")
	}
}

func TestCareProviders(t *testing.T) {
	t.Parallel()
	file := header + line(1, nil) + line(2, map[column]string{odsCodeColumn: "new1"}) + line(3, map[column]string{odsCodeColumn: "NEW1"}) +
		line(4, map[column]string{odsCodeColumn: "NEW2", emailColumn: "x"})
	f := newFake("ABCD001")
	f.providers[0].Active = false
	res := importText(t, f, newKeys(t), file, Options{SkipBad: true})
	// The last row has two: its address, and a care provider that there is none of.
	if len(res.Problems) != 4 || res.BadRows != 3 || res.Problems[3].Row != 5 || res.Problems[3].Column != "ods_code" || res.Problems[0].Row != 3 || res.Problems[0].Column != "ods_code" || !strings.Contains(res.Problems[0].Reason, "--create-providers") || res.PatientsAdded != 1 {
		t.Errorf("without: %+v", res)
	}
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Reason, "not active") {
		t.Errorf("warnings = %+v", res.Warnings)
	}
	res = importText(t, f, newKeys(t), file, Options{SkipBad: true, CreateProviders: true, DryRun: true})
	if len(f.providers) != 1 || !slices.Equal(res.ProvidersCreated, []string{"NEW1"}) {
		t.Errorf("dry run: %+v", res)
	}
	f = newFake("ABCD001")
	res = importText(t, f, newKeys(t), file, Options{SkipBad: true, CreateProviders: true})
	// The only row of NEW2 is bad: nobody needs it.
	if !slices.Equal(res.ProvidersCreated, []string{"NEW1"}) || len(f.providers) != 2 || f.providers[1].Name != "NEW1" || !f.providers[1].Active || res.PatientsAdded != 3 {
		t.Errorf("with: %+v, providers %+v", res, f.providers)
	}
	if p := f.people[1]; p.Patient.Provider != f.providers[1].Key {
		t.Errorf("patient of provider %d", p.Patient.Provider)
	}
}

var errDied = errors.New("the process died")

func TestAnImportThatDiedIsCompletedByRunningItAgain(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	n := 0
	f.before = func(*store.ImportChunk) error {
		if n++; n == 3 {
			return errDied
		}
		return nil
	}
	file := header + lines(0, 2100)
	im := &Importer{f, keys.Sealer()}
	res, err := im.Import(t.Context(), source(t, file), Options{Study: study})
	if !errors.Is(err, errDied) || res.PeopleAdded != 2*chunkRows || len(f.people) != 2*chunkRows {
		t.Fatalf("first: %v, %d people", err, len(f.people))
	}
	res = importText(t, f, keys, file, Options{})
	if res.PatientsAdded != 1100 || res.Unchanged != 1000 || len(f.people) != 2100 || len(res.Warnings) > 0 {
		t.Errorf("second: %+v, %d people", res, len(f.people))
	}
}

// Two imports of one file at once, or a page that edits a person meanwhile.
func TestAChunkThatSomebodyWasQuickerThanIsMadeAnew(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001"), newKeys(t)
	importText(t, f, keys, header+line(3, map[column]string{firstNameColumn: "Old"}), Options{})
	other := &Importer{f, keys.Sealer()}
	done := false
	f.before = func(c *store.ImportChunk) error {
		if !done {
			done = true
			if _, err := other.Import(t.Context(), source(t, header+line(1, nil)+line(3, map[column]string{firstNameColumn: "Other"})), Options{Study: study}); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	res := importText(t, f, keys, header+lines(0, 10), Options{})
	if len(f.people) != 10 || res.PeopleAdded != 8 || res.DetailsUpdated != 1 || res.Unchanged != 1 {
		t.Errorf("%d people, result %+v", len(f.people), res)
	}
	if d, _ := details(t, keys, f, "user3"); d.FirstName.Reveal() != "User" {
		t.Error("user3's details are not those of the file")
	}
	f.before = func(*store.ImportChunk) error { return studymail.Errorf(studymail.Conflict, "always") }
	im := &Importer{f, keys.Sealer()}
	if _, err := im.Import(t.Context(), source(t, header+line(99, nil)), Options{Study: study}); studymail.CodeOf(errors.Unwrap(err)) != studymail.Conflict {
		t.Errorf("endless conflict: %v", err)
	}
}

// After a rotation hashes under the old key are found, and not changed for it.
func TestPeopleAreFoundUnderAnOlderHashKey(t *testing.T) {
	t.Parallel()
	master, hash, signing := newKeysets(t)
	old, err := sealed.ParseKeys(master, hash, signing)
	if err != nil {
		t.Fatal(err)
	}
	_, newer, _ := newKeysets(t)
	rotated, err := sealed.ParseKeys(master, mergeKeysets(t, newer, hash), signing)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake("ABCD001")
	importText(t, f, old, header+lines(0, 5), Options{})
	res := importText(t, f, rotated, header+lines(0, 4)+line(4, map[column]string{firstNameColumn: "Anna"})+
		line(9, map[column]string{emailColumn: "user1@example.org"}), Options{})
	if res.Unchanged != 4 || res.DetailsUpdated != 1 || res.PeopleAdded != 1 || len(f.people) != 6 {
		t.Errorf("result = %+v", res)
	}
	if d, p := details(t, rotated, f, "user4"); d.FirstName.Reveal() != "Anna" || string(p.Person.Hashes.Username) != string(d.Hash(rotated.Sealer()).Username) {
		t.Error("user4 is not brought up to date under the newest key")
	}
}

// mergeKeysets adds the keys of the second JSON keyset to the first.
func mergeKeysets(tb testing.TB, a, b sealed.Secret) sealed.Secret {
	tb.Helper()
	var sets [2]map[string]any
	for i, s := range []sealed.Secret{a, b} {
		raw, err := base64.StdEncoding.DecodeString(s.Reveal())
		if err == nil {
			err = json.Unmarshal(raw, &sets[i])
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	first, ok1 := sets[0]["key"].([]any)
	second, ok2 := sets[1]["key"].([]any)
	if !ok1 || !ok2 {
		tb.Fatal("not Tink's JSON")
	}
	sets[0]["key"] = append(first, second...)
	raw, err := json.Marshal(sets[0])
	if err != nil {
		tb.Fatal(err)
	}
	return sealed.NewSecret(base64.StdEncoding.EncodeToString(raw))
}

func TestConfirmSeesTheCountsAndCanSayNo(t *testing.T) {
	t.Parallel()
	f := newFake("ABCD001")
	im := &Importer{f, newKeys(t).Sealer()}
	no := errors.New("no")
	seen := 0
	_, err := im.Import(t.Context(), source(t, header+lines(0, 12)), Options{Study: study, Confirm: func(_ context.Context, r *Result) error {
		seen = r.PatientsAdded
		return no
	}})
	if !errors.Is(err, no) || seen != 12 || f.writes != 0 {
		t.Errorf("err %v, saw %d, %d writes", err, seen, f.writes)
	}
}

func TestProgressEndsAtTheEnd(t *testing.T) {
	t.Parallel()
	last := map[Stage][2]int64{}
	importText(t, newFake("ABCD001"), newKeys(t), header+lines(0, 1300), Options{Progress: func(s Stage, done, total int64) {
		if done < last[s][0] {
			t.Errorf("%s went back from %d to %d", s, last[s][0], done)
		}
		last[s] = [2]int64{done, total}
	}})
	if c, w := last[Checking], last[Writing]; c[0] != c[1] || c[0] == 0 || w != [2]int64{1300, 1300} {
		t.Errorf("last progress = %v", last)
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	im := &Importer{newFake(), newKeys(t).Sealer()}
	if _, err := im.Import(t.Context(), source(t, header+line(1, nil)), Options{}); studymail.CodeOf(err) != studymail.Invalid {
		t.Errorf("without a study: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := im.Import(ctx, source(t, header+lines(0, 5000)), Options{Study: study, SkipBad: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(path, []byte(got), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", name, got)
	}
}

// The file has every kind of trouble; what is said of it is kept in testdata.
func TestReportOfATroubledFile(t *testing.T) {
	t.Parallel()
	f, keys := newFake("ABCD001", "EFJ0002"), newKeys(t)
	importText(t, f, keys, header+line(200, map[column]string{cancelledColumn: "40"})+lines(201, 204), Options{})
	file := "Notes," + header +
		"," + line(1, nil) +
		"\n" +
		"," + line(2, map[column]string{emailColumn: "sécret@example.org"}) +
		"x,y\n" +
		"," + line(3, map[column]string{firstNameColumn: "\"Secret\nName\""}) +
		"," + line(4, map[column]string{lastNameColumn: `"Secret`}) +
		"," + line(5, map[column]string{lastNameColumn: `Sec"ret`, odsCodeColumn: "secret"}) +
		"," + line(6, map[column]string{odsCodeColumn: "SECRET"}) +
		"," + line(1, nil) +
		"," + line(7, map[column]string{emailColumn: "user1@example.org"}) +
		"," + line(200, map[column]string{emailColumn: "secret@example.org"}) +
		"," + line(201, map[column]string{odsCodeColumn: "EFJ0002"}) +
		"," + line(202, map[column]string{cancelledColumn: "opted out"})
	for n := range 60 {
		file += "," + line(300+n, map[column]string{statusColumn: "Secret"})
	}
	for name, o := range map[string]Options{"refused": {DryRun: true}, "skipped": {SkipBad: true, Recontact: true}} {
		res := importText(t, newCopy(f), keys, file, o)
		var b strings.Builder
		if err := res.WriteTables(&b); err != nil {
			t.Fatal(err)
		}
		b.WriteString(res.Summary())
		if err := res.Err(); err != nil {
			b.WriteString(err.Error() + "\n")
		}
		golden(t, name+".txt", b.String())
		res.NewAddressOf = nil // UUIDs differ each time
		js, err := json.MarshalIndent(res, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", string(js)+"\n")
		if all := strings.ToLower(b.String() + string(js)); strings.Contains(all, "secret") || strings.Contains(all, "user1") {
			t.Error("a value of the file is in the report")
		}
	}
}

func newCopy(f *fake) *fake {
	again := newFake()
	again.providers = f.providers
	for _, p := range f.snapshot() {
		again.people = append(again.people, &p)
	}
	return again
}

func TestDryRunJSONOfAGoodFileHasEmptyLists(t *testing.T) {
	t.Parallel()
	res := importText(t, newFake("ABCD001"), newKeys(t), header+line(1, nil), Options{DryRun: true})
	js, err := json.Marshal(res.Report)
	if want := `{"rows":1,"problems":[],"warnings":[]}`; err != nil || string(js) != want {
		t.Errorf("report = %s, %v; want %s", js, err, want)
	}
}

func TestProblemsBeyondTheLimitAreCounted(t *testing.T) {
	t.Parallel()
	r := newReport(false)
	for n := range maxKept + 7 {
		r.problem(Problem{n, "", "x"})
	}
	if n, _ := r.Count(); len(r.Problems) != maxKept || n != maxKept+7 || r.ProblemsNotKept != 7 {
		t.Errorf("%d kept, %d in all", len(r.Problems), n)
	}
}
