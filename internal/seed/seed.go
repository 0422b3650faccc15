package seed

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Options say what to fill.
type Options struct {
	Store    *store.Store
	Sealer   *sealed.Sealer
	Now      func() time.Time
	Actor    string
	Patients int
	Messages int
	Anyway   bool // also a database that holds data
	Progress func(done, all int)
}

// Result is what was made.
type Result struct {
	Providers int   `json:"providers"`
	Studies   int   `json:"studies"`
	Patients  int   `json:"patients"`
	Campaigns int   `json:"campaigns"`
	Messages  int64 `json:"messages"`
}

const (
	chunk     = 1000   // people a transaction
	messages  = 20_000 // row keys of patients a transaction, when messages are made
	tenThou   = 10_000
	mostOnce  = 1_000_000_000
	sealAhead = 4 // chunks that are sealed while one is written
)

type filler struct {
	Options
	tag       int // tells several seedings of one database apart
	res       Result
	providers []studymail.Provider
	studies   []studymail.Study
	versions  []int64
	done, all int
}

// Fill fills the database. It fails with Conflict, and changes nothing, when there is
// data in it and nobody said to go on anyway.
func Fill(ctx context.Context, o Options) (Result, error) {
	if o.Patients < 1 || o.Patients > mostOnce || o.Messages < 0 || o.Messages > mostOnce {
		return Result{}, studymail.Errorf(studymail.Invalid, "how many patients: from 1 on; how many messages: from 0 on")
	}
	f := &filler{Options: o, all: o.Patients + o.Messages}
	for _, step := range []func(context.Context) error{f.look, f.desk, f.people, f.campaigns, f.schedules, f.past, f.end} {
		if err := step(ctx); err != nil {
			return f.res, err
		}
	}
	return f.res, nil
}

func (f *filler) far(n int) {
	f.done += n
	if f.Progress != nil {
		f.Progress(min(f.done, f.all), f.all)
	}
}

// look refuses a database with data, and sees how far another seeding went.
func (f *filler) look(ctx context.Context) error {
	return f.Store.Read(ctx, func(tx *store.Tx) error {
		there, err := tx.FirstSteps(ctx)
		if err != nil {
			return err
		}
		if there != (store.FirstSteps{}) && !f.Anyway {
			return studymail.Errorf(studymail.Conflict, "this database holds other data; seeding is for an empty one: give DATABASE_URL another, or say --anyway (nothing was changed)")
		}
		all, err := tx.Providers(ctx)
		f.tag = len(all)
		return err
	})
}

// mixed is a number that looks random and is the same each time.
func mixed(n int) uint64 {
	x := uint64(n) + 0x9e3779b97f4a7c15 //nolint:gosec // it wraps on purpose (splitmix64)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func pick[T any](n int, of []T) T { return of[mixed(n)%uint64(len(of))] }

// desk makes care providers, studies and letters.
func (f *filler) desk(ctx context.Context) error {
	providers, studies := min(max(f.Patients/2500, 5), 400), min(max(f.Patients/12_500, 5), 80)
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		f.providers, f.studies, f.versions, f.res = nil, nil, nil, Result{Providers: providers, Studies: studies}
		for i := range providers {
			n := f.tag + i
			p := studymail.Provider{
				Name: pick(n, towns) + " " + pick(n+7, practices) + fmt.Sprintf(" %d", n+1), ODSCode: fmt.Sprintf("S%05d", n), Contact: "Dr " + pick(n+1, lastNames),
				ContactName: "Dr " + pick(n+2, firstNames) + " " + pick(n+1, lastNames), Phone: fmt.Sprintf("020 7946 %04d", n%10_000), Active: n%40 != 39,
			}
			if err := tx.AddProvider(ctx, &p); err != nil {
				return err
			}
			f.providers = append(f.providers, p)
		}
		for i := range studies {
			n := f.tag + i
			s := studymail.Study{Name: fmt.Sprintf("%s and %s %d", pick(n, topics), pick(n+5, outcomes), n+1), ApprovalReference: fmt.Sprintf("REC 26/%04d", n), Active: n%20 != 19, AllowSharedAddress: n%3 == 0}
			if err := tx.AddStudy(ctx, &s); err != nil {
				return err
			}
			f.studies = append(f.studies, s)
		}
		for i, name := range []string{"Invitation", "Reminder", "Last reminder"} {
			t := studymail.Template{Name: fmt.Sprintf("%s %d", name, f.tag+i+1)}
			v := studymail.TemplateVersion{Format: "markdown", Subject: name + ": {{ study_name }}", Body: "Dear {{ patient_full_name }},\n\n{{ care_provider_name }} invites you to **{{ study_name }}**.\n"}
			if err := tx.AddTemplate(ctx, &t, &v); err != nil {
				return err
			}
			f.versions = append(f.versions, v.Key)
		}
		return tx.AddEvent(ctx, f.Actor, "invented data made", studymail.ID{}, fmt.Sprintf("patients=%d messages=%d", f.Patients, f.Messages))
	})
}

