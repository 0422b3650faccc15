package intake

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// sink takes everything and keeps nothing: the import without a database.
type sink struct{ people, patients atomic.Int64 }

func (*sink) ImportProviders(context.Context) ([]studymail.Provider, error) {
	return []studymail.Provider{{ID: studymail.NewID(), Key: 1, ODSCode: "ABCD001", Active: true}}, nil
}

func (*sink) ImportPeople(context.Context, int64, [][]byte) ([]store.ImportPerson, error) {
	return nil, nil
}

func (*sink) ImportHolders(context.Context, [][]byte) (map[string][2]int64, error) { return nil, nil }

func (s *sink) WriteImport(_ context.Context, c *store.ImportChunk) error {
	s.people.Add(int64(len(c.People)))
	s.patients.Add(int64(len(c.Patients)))
	return nil
}

func bigFile(tb testing.TB, rows int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "patients.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, header)
	for n := range rows {
		fmt.Fprint(w, line(n, nil))
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func importFile(tb testing.TB, path string, s Store, progress func(Stage, int64, int64)) Result {
	tb.Helper()
	c, err := OpenCSV(path, nil, "")
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	im := &Importer{s, newKeys(tb).Sealer()}
	res, err := im.Import(tb.Context(), c, Options{Study: study, Progress: progress})
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

func BenchmarkImport100k(b *testing.B) {
	const rows = 100_000
	path := bigFile(b, rows)
	for b.Loop() {
		s := &sink{}
		if importFile(b, path, s, nil); s.patients.Load() != rows {
			b.Fatalf("%d patients", s.patients.Load())
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkReadOnly100k(b *testing.B) {
	const rows = 100_000
	path := bigFile(b, rows)
	for b.Loop() {
		c, err := OpenCSV(path, nil, "")
		if err != nil {
			b.Fatal(err)
		}
		r, row, n := c.Rows(), Row{}, 0
		for ; r.Next(&row) == nil; n++ {
		}
		if err := c.Close(); err != nil || n != rows+1 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}

// What an import holds grows by its two sets of hashes only, about 27 bytes a
// row each.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a file of 100,000 rows")
	}
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	held := func(rows int) (most int64) {
		path, before := bigFile(t, rows), live()
		importFile(t, path, &sink{}, func(s Stage, done, total int64) {
			if s == Checking && done == total {
				most = max(most, live()-before)
			}
		})
		return most
	}
	const few, many = 10_000, 100_000
	small, big := held(few), held(many)
	perRow := float64(big-small) / (many - few)
	t.Logf("%.1f MB held at the end of %d rows, %.1f MB of %d: %.0f bytes a row", float64(big)/1e6, many, float64(small)/1e6, few, perRow)
	if perRow > 80 {
		t.Errorf("%.0f bytes a row", perRow)
	}
}
