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
