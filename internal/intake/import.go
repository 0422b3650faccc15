package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"golang.org/x/sync/errgroup"
)

const (
	chunkRows     = 500 // in one write transaction: up to 500 people and 500 patients
	chunksAhead   = 2   // read while one is being written
	conflictTries = 5   // of a chunk that somebody else was quicker than
	maxIDs        = 1000
)

// Importer imports patients.
type Importer struct {
	Store  Store
	Sealer *sealed.Sealer
}

// Options of an import.
type Options struct {
	Study           studymail.Study
	DryRun          bool // write nothing
	SkipBad         bool // leave rows with problems out instead of refusing all
	CreateProviders bool // make unknown care providers, named as their ODS code, with nothing else
	Recontact       bool // patients who are Not contactable and get a new address are – again
	Actor           string
	Columns         []string // of each cell, as in Choices; nil: the header names them
	NoHeader        bool     // the first row is a patient; with Columns only
	MaxRows         int      // 0: no limit

	// Confirm, where set, is asked after the checks and before anything is
	// written; its error ends the import with nothing written.
	Confirm func(ctx context.Context, expected *Result) error
	// Progress, where set, is told how far a stage is: bytes of the file while
	// checking (total 0 when that is not known), rows while writing.
	Progress func(stage Stage, done, total int64)
}

// Stage of an import.
type Stage string

// The stages.
const (
	Checking Stage = "checking"
	Writing  Stage = "writing"
)

// Result is what an import did; after a dry run, in Confirm, and where problems
// were in the way, what it would have done.
type Result struct {
	Report
	DryRun           bool           `json:"dry_run"`
	Written          bool           `json:"written"`
	PeopleAdded      int            `json:"people_added"`
	PatientsAdded    int            `json:"patients_added"`
	DetailsUpdated   int            `json:"details_updated"`
	ExternalIDsAdded int            `json:"external_ids_added"`
	Unchanged        int            `json:"unchanged"`
	Skipped          int            `json:"skipped"`           // rows with problems, left out with SkipBad
	ProvidersCreated []string       `json:"providers_created"` // ODS codes
	NewAddresses     int            `json:"new_addresses_not_contactable"`
	NewAddressOf     []studymail.ID `json:"new_address_patients,omitempty"` // the first 1,000 of them
	Recontacted      int            `json:"recontacted"`
}

func newResult(o *Options) Result {
	return Result{Report: newReport(o.SkipBad), DryRun: o.DryRun, ProvidersCreated: []string{}, NewAddressOf: []studymail.ID{}}
}

func (r *Result) count(t tally) {
	r.PeopleAdded, r.PatientsAdded, r.DetailsUpdated, r.ExternalIDsAdded = t.peopleAdded, t.patientsAdded, t.detailsUpdated, t.externalAdded
	r.Unchanged, r.NewAddresses, r.Recontacted = t.unchanged, t.newAddress, t.recontacted
}

// Import imports a file. Problems of rows and of the file are in the result,
// not in the error: ask Result.Err. An error says that the import could not be
// done or not be finished; what it wrote stays, and importing again goes on.
func (im *Importer) Import(ctx context.Context, src Source, o Options) (Result, error) {
	res := newResult(&o)
	if o.Study.Key == 0 {
		return res, studymail.Errorf(studymail.Invalid, "an import needs a study: --study NAME")
	}
	first, err := im.check(ctx, src, &o, &res)
	if err != nil {
		return res, err
	}
	if problems, _ := res.Count(); problems > 0 && (!o.SkipBad || res.RefusedAsAWhole) {
		return res, nil
	}
	if o.SkipBad {
		res.Skipped = res.BadRows
	}
	if o.DryRun {
		return res, nil
	}
	if o.Confirm != nil {
		if err := o.Confirm(ctx, &res); err != nil {
			return res, err
		}
	}
	if err := im.createProviders(ctx, &o, res.ProvidersCreated); err != nil {
		return res, err
	}
	return res, im.write(ctx, src, &o, &res, first.bad)
}

// pass is one reading of the file with what it must remember.
type pass struct {
	planner
	columns   []string
	noHeader  bool
	most      int              // rows; 0: no limit
	create    bool             // unknown care providers are none of a row's problems
	people    map[person]int32 // keyed hash → row
	addresses map[person]int32 // nil in the second pass, which warns of nothing
	providers map[string]studymail.Provider
	told      map[string]bool // inactive care providers that were warned of
	unknown   map[string]bool // ODS codes
	bad       int             // rows with problems
	good      int
}

// person is the end of a keyed hash: 12 bytes and the row fit 16.
type person [12]byte

func personOf(h []byte) (p person) {
	copy(p[:], h[len(h)-len(p):])
	return p
}

