package storetest

import (
	"sync"
	"testing"

	"studymail"
	"studymail/internal/store"
)

func addTemplate(t *testing.T, s *store.Store, name string) (studymail.Template, studymail.TemplateVersion) {
	t.Helper()
	m := studymail.Template{Name: name}
	v := studymail.TemplateVersion{Format: "markdown", Subject: "About {{ study_name }}", Body: "Dear {{ patient_full_name }},\n\nhello ☂\n"}
	write(t, s, func(tx *store.Tx) error { return tx.AddTemplate(t.Context(), &m, &v) })
	return m, v
}

// TemplateComesBackAsItWasAdded promises version 1 with the very text.
func TemplateComesBackAsItWasAdded(t *testing.T, s *store.Store) {
	m, v := addTemplate(t, s, "invitation")
	if m.Versions != 1 || v.Number != 1 {
		t.Fatalf("a new template has version %d of %d, not 1 of 1", v.Number, m.Versions)
	}
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.TemplateByName(t.Context(), "invitation")
		if err != nil {
			return err
		}
		equal(t, "template", got, m)
		one, err := tx.TemplateVersion(t.Context(), m.Key, 1)
		if err != nil {
			return err
		}
		equal(t, "version by number", one, v)
		byKey, err := tx.TemplateVersionByKey(t.Context(), v.Key)
		equal(t, "version by key", byKey, v)
		return err
	})
}

// AnEditMakesAVersionAndKeepsTheOld promises that versions are immutable.
func AnEditMakesAVersionAndKeepsTheOld(t *testing.T, s *store.Store) {
	m, v := addTemplate(t, s, "invitation")
	second := studymail.TemplateVersion{Format: "html", Subject: "Second", Body: "<p>Hello</p>"}
	write(t, s, func(tx *store.Tx) error { return tx.AddTemplateVersion(t.Context(), &m, &second) })
	if m.Versions != 2 || second.Number != 2 {
		t.Fatalf("version %d of %d, not 2 of 2", second.Number, m.Versions)
	}
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.TemplateVersions(t.Context(), m.Key)
		if err != nil {
			return err
		}
		equal(t, "versions, newest first", all, []studymail.TemplateVersion{second, v})
		list, err := tx.Templates(t.Context())
		equal(t, "list", list, []studymail.Template{m})
		return err
	})
}

// TwoEditorsOfATemplateCollideVisibly promises that the second is told so,
// one after the other and at once.
func TwoEditorsOfATemplateCollideVisibly(t *testing.T, s *store.Store) {
	m, _ := addTemplate(t, s, "invitation")
	edit := func() error {
		mine := m // as every editor saw it
		return s.Write(t.Context(), func(tx *store.Tx) error {
			mine = m
			return tx.AddTemplateVersion(t.Context(), &mine, &studymail.TemplateVersion{Format: "markdown", Subject: "s", Body: "b"})
		})
	}
	errs := make([]error, 6)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = edit() })
	}
	all.Wait()
	errs = append(errs, edit())
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case studymail.CodeOf(err) != studymail.Conflict:
			t.Fatalf("got %v, want a conflict", err)
		}
	}
	if done != 1 {
		t.Fatalf("%d editors succeeded, not 1", done)
	}
}

// ATemplatesNameIsTakenOnce promises that a refusal leaves no version behind.
func ATemplatesNameIsTakenOnce(t *testing.T, s *store.Store) {
	m, _ := addTemplate(t, s, "invitation")
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		return tx.AddTemplate(t.Context(), &studymail.Template{Name: m.Name}, &studymail.TemplateVersion{Format: "markdown", Subject: "s", Body: "b"})
	})
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.TemplateByName(t.Context(), m.Name)
		equal(t, "what stands", got, m)
		return err
	})
}

// ATemplateThatIsNotThereIsNotFound promises so for templates and versions.
func ATemplateThatIsNotThereIsNotFound(t *testing.T, s *store.Store) {
	m, _ := addTemplate(t, s, "invitation")
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.TemplateByName(t.Context(), "none")
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.TemplateVersion(t.Context(), m.Key, 2)
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.TemplateVersionByKey(t.Context(), 99)
		return err
	})
}

