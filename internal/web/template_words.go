package web

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/store"
)

const (
	subjectShown = 60      // characters of a subject that mail programs show
	letterClips  = 100_000 // bytes: large mail services cut letters off at 102 kB
)

var letterKindOptions = []option{
	{Value: string(studymail.Invitation), Text: "Invitation or reminder", Hint: "It asks patients for something, so it must say where they opt out."},
	{Value: string(studymail.Notice), Text: "Notice", Hint: "It tells patients something, and asks for nothing."},
}

var letterFormatOptions = []option{
	{Value: compose.FormatMarkdown, Text: "Markdown", Hint: "Plain text with **bold**, lists and [links](https://example.org)."},
	{Value: compose.FormatHTML, Text: "HTML", Hint: "For who knows it: elements of a letter, no scripts, no forms."},
}

func letterKindBadge(k studymail.LetterKind) badge {
	if k == studymail.Notice {
		return badge{"quiet", "Notice"}
	}
	return badge{"info", "Invitation"}
}

func archivedBadge(archived bool) badge {
	if archived {
		return badge{"quiet", "Archived"}
	}
	return badge{"good", "In use"}
}

// placeholderWords is a placeholder as letters have it.
func placeholderWords(p compose.Placeholder) string { return "{{ " + p.String() + " }}" }

// letterWarnings says what is odd about a letter that could be sent as it is: a
// person decides. parts are the letter with the values of the preview.
func (s *site) letterWarnings(v *visit, l *compose.Letter, parts *compose.Parts, kind studymail.LetterKind, study *studymail.Study) ([]string, error) {
	var all []string
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	needs := l.Needs()
	if n := utf8.RuneCountInString(parts.Subject); n > subjectShown {
		warn("The subject has %d characters; mail programs show about %d of them. Put what matters first, or make it shorter.", n, subjectShown)
	}
	switch optOut := needs.Has(compose.UnsubscribeURL); {
	case !optOut && kind.NeedsOptOut():
		warn("An invitation must say where patients opt out: put %s where they look for it, or make this letter a notice.", placeholderWords(compose.UnsubscribeURL))
	case optOut && s.Config.LettersURL() == "":
		warn("Nobody would get this letter: %s needs the address at which patients reach this installation, and none is set. Whoever runs it sets PUBLIC_URL.", placeholderWords(compose.UnsubscribeURL))
	}
	if n := len(parts.HTML); n > letterClips {
		warn("The letter has %s bytes; large mail services cut off what is longer than 102,000. Make it shorter.", commas(n))
	}
	if strings.Contains(parts.HTML, "<img") {
		warn("Pictures from elsewhere are not loaded in this preview, nor in many mail programs before the reader agrees. The letter must make sense without them.")
	}
	lacking, err := s.lackingWarnings(v, needs, study)
	return append(all, lacking...), err
}

// lackingWarnings says for each placeholder how many patients in study would be left
// out, because there is nothing to put in its place; of one study, or of all.
func (s *site) lackingWarnings(v *visit, needs compose.Needs, study *studymail.Study) ([]string, error) {
	var (
		lacking   store.Lacking
		counts    store.PatientFacets
		providers []studymail.Provider
		studies   []studymail.Study
		yes       = true
		filter    = store.PatientFilter{InStudy: &yes}
		where     = "of all studies"
	)
	if study != nil {
		filter.Study, where = study.Key, "of study "+study.Name
	}
	err := v.read(func(tx *store.Tx) (err error) {
		if lacking, err = tx.LackingDetails(v.ctx(), filter.Study, lackingSets(needs)); err != nil {
			return err
		}
		if counts, err = tx.PatientFacets(v.ctx(), filter); err != nil {
			return err
		}
		if providers, err = tx.Providers(v.ctx()); err != nil {
			return err
		}
		studies, err = tx.Studies(v.ctx())
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, p := range needs.List() {
		patients := 0
		for m, n := range lacking.Of {
			if only(p).PersonLacks(m) {
				patients += n
			}
		}
		if patients > 0 {
			about := ""
			if lacking.About {
				about = "at least "
			}
			all = append(all, fmt.Sprintf("%s: %s%s in study (%s) have none and would be left out.", placeholderWords(p), about, countOf(int64(patients), "patient"), where))
		}
		all = append(all, lackingProviders(p, providers, &counts, where)...)
		for i := range studies {
			n := counts.Study[studies[i].Key]
			if n > 0 && (study == nil || study.Key == studies[i].Key) && only(p).StudyLacks(&studies[i]) != 0 {
				all = append(all, fmt.Sprintf("%s: study %s has none, so its %s in study would be left out.", placeholderWords(p), studies[i].Name, countOf(int64(n), "patient")))
			}
		}
	}
	return all, nil
}

func lackingProviders(p compose.Placeholder, providers []studymail.Provider, counts *store.PatientFacets, where string) []string {
	blank, patients, name := 0, 0, ""
	for i := range providers {
		if n := counts.Provider[providers[i].Key]; n > 0 && only(p).ProviderLacks(&providers[i]) != 0 {
			blank, patients, name = blank+1, patients+n, providers[i].Name
		}
	}
	switch blank {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("%s: %s has none, so its %s in study (%s) would be left out.", placeholderWords(p), name, countOf(int64(patients), "patient"), where)}
	}
	return []string{fmt.Sprintf("%s: %s have none, so their %s in study (%s) would be left out.", placeholderWords(p), countOf(int64(blank), "care provider"), countOf(int64(patients), "patient"), where)}
}

// only is the need of one placeholder.
func only(p compose.Placeholder) compose.Needs { return 1 << p }

// lackingSets are the sets of missing details that leave a patient without what the
// letter needs.
func lackingSets(needs compose.Needs) (sets []studymail.Missing) {
	const all = studymail.MissingFirstName | studymail.MissingLastName | studymail.MissingEmail
	for m := studymail.Missing(1); m <= all; m++ {
		if needs.PersonLacks(m) {
			sets = append(sets, m)
		}
	}
	return sets
}