func (im *Importer) newPass(ctx context.Context, o *Options) (*pass, error) {
	providers, err := im.Store.ImportProviders(ctx)
	if err != nil {
		return nil, fmt.Errorf("list care providers: %w", err)
	}
	p := &pass{
		planner:   planner{im.Store, im.Sealer, o.Study, o.Recontact},
		people:    map[person]int32{},
		providers: make(map[string]studymail.Provider, len(providers)),
		told:      map[string]bool{},
		unknown:   map[string]bool{},
		columns:   o.Columns,
		noHeader:  o.NoHeader,
		most:      o.MaxRows,
	}
	for _, v := range providers {
		p.providers[v.ODSCode] = v
	}
	return p, nil
}

// piece is some rows on their way.
type piece struct {
	rows        []hashed
	header      []Problem // warnings of the header
	done, total int64
}

// read reads the file, checks and hashes each row, and hands pieces on.
func (p *pass) read(ctx context.Context, rows Rows, to chan<- piece) error {
	var row Row
	err := rows.Next(&row)
	if errors.Is(err, io.EOF) {
		return &RefusedError{Row: 1, Reason: "the file is empty"}
	}
	if err != nil {
		return err
	}
	layout, warnings, err := p.layout(&row)
	if err != nil {
		return err
	}
	header, next, count, first := row.Number, piece{header: warnings}, 0, p.noHeader
	hand := func() error {
		next.done, next.total = rows.Progress()
		select {
		case to <- next:
			next = piece{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for ; ; first = false {
		var err error
		if !first {
			err = rows.Next(&row)
		}
		if errors.Is(err, io.EOF) {
			if count == 0 {
				return &RefusedError{Row: header, Reason: "the file has a header and no rows"}
			}
			return hand()
		}
		if err != nil {
			return err
		}
		if count++; p.most > 0 && count > p.most {
			return &RefusedError{Row: row.Number, Reason: "the file has more than " + number(p.most) + " rows; split it, and import one part after the other"}
		}
		c := layout.check(&row)
		next.rows = append(next.rows, hash(p.sealer, &c))
		if len(next.rows) == chunkRows {
			if err := hand(); err != nil {
				return err
			}
		}
	}
}

// layout tells the columns: as a person chose them, or as the header names them.
func (p *pass) layout(header *Row) (*layout, []Problem, error) {
	if len(p.columns) > 0 {
		l, err := chosenLayout(p.columns)
		return l, nil, err
	}
	return readHeader(header)
}

// judge sees each row beside the others: repeated people, shared addresses,
// care providers. It gives the good rows.
func (p *pass) judge(rows []hashed) (good []hashed, problems, warnings []Problem) {
	good = rows[:0]
	for i := range rows {
		h := &rows[i]
		if h.named {
			who := personOf(h.usernames[0])
			if before, ok := p.people[who]; ok {
				h.problems = append(h.problems, Problem{h.Row, usernameColumn.String(), fmt.Sprintf("the same person as in row %d", before)})
			} else {
				p.people[who] = int32(h.Row) //nolint:gosec // rows of a file
			}
		}
		v, known := p.providers[h.ODSCode]
		if !known && !p.create && h.ODSCode != "" { // whatever else is wrong: all is to be mended at once
			h.problems = append(h.problems, Problem{h.Row, odsCodeColumn.String(), "no such care provider: add it first (`studymail provider add`), or import with --create-providers"})
		}
		if len(h.problems) > 0 {
			p.bad++
			problems = append(problems, h.problems...)
			continue
		}
		switch {
		case !known:
			p.unknown[h.ODSCode] = true
		case !v.Active && !p.told[h.ODSCode]:
			p.told[h.ODSCode] = true
			warnings = append(warnings, Problem{h.Row, odsCodeColumn.String(), "the care provider is not active: none of its patients will be mailed"})
		}
		h.provider = v.Key
		if reason := p.addressOf(h); reason != "" {
			warnings = append(warnings, Problem{h.Row, emailColumn.String(), reason})
		}
		good = append(good, *h)
	}
	p.good += len(good)
	return good, problems, warnings
}

// addressOf gives what there is to say about a good row's address.
func (p *pass) addressOf(h *hashed) string {
	if p.addresses == nil {
		return ""
	}
	if len(h.emails) == 0 {
		return "no address: this patient cannot be mailed"
	}
	address := personOf(h.emails[0])
	if before, ok := p.addresses[address]; ok {
		return fmt.Sprintf("the same address as in row %d", before)
	}
	p.addresses[address] = int32(h.Row) //nolint:gosec // rows of a file
	return ""
}

// check is the first pass: everything is looked at, nothing written.
func (im *Importer) check(ctx context.Context, src Source, o *Options, res *Result) (*pass, error) {
	p, err := im.newPass(ctx, o)
	if err != nil {
		return nil, err
	}
	p.create, p.addresses = o.CreateProviders, map[person]int32{}
	var count tally
	err = p.each(ctx, src.Rows(), func(ctx context.Context, c piece) error {
		good, problems, warnings := p.judge(c.rows)
		plan, err := p.plan(ctx, good, false)
		if err != nil {
			return err
		}
		if err := p.warnHolders(ctx, plan, good); err != nil {
			return err
		}
		count.add(plan.count)
		res.problem(problems...)
		warnings = append(warnings, plan.warnings...)
		slices.SortStableFunc(warnings, func(a, b Problem) int { return a.Row - b.Row })
		res.warn(append(c.header, warnings...)...)
		res.NewAddressOf = append(res.NewAddressOf, plan.changed[:min(len(plan.changed), maxIDs-len(res.NewAddressOf))]...)
		o.progress(Checking, c.done, c.total)
		return nil
	})
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		*res = newResult(o)
		res.RefusedAsAWhole = true
		res.problem(Problem{refused.Row, refused.Column, refused.Reason})
		return p, nil
	}
	res.Rows, res.BadRows = p.good, p.bad
	res.ProvidersCreated = slices.AppendSeq(res.ProvidersCreated, maps.Keys(p.unknown))
	slices.Sort(res.ProvidersCreated)
	res.count(count)
	return p, err
}

// each reads ahead and calls fn for each piece in order.
func (p *pass) each(ctx context.Context, rows Rows, fn func(context.Context, piece) error) error {
	g, ctx := errgroup.WithContext(ctx)
	pieces := make(chan piece, chunksAhead)
	g.Go(func() error {
		defer close(pieces)
		return p.read(ctx, rows, pieces)
	})
	g.Go(func() error {
		for c := range pieces {
			if err := fn(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

func (o *Options) progress(stage Stage, done, total int64) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

// createProviders makes the care providers that the file names and nobody
// knows. All that is known of one is its code, which becomes its name, too:
// letters that need more leave its patients out until somebody fills it in.
func (im *Importer) createProviders(ctx context.Context, o *Options, codes []string) error {
	for some := range slices.Chunk(codes, chunkRows) {
		chunk := &store.ImportChunk{Study: o.Study}
		for _, code := range some {
			chunk.Providers = append(chunk.Providers, studymail.Provider{Name: code, ODSCode: code, Active: true})
		}
		if err := im.Store.WriteImport(ctx, chunk); err != nil {
			return fmt.Errorf("create care providers: %w", err)
		}
	}
	return nil
}

// ready is a chunk to be written, with its rows for the case that it must be
// made anew.
type ready struct {
	plan *plan
	rows []hashed
}

// write is the second pass.
func (im *Importer) write(ctx context.Context, src Source, o *Options, res *Result, expectedBad int) error {
	p, err := im.newPass(ctx, o)
	if err != nil {
		return err
	}
	total := int64(res.Rows)
	g, gctx := errgroup.WithContext(ctx)
	chunks := make(chan ready, 1)
	g.Go(func() error {
		defer close(chunks)
		return p.each(gctx, src.Rows(), func(ctx context.Context, c piece) error {
			good, _, _ := p.judge(c.rows)
			if p.bad > expectedBad {
				return studymail.Errorf(studymail.Conflict, "care providers were taken away while the file was being imported; what was written stays: import again")
			}
			plan, err := p.plan(ctx, good, true)
			if err != nil {
				return err
			}
			select {
			case chunks <- ready{plan, good}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	w := writer{p: p, actor: o.Actor, started: len(res.ProvidersCreated) > 0}
	g.Go(func() error {
		var done int64
		for c := range chunks {
			if err := w.write(gctx, c); err != nil {
				return err
			}
			done += int64(len(c.rows))
			o.progress(Writing, done, total)
		}
		return nil
	})
	err = g.Wait()
	res.count(w.count)
	res.Written = w.started
	if err != nil {
		return fmt.Errorf("the import was not finished; what was written is right, and importing again does the rest: %w", err)
	}
	return w.finish(ctx, res)
}

// writer writes chunks in order and counts what was truly written.
type writer struct {
	p       *pass
	actor   string
	count   tally
	started bool // something was written
}

func (w *writer) write(ctx context.Context, c ready) error {
	for try := 1; ; try++ {
		if c.plan.empty() {
			w.count.add(c.plan.count)
			return nil
		}
		if !w.started {
			c.plan.chunk.Actor, c.plan.chunk.Action = w.actor, "import started"
		}
		err := w.p.store.WriteImport(ctx, &c.plan.chunk)
		if err == nil {
			w.started = true
			w.count.add(c.plan.count)
			return nil
		}
		if studymail.CodeOf(err) != studymail.Conflict || try == conflictTries {
			return err
		}
		// Another import, or somebody at a page: look again.
		if c.plan, err = w.p.plan(ctx, c.rows, true); err != nil {
			return err
		}
	}
}

// finish writes the event that says what was done. An import that changed
// nothing leaves no trace.
func (w *writer) finish(ctx context.Context, res *Result) error {
	if !w.started {
		return nil
	}
	return w.p.store.WriteImport(ctx, &store.ImportChunk{
		Study: w.p.study, Actor: w.actor, Action: "import finished",
		Detail: fmt.Sprintf("rows=%d people_added=%d patients_added=%d details_updated=%d unchanged=%d recontacted=%d skipped=%d providers_created=%d",
			res.Rows, res.PeopleAdded, res.PatientsAdded, res.DetailsUpdated, res.Unchanged, res.Recontacted, res.Skipped, len(res.ProvidersCreated)),
	})
}