// TwoEditorsOfATemplatesNameCollideVisibly promises that the second is told so, and
// that a name is taken once, by renaming, too.
func TwoEditorsOfATemplatesNameCollideVisibly(t *testing.T, s *store.Store) {
	m, _ := addTemplate(t, s, "invitation")
	other, _ := addTemplate(t, s, "reminder")
	if m.Kind != studymail.Invitation || other.Archived {
		t.Fatalf("a new template is %+v", m)
	}
	mine, theirs := m, m
	mine.Name, mine.Kind, mine.Archived = "notice", studymail.Notice, true
	theirs.Name = "letter"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateTemplate(t.Context(), &mine) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateTemplate(t.Context(), &theirs) })
	other.Name = "notice"
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateTemplate(t.Context(), &other) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.TemplateByID(t.Context(), m.ID)
		equal(t, "what stands", got, mine)
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.TemplateByID(t.Context(), studymail.NewID())
		return err
	})
}

// TemplatesAreListedWithTheirNewestVersionAndUse promises so.
func TemplatesAreListedWithTheirNewestVersionAndUse(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	m, v := addTemplate(t, s, "zz invitation")
	second := studymail.TemplateVersion{Format: "markdown", Subject: "Second", Body: "Hello"}
	write(t, s, func(tx *store.Tx) error { return tx.AddTemplateVersion(t.Context(), &m, &second) })
	campaigns := []studymail.Campaign{}
	for _, version := range []int64{v.Key, second.Key, second.Key} {
		k := studymail.Campaign{Name: "c", Study: c.Study.Key, State: studymail.Draft}
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &k, TemplateVersion: version})
			return err
		})
		campaigns = append(campaigns, k)
	}
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.TemplateRows(t.Context())
		if err != nil {
			return err
		}
		last := all[len(all)-1]
		if last.ID != m.ID || last.Versions != 2 || last.Subject != "Second" || last.Campaigns != 3 || last.Kind != studymail.Invitation {
			t.Errorf("the list has %+v", last)
		}
		equal(t, "when it was written", last.WrittenAt, second.CreatedAt)
		using, err := tx.CampaignsOfTemplate(t.Context(), m.Key, 2)
		if len(using) != 2 || using[0].ID != campaigns[2].ID {
			t.Errorf("the campaigns are %v", using)
		}
		return err
	})
}

// ThoseWhoLackDetailsAreCounted promises that only patients in study count, by all
// that they lack.
func ThoseWhoLackDetailsAreCounted(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	other := studymail.Study{Name: "another", Active: true}
	write(t, s, func(tx *store.Tx) error { return tx.AddStudy(t.Context(), &other) })
	add := func(n int, study int64, missing studymail.Missing, cancelled studymail.Cancelled) {
		t.Helper()
		p := NewPerson(t, c.Keys, DetailsOf(n))
		p.Missing = missing
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddPerson(t.Context(), &p); err != nil {
				return err
			}
			return tx.AddPatient(t.Context(), &studymail.Patient{Person: p.Key, Study: study, Provider: c.Provider.Key, Cancelled: cancelled})
		})
	}
	first, both := studymail.MissingFirstName, studymail.MissingFirstName|studymail.MissingLastName
	add(901, c.Study.Key, first, 0)
	add(902, c.Study.Key, first, 0)
	add(903, c.Study.Key, both, 0)
	add(904, other.Key, both, 0)
	add(905, c.Study.Key, both, studymail.OptedOut)
	add(906, c.Study.Key, studymail.MissingEmail, 0)
	for name, tt := range map[string]struct {
		study int64
		sets  []studymail.Missing
		want  map[studymail.Missing]int
	}{
		"of one study":   {c.Study.Key, []studymail.Missing{first, both}, map[studymail.Missing]int{first: 2, both: 1}},
		"of all studies": {0, []studymail.Missing{both}, map[studymail.Missing]int{both: 2}},
		"of nobody":      {other.Key, []studymail.Missing{first}, map[studymail.Missing]int{}},
		"of nothing":     {0, nil, map[studymail.Missing]int{}},
	} {
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.LackingDetails(t.Context(), tt.study, tt.sets)
			equal(t, name, got, store.Lacking{Of: tt.want})
			return err
		})
	}
}
