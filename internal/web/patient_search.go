package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// maxFound bounds the people that one search finds: those who share an address.
const maxFound = 100

// patientSearch finds a patient by UUID, or people by exact username or address.
// What was typed stands in the body of the request only; the page that it leads to
// is named by UUIDs.
func (s *site) patientSearch(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(f.Get("search"))
	if typed == "" {
		f.Problem("search", "type what to search for")
		return s.notFound(v, f)
	}
	if id, err := studymail.ParseID(typed); err == nil {
		return s.searchByID(v, f, id)
	}
	if !v.may(studymail.MaySeeDetails) {
		f.Problem("search", "that is no UUID; to search by username or address takes the right to see personal details")
		return s.notFound(v, f)
	}
	var people []studymail.ID
	err = v.write(func(tx *store.Tx) error {
		keys, err := s.peopleOf(v, tx, typed)
		if err != nil {
			return err
		}
		people = nil
		for _, k := range keys[:min(len(keys), maxFound)] {
			p, err := tx.PersonByKey(v.ctx(), k)
			if err != nil {
				return err
			}
			people = append(people, p.ID)
		}
		// Whether somebody is a patient here is a detail of theirs, too.
		about := studymail.ID{}
		if len(people) == 1 {
			about = people[0]
		}
		return v.event(tx, "patients searched", about, "people="+strconv.Itoa(len(people)))
	})
	if err != nil {
		return err
	}
	if len(people) == 0 {
		f.Problem("search", "nobody has exactly that username or address. Capital letters matter in a username; parts of one cannot be searched for, nor can names")
		return s.notFound(v, f)
	}
	q := url.Values{}
	for _, id := range people {
		q.Add("person", id.String())
	}
	return v.redirect("/patients?" + q.Encode())
}

// peopleOf finds people by their keyed hashes.
func (s *site) peopleOf(v *visit, tx *store.Tx, typed string) ([]int64, error) {
	if strings.Contains(typed, "@") {
		keys, err := tx.PeopleByEmail(v.ctx(), s.Sealer.Hashes(sealed.EmailHash, studymail.NormalEmail(sealed.NewEmail(typed))))
		if err != nil || len(keys) > 0 {
			return keys, err
		}
	}
	p, err := tx.PersonByUsername(v.ctx(), s.Sealer.Hashes(sealed.UsernameHash, studymail.NormalUsername(sealed.NewName(typed))))
	if studymail.CodeOf(err) == studymail.NotFound {
		return nil, nil
	}
	return []int64{p.Key}, err
}

// searchByID finds a patient, or the studies of a person.
func (s *site) searchByID(v *visit, f *form, id studymail.ID) error {
	to := ""
	err := v.read(func(tx *store.Tx) error {
		_, err := tx.PatientByID(v.ctx(), id)
		if err == nil {
			to = "/patients/" + id.String()
			return nil
		}
		if studymail.CodeOf(err) != studymail.NotFound {
			return err
		}
		if _, err = tx.PersonByID(v.ctx(), id); err == nil {
			to = "/patients?person=" + id.String()
			return nil
		}
		if studymail.CodeOf(err) == studymail.NotFound {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if to == "" {
		f.Problem("search", "no patient and no person has that UUID")
		return s.notFound(v, f)
	}
	return v.redirect(to)
}

// notFound shows the list with what is wrong with the search.
func (s *site) notFound(v *visit, search *form) error {
	return s.listPatients(v, http.StatusUnprocessableEntity, newForm(), search)
}
