package intake

import (
	"context"
	"errors"
	"slices"

	"studymail"
)

// Task is what a worker does with a file that was uploaded: it checks it, or imports
// what a person confirmed.
type Task struct {
	File        *Kept
	Study       studymail.Study
	Choices     Choices
	Actor       string
	Writing     bool
	Confirmed   Numbers // what the person saw
	Interrupted bool    // another worker had begun to write
	Progress    func(stage Stage, done, total int64)
}

// Found is what came of it.
type Found struct {
	Numbers  Numbers
	Findings []byte // packed
	Sample   []byte // the rows with the first problems, sealed; row 0 is the file's first
	Done     bool   // it was imported; else it was checked, and waits for a person's word
}

// inPlace is how many rows with problems are kept, for a page to show them.
const inPlace = 50

// errOtherNumbers ends an import whose checks find something else than what was
// confirmed: a person sees it anew.
var errOtherNumbers = errors.New("the numbers are not those that were confirmed")

// Work checks or imports a file. An import whose numbers are not those that were
// confirmed writes nothing, and is a check.
func (im *Importer) Work(ctx context.Context, t Task) (Found, error) {
	o := Options{
		Study: t.Study, DryRun: !t.Writing, SkipBad: t.Writing && t.Choices.SkipBad, CreateProviders: t.Choices.CreateProviders, Recontact: t.Choices.Recontact,
		Actor: t.Actor, Columns: t.Choices.Columns, NoHeader: t.Choices.NoHeader, MaxRows: MaxRows, Progress: t.Progress,
		Confirm: func(_ context.Context, now *Result) error {
			if n := now.Numbers(); !n.Same(&t.Confirmed) && (!t.Interrupted || !n.restOf(&t.Confirmed)) {
				return errOtherNumbers
			}
			return nil
		},
	}
	res, err := im.Import(ctx, t.File.Source(), o)
	if err != nil && !errors.Is(err, errOtherNumbers) {
		return Found{}, err
	}
	f := Found{Numbers: res.Numbers(), Findings: res.Pack(), Done: t.Writing && err == nil && res.Err() == nil}
	if f.Done {
		if t.Interrupted {
			f.Numbers = t.Confirmed // what all of it did, not only the rest
		}
		return f, nil
	}
	f.Sample, err = t.File.sample(&res)
	return f, err
}

// restOf tells that another worker had written some of it: the same rows, of which
// fewer are new.
func (n *Numbers) restOf(all *Numbers) bool {
	return n.Rows == all.Rows && n.BadRows == all.BadRows && n.Problems == all.Problems && n.Unchanged >= all.Unchanged &&
		n.PeopleAdded <= all.PeopleAdded && n.PatientsAdded <= all.PatientsAdded && n.DetailsUpdated <= all.DetailsUpdated
}

// sample seals the first rows with problems, for a page that shows them in place.
func (k *Kept) sample(res *Result) ([]byte, error) {
	if res.RefusedAsAWhole {
		return nil, nil
	}
	var rows []int
	for _, p := range res.Problems {
		if len(rows) == inPlace {
			break
		}
		if !slices.Contains(rows, p.Row) {
			rows = append(rows, p.Row)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	cells, err := RowsWith(k.Source(), rows)
	if err != nil {
		return nil, err
	}
	head, err := ReadHead(k.Source())
	if err != nil {
		return nil, err
	}
	for _, c := range head.Cells {
		cells[0] = append(cells[0], c.Text) // says which cell is which column
	}
	return SealRows(&k.Key.Key, k.Import, cells)
}
