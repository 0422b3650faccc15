package intake

import (
	"bytes"
	"context"
	"fmt"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Store is what an import needs of the database. Each method is one short
// transaction.
type Store interface {
	// ImportProviders gives all care providers.
	ImportProviders(ctx context.Context) ([]studymail.Provider, error)
	// ImportPeople gives the people who have one of the username hashes, with
	// what they are in the study (by row key). Hashes of nobody are left out.
	ImportPeople(ctx context.Context, study int64, usernames [][]byte) ([]store.ImportPerson, error)
	// ImportHolders gives, for each of the address hashes that somebody has,
	// the lowest and the highest row key of the people who have it.
	ImportHolders(ctx context.Context, emails [][]byte) (map[string][2]int64, error)
	// WriteImport writes a chunk whole or not at all. Conflict says that the
	// database is not any more as the chunk expects it.
	WriteImport(ctx context.Context, chunk *store.ImportChunk) error
}

// hashed is a row with the keyed hashes under every key, the newest first.
type hashed struct {
	checked
	usernames [][]byte
	emails    [][]byte // none without an address
	details   [][]byte
	provider  int64 // row key; 0 while it is to be created
}

// hash makes the hashes that studymail.Details.Hash makes, under every key.
func hash(s *sealed.Sealer, c *checked) hashed {
	h := hashed{checked: *c}
	if !c.named {
		return h
	}
	d := c.Details
	h.usernames = s.Hashes(sealed.UsernameHash, studymail.NormalUsername(d.Username))
	if len(c.problems) > 0 {
		return h // the person is told; nothing else will be needed
	}
	h.details = s.Hashes(sealed.DetailsHash, d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal(), d.Email.Reveal())
	if !d.Email.IsEmpty() {
		h.emails = s.Hashes(sealed.EmailHash, studymail.NormalEmail(d.Email))
	}
	return h
}

func among(hashes [][]byte, h []byte) bool {
	for _, x := range hashes {
		if bytes.Equal(x, h) {
			return true
		}
	}
	return false
}

func (h *hashed) newest() studymail.Hashes {
	n := studymail.Hashes{Username: h.usernames[0], Details: h.details[0]}
	if len(h.emails) > 0 {
		n.Email, n.Older = h.emails[0], h.emails[1:]
	}
	return n
}

// tally is what rows mean for the database.
type tally struct {
	peopleAdded    int
	patientsAdded  int
	detailsUpdated int
	externalAdded  int
	unchanged      int
	newAddress     int // of patients who are Not contactable
	recontacted    int
}

func (t *tally) add(o tally) {
	t.peopleAdded += o.peopleAdded
	t.patientsAdded += o.patientsAdded
	t.detailsUpdated += o.detailsUpdated
	t.externalAdded += o.externalAdded
	t.unchanged += o.unchanged
	t.newAddress += o.newAddress
	t.recontacted += o.recontacted
}

// plan is what is to be written for some rows.
type plan struct {
	chunk    store.ImportChunk
	count    tally
	warnings []Problem
	changed  []studymail.ID // patients who are Not contactable and get a new address
	found    map[string]*store.ImportPerson
}

func (p *plan) empty() bool {
	c := &p.chunk
	return len(c.People)+len(c.Changed)+len(c.Patients)+len(c.ExternalIDs)+len(c.Recontact) == 0
}

// planner looks rows up and says what they mean.
type planner struct {
	store     Store
	sealer    *sealed.Sealer
	study     studymail.Study
	recontact bool
}

// plan looks good rows up. With seal it makes what is to be written; without,
// it only counts and warns.
func (pl *planner) plan(ctx context.Context, rows []hashed, seal bool) (*plan, error) {
	p := &plan{chunk: store.ImportChunk{Study: pl.study}}
	if len(rows) == 0 {
		return p, nil
	}
	var usernames [][]byte
	for i := range rows {
		usernames = append(usernames, rows[i].usernames...)
	}
	people, err := pl.store.ImportPeople(ctx, pl.study.Key, usernames)
	if err != nil {
		return nil, fmt.Errorf("look people up: %w", err)
	}
	p.found = make(map[string]*store.ImportPerson, len(people))
	for i := range people {
		p.found[string(people[i].Person.Hashes.Username)] = &people[i]
	}
	for i := range rows {
		before := p.count
		if err := pl.row(p, &rows[i], seal); err != nil {
			return nil, fmt.Errorf("row %d: %w", rows[i].Row, err)
		}
		if p.count.peopleAdded+p.count.patientsAdded+p.count.detailsUpdated+p.count.externalAdded+p.count.recontacted ==
			before.peopleAdded+before.patientsAdded+before.detailsUpdated+before.externalAdded+before.recontacted {
			p.count.unchanged++
		}
	}
	return p, nil
}

func (p *plan) person(h *hashed) *store.ImportPerson {
	for _, u := range h.usernames {
		if found := p.found[string(u)]; found != nil {
			return found
		}
	}
	return nil
}

func (pl *planner) row(p *plan, h *hashed, seal bool) error {
	found := p.person(h)
	if found == nil {
		return pl.newPerson(p, h, seal)
	}
	warn := func(column column, reason string) {
		name := ""
		if column != unknownColumn {
			name = column.String()
		}
		p.warnings = append(p.warnings, Problem{h.Row, name, reason})
	}
	var key *sealed.Key // unwrapped when it is needed: most rows change nothing
	open := func() (err error) {
		if key == nil {
			key, err = pl.sealer.Key(found.Person.ID, found.Person.Wrapped)
		}
		return err
	}
	in := !found.Patient.ID.IsZero()
	if !among(h.details, found.Person.Hashes.Details) {
		p.count.detailsUpdated++
		if in {
			warn(unknownColumn, "in the study already, with other details: they are brought up to date")
		} else {
			warn(unknownColumn, "known from another study, with other details: they are brought up to date")
		}
		if seal {
			if err := open(); err != nil {
				return err
			}
			b, err := h.Details.Seal(key, found.Person.ID)
			if err != nil {
				return err
			}
			changed := found.Person
			changed.Sealed, changed.Hashes, changed.Missing = b, h.newest(), h.Details.Missing()
			p.chunk.Changed = append(p.chunk.Changed, changed)
		}
	}
	if !in {
		p.count.patientsAdded++
		if !seal {
			return nil
		}
		if !h.ExternalID.IsEmpty() {
			if err := open(); err != nil {
				return err
			}
		}
		return addPatient(p, h, found.Person.ID, key)
	}
	if found.Patient.Provider != h.provider {
		warn(odsCodeColumn, "in the study already, through another care provider: that one is kept")
	}
	if h.Cancelled != studymail.NotCancelled && found.Patient.Cancelled == studymail.NotCancelled {
		warn(cancelledColumn, "has left the study by this file, and not by the database: an import does not change that; use `studymail patient set`")
	}
	if found.Patient.Cancelled == studymail.NotContactable && len(h.emails) > 0 && !among(h.emails, found.Person.Hashes.Email) {
		p.count.newAddress++
		p.changed = append(p.changed, found.Patient.ID)
		if pl.recontact {
			p.count.recontacted++
			p.chunk.Recontact = append(p.chunk.Recontact, found.Patient.ID)
		}
	}
	if !h.ExternalID.IsEmpty() && len(found.Patient.SealedExternal) == 0 {
		p.count.externalAdded++
		if seal {
			if err := open(); err != nil {
				return err
			}
			b, err := key.Seal(sealed.PatientDetails, found.Patient.ID, h.ExternalID.Reveal())
			if err != nil {
				return err
			}
			p.chunk.ExternalIDs = append(p.chunk.ExternalIDs, studymail.Patient{ID: found.Patient.ID, SealedExternal: b})
		}
	}
	return nil
}

func (pl *planner) newPerson(p *plan, h *hashed, seal bool) error {
	p.count.peopleAdded++
	p.count.patientsAdded++
	if !seal {
		return nil
	}
	id := studymail.NewID()
	key, wrapped, err := pl.sealer.NewKey(id)
	if err != nil {
		return err
	}
	b, err := h.Details.Seal(key, id)
	if err != nil {
		return err
	}
	p.chunk.People = append(p.chunk.People, studymail.Person{
		ID: id, Wrapped: wrapped, Sealed: b, Hashes: h.newest(), Missing: h.Details.Missing(),
	})
	return addPatient(p, h, id, key)
}

// addPatient adds a patient. The external id is bound to the patient's UUID
// and sealed with the person's key.
func addPatient(p *plan, h *hashed, person studymail.ID, key *sealed.Key) error {
	patient := studymail.Patient{
		ID: studymail.NewID(), PersonID: person, Provider: h.provider, Status: h.Status, Cancelled: h.Cancelled,
	}
	if !h.ExternalID.IsEmpty() {
		b, err := key.Seal(sealed.PatientDetails, patient.ID, h.ExternalID.Reveal())
		if err != nil {
			return err
		}
		patient.SealedExternal = b
	}
	p.chunk.Patients = append(p.chunk.Patients, patient)
	return nil
}

// warnHolders warns of addresses that other people in the database have.
func (pl *planner) warnHolders(ctx context.Context, p *plan, rows []hashed) error {
	var emails [][]byte
	for i := range rows {
		emails = append(emails, rows[i].emails...)
	}
	if len(emails) == 0 {
		return nil
	}
	holders, err := pl.store.ImportHolders(ctx, emails)
	if err != nil {
		return fmt.Errorf("look addresses up: %w", err)
	}
	for i := range rows {
		var self int64
		if found := p.person(&rows[i]); found != nil {
			self = found.Person.Key
		}
		for _, e := range rows[i].emails {
			if who, ok := holders[string(e)]; ok && (who[0] != self || who[1] != self) {
				p.warnings = append(p.warnings, Problem{rows[i].Row, emailColumn.String(), "another person in the database has the same address"})
				break
			}
		}
	}
	return nil
}
