package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

var _ Store = (*store.Store)(nil)

func withStudy(tb testing.TB, s *store.Store, codes ...string) studymail.Study {
	tb.Helper()
	st := studymail.Study{Name: "Study A", Active: true}
	err := s.Write(tb.Context(), func(tx *store.Tx) error {
		for _, code := range codes {
			if err := tx.AddProvider(tb.Context(), &studymail.Provider{Name: code, ODSCode: code, Active: true}); err != nil {
				return err
			}
		}
		return tx.AddStudy(tb.Context(), &st)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return st
}

// dying fails at its nth write, as a process that is killed between two chunks.
type dying struct {
	Store
	left int
}

func (d *dying) WriteImport(ctx context.Context, c *store.ImportChunk) error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return d.Store.WriteImport(ctx, c)
}

func TestImportIntoBothDatabases(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		keys := newKeys(t)
		st := withStudy(t, s, "ABCD001")
		file := header + lines(0, 1700) +
			line(1700, map[column]string{usernameColumn: "zoë", odsCodeColumn: "NEW1", emailColumn: "user1@example.org", externalIDColumn: "X", cancelledColumn: "40"})
		run := func(to Store, text string, o Options) (Result, error) {
			o.Study, o.Actor, o.CreateProviders = st, "tester", true
			im := &Importer{to, keys.Sealer()}
			return im.Import(t.Context(), source(t, text), o)
		}
		if _, err := run(&dying{s, 3}, file, Options{}); !errors.Is(err, errDied) {
			t.Fatalf("first: %v", err)
		}
		res, err := run(s, file, Options{})
		if err != nil || res.PatientsAdded != 1701-2*chunkRows || res.Unchanged != 2*chunkRows {
			t.Fatalf("second: %v, %+v", err, res)
		}
		if len(res.Warnings) != 2 { // by the database of row 3, by the file of the last row
			t.Logf("warnings: %+v", res.Warnings)
		}
		res, err = run(s, file, Options{})
		if err != nil || res.Written || res.Unchanged != 1701 {
			t.Fatalf("third: %v, %+v", err, res)
		}
		res, err = run(s, strings.Replace(file, "user1@example.org,NEW1", "zoe@bücher.example,NEW1", 1), Options{Recontact: true})
		if err != nil || res.DetailsUpdated != 1 || res.Recontacted != 1 || res.Unchanged != 1700 {
			t.Fatalf("fourth: %v, %+v", err, res)
		}
		err = s.Read(t.Context(), func(tx *store.Tx) error {
			n, err := tx.CountPatients(t.Context(), store.PatientFilter{Study: st.Key})
			if err != nil || n != 1701 {
				return fmt.Errorf("%d patients, %w", n, err)
			}
			p, err := tx.PersonByUsername(t.Context(), keys.Sealer().Hashes(sealed.UsernameHash, "zoë"))
			if err != nil {
				return err
			}
			key, err := keys.Opener().Key(p.ID, p.Wrapped)
			if err != nil {
				return err
			}
			d, err := studymail.OpenDetails(key, p.ID, p.Sealed)
			if d.Email.Reveal() != "zoe@xn--bcher-kva.example" || p.Revision != 2 {
				t.Errorf("zoë's address was not brought up to date (revision %d)", p.Revision)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTwoImportsOfOneFileAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		keys := newKeys(t)
		st := withStudy(t, s, "ABCD001")
		file := header + lines(0, 3000)
		errs := make(chan error, 2)
		added := make(chan int, 2)
		for range 2 {
			src := source(t, file)
			go func() {
				im := &Importer{s, keys.Sealer()}
				res, err := im.Import(context.WithoutCancel(t.Context()), src, Options{Study: st})
				errs <- err
				added <- res.PatientsAdded
			}()
		}
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
		if n := <-added + <-added; n != 3000 {
			t.Errorf("%d patients added by both, want 3000", n)
		}
	})
}

func BenchmarkImport100kIntoDatabase(b *testing.B) {
	const rows = 100_000
	path := bigFile(b, rows)
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := storetest.Open(b, kind)
				st := withStudy(b, s, "ABCD001")
				b.StartTimer()
				keys, start := newKeys(b), time.Now()
				for _, word := range []string{"new", "again"} {
					c, err := OpenCSV(path, nil, "")
					if err != nil {
						b.Fatal(err)
					}
					im := &Importer{s, keys.Sealer()}
					res, err := im.Import(b.Context(), c, Options{Study: st})
					if err != nil || res.Rows != rows {
						b.Fatal(err, res.Rows)
					}
					b.ReportMetric(rows/time.Since(start).Seconds(), word+"-rows/s")
					start = time.Now()
					if err := c.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
