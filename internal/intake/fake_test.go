package intake

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

var study = studymail.Study{ID: studymail.NewID(), Key: 7, Name: "Study A"}

// fake is a database in memory that keeps the promises of Store.
type fake struct {
	mu        sync.Mutex
	providers []studymail.Provider
	people    []*store.ImportPerson
	events    []string
	writes    int
	largest   int                              // rows in one chunk
	before    func(c *store.ImportChunk) error // may fail, or play somebody else
}

func newFake(codes ...string) *fake {
	f := &fake{}
	for i, code := range codes {
		f.providers = append(f.providers, studymail.Provider{ID: studymail.NewID(), Key: int64(100 + i), ODSCode: code, Name: code, Active: true})
	}
	return f
}

func (f *fake) ImportProviders(context.Context) ([]studymail.Provider, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.providers), nil
}

func (f *fake) ImportPeople(_ context.Context, s int64, usernames [][]byte) (found []store.ImportPerson, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted := map[string]bool{}
	for _, u := range usernames {
		wanted[string(u)] = true
	}
	for _, p := range f.people {
		if wanted[string(p.Person.Hashes.Username)] {
			found = append(found, *p)
		}
	}
	return found, nil
}

func (f *fake) ImportHolders(_ context.Context, emails [][]byte) (map[string][2]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted, holders := map[string]bool{}, map[string][2]int64{}
	for _, e := range emails {
		wanted[string(e)] = true
	}
	for _, p := range f.people { // in the order of their keys
		e := string(p.Person.Hashes.Email)
		if h, ok := holders[e]; ok {
			holders[e] = [2]int64{h[0], p.Person.Key}
		} else if wanted[e] {
			holders[e] = [2]int64{p.Person.Key, p.Person.Key}
		}
	}
	return holders, nil
}

func (f *fake) person(match func(*store.ImportPerson) bool) *store.ImportPerson {
	if i := slices.IndexFunc(f.people, match); i >= 0 {
		return f.people[i]
	}
	return nil
}

func (f *fake) WriteImport(_ context.Context, c *store.ImportChunk) error {
	if f.before != nil {
		if err := f.before(c); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.largest = max(f.largest, len(c.People), len(c.Patients), len(c.Changed))
	people := make([]*store.ImportPerson, len(f.people))
	for i, p := range f.people {
		again := *p
		people[i] = &again
	}
	was := f.people
	f.people = people
	if err := f.apply(c); err != nil {
		f.people = was
		return err
	}
	f.writes++
	if c.Action != "" {
		f.events = append(f.events, c.Actor+": "+c.Action+" "+c.Detail)
	}
	return nil
}

func (f *fake) apply(c *store.ImportChunk) error {
	conflict := studymail.Errorf(studymail.Conflict, "changed meanwhile")
	for _, p := range c.Providers {
		p.ID, p.Key = studymail.NewID(), int64(100+len(f.providers))
		f.providers = append(f.providers, p)
	}
	have := make(map[string]bool, len(f.people))
	for _, p := range f.people {
		have[string(p.Person.Hashes.Username)] = true
	}
	for _, p := range c.People {
		if have[string(p.Hashes.Username)] {
			return conflict
		}
		p.Key, p.Revision = int64(1+len(f.people)), 1
		f.people = append(f.people, &store.ImportPerson{Person: p})
	}
	byID := make(map[studymail.ID]*store.ImportPerson, len(f.people))
	byPatient := map[studymail.ID]*store.ImportPerson{}
	for _, p := range f.people {
		byID[p.Person.ID], byPatient[p.Patient.ID] = p, p
	}
	for _, p := range c.Changed {
		old := byID[p.ID]
		if old == nil || old.Person.Revision != p.Revision {
			return conflict
		}
		p.Revision++
		old.Person = p
	}
	for _, p := range c.Patients {
		who := byID[p.PersonID]
		if who == nil || !who.Patient.ID.IsZero() {
			return conflict
		}
		p.Study = c.Study.Key
		who.Patient = p
	}
	for _, p := range c.ExternalIDs {
		byPatient[p.ID].Patient.SealedExternal = p.SealedExternal
	}
	for _, id := range c.Recontact {
		who := byPatient[id]
		if who == nil || who.Patient.Cancelled != studymail.NotContactable {
			return conflict
		}
		who.Patient.Cancelled = studymail.NotCancelled
	}
	return nil
}

// snapshot is the content, to be compared.
func (f *fake) snapshot() (all []store.ImportPerson) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.people {
		all = append(all, *p)
	}
	return all
}

func newKeys(tb testing.TB) *sealed.Keys {
	tb.Helper()
	keys, err := sealed.ParseKeys(newKeysets(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func newKeysets(tb testing.TB) (master, hash, signing sealed.Secret) {
	tb.Helper()
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		tb.Fatal(err)
	}
	return master, hash, signing
}

// details opens what is stored of a user.
func details(tb testing.TB, keys *sealed.Keys, f *fake, username string) (studymail.Details, *store.ImportPerson) {
	tb.Helper()
	hashes := keys.Sealer().Hashes(sealed.UsernameHash, username)
	p := f.person(func(p *store.ImportPerson) bool {
		return slices.ContainsFunc(hashes, func(h []byte) bool { return bytes.Equal(h, p.Person.Hashes.Username) })
	})
	if p == nil {
		tb.Fatalf("no person %s", username)
	}
	key, err := keys.Opener().Key(p.Person.ID, p.Person.Wrapped)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := studymail.OpenDetails(key, p.Person.ID, p.Person.Sealed)
	if err != nil {
		tb.Fatal(err)
	}
	return d, p
}