// shares gives how many patients each study has: the first ones more than the last.
func (f *filler) shares() []int {
	weights, sum := make([]float64, len(f.studies)), 0.0
	for i := range weights {
		weights[i] = 1 / float64(i+3)
		sum += weights[i]
	}
	counts, left := make([]int, len(weights)), f.Patients
	for i := range weights {
		counts[i] = min(int(float64(f.Patients)*weights[i]/sum), left)
		left -= counts[i]
	}
	counts[0] += left
	return counts
}

// people makes patients, study by study; while some are written, others are sealed.
func (f *filler) people(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	type ahead struct{ chunk chan *store.ImportChunk }
	queue := make(chan ahead, sealAhead)
	g.Go(func() error {
		defer close(queue)
		n := 0
		for i, count := range f.shares() {
			for from := 0; from < count; from += chunk {
				size, first, a := min(chunk, count-from), n, ahead{make(chan *store.ImportChunk, 1)}
				n += size
				select {
				case queue <- a:
				case <-ctx.Done():
					return ctx.Err()
				}
				g.Go(func() error {
					c, err := f.seal(i, first, size)
					a.chunk <- c
					return err
				})
			}
		}
		return nil
	})
	g.Go(func() error {
		for a := range queue {
			c := <-a.chunk
			if c == nil {
				return nil // the error is its maker's
			}
			if err := f.Store.WriteImport(ctx, c); err != nil {
				return err
			}
			f.res.Patients += len(c.Patients)
			f.far(len(c.Patients))
		}
		return nil
	})
	return g.Wait()
}

// providersOfAStudy is with how many care providers a study works, at most.
const providersOfAStudy = 25

// seal makes the people from number first on, as patients of the study at a place.
func (f *filler) seal(place, first, size int) (*store.ImportChunk, error) {
	c := &store.ImportChunk{Study: f.studies[place]}
	for n := first; n < first+size; n++ {
		d := detailsOf(f.tag, n)
		person := studymail.Person{ID: idOf(f.tag, 1, n), Hashes: d.Hash(f.Sealer), Missing: d.Missing()}
		key, wrapped, err := f.Sealer.NewKey(person.ID)
		if err != nil {
			return nil, err
		}
		person.Wrapped = wrapped
		if person.Sealed, err = d.Seal(key, person.ID); err != nil {
			return nil, err
		}
		c.People = append(c.People, person)
		c.Patients = append(c.Patients, studymail.Patient{
			ID: idOf(f.tag, 2, n), PersonID: person.ID, Provider: f.providers[(place*7+int(mixed(n+3)%providersOfAStudy))%len(f.providers)].Key,
			Status: statusOf(n), Cancelled: cancelledOf(n),
		})
	}
	return c, nil
}
