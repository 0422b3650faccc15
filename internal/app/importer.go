package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/jobs"
	"studymail/internal/logs"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// An import that was uploaded is worked by one worker at a time, in the worker's
// process, for as long as it takes: a job only says that there is one, and waits with
// it. A worker holds an import by a claim that it keeps alive; one whose worker died is
// taken up by the next, from its beginning: what was written is found to be there.

const (
	importLease = 15 * time.Second
	importBeat  = time.Second
	importKept  = 24 * time.Hour // a file that nobody confirms

	importsPurged = 600 // looks between two purges: ten minutes
)

// importer works imports, one after the other.
type importer struct {
	app  *App
	wake chan struct{}
	key  func(id [16]byte, wrapped []byte) (*sealed.OpenKey, error)
}

func (a *App) newImporter() *importer {
	return &importer{app: a, wake: make(chan struct{}, 1), key: a.Keys.Opener().Key}
}

// job waits with an import until it is over or the job's time is: then it asks for more.
func (m *importer) job(ctx context.Context, id studymail.ID) error {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case m.wake <- struct{}{}:
		default:
		}
		var i store.ImportRow
		err := m.app.Store.Read(ctx, func(tx *store.Tx) (err error) {
			i, err = tx.ImportByID(ctx, id)
			return err
		})
		if err != nil || !i.State.Working() {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return jobs.ErrMore
		}
	}
}

// run works what waits, until ctx ends.
func (m *importer) run(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	failing, looks := "", 0
	for {
		var err error
		select {
		case <-ticker.C:
			if looks++; looks%importsPurged == 1 {
				_, err = m.app.discardImports(ctx)
			}
		case <-m.wake:
		case <-ctx.Done():
			return
		}
		err = errors.Join(err, m.next(ctx))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if err != nil && text != failing && ctx.Err() == nil {
			m.app.Logs.Worker.Error("imports could not be worked", "error", err)
		}
		failing = text
	}
}

// next works one import, if one waits.
func (m *importer) next(ctx context.Context) error {
	token := studymail.NewID()
	var (
		i     store.ImportRow
		found bool
		study studymail.Study
	)
	err := m.app.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if i, found, err = tx.ClaimImport(ctx, token, tx.Now().Add(importLease)); err != nil || !found {
			return err
		}
		study, err = tx.StudyByKey(ctx, i.Study)
		return err
	})
	if err != nil || !found {
		return err
	}
	w := importWork{importer: m, token: token, row: i.Import, study: study}
	if err := w.do(ctx); err != nil {
		return err
	}
	return m.app.purgeImports(ctx)
}

// importWork is one import in a worker's hands.
type importWork struct {
	*importer
	token studymail.ID
	study studymail.Study
	mu    sync.Mutex
	row   studymail.Import // its progress, by mu
}

func (w *importWork) do(ctx context.Context) error {
	began := w.app.Now()
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var beat sync.WaitGroup
	beat.Go(func() { w.keep(working, stop) })
	found, err := w.work(working)
	stop(nil)
	beat.Wait()
	if ctx.Err() != nil || errors.Is(context.Cause(working), errLost) {
		// Another worker goes on, or nobody is to.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return w.app.Store.Write(last, func(tx *store.Tx) error { return tx.LeaveImport(last, &w.row, w.token) })
	}
	to := studymail.ImportChecked
	if found.Done {
		to = studymail.ImportDone
	}
	w.row.Result, w.row.Problems, w.row.Sample, w.row.Failure = found.Numbers.Text(), found.Findings, found.Sample, ""
	if err != nil {
		to, w.row.Result, w.row.Failure = studymail.ImportFailed, "", string(studymail.CodeOf(err))
		w.app.Logs.Worker.Error("an import failed", "import", w.row.ID, "code", w.row.Failure, "error", err)
	}
	n := &found.Numbers
	logs.Imported(w.app.Logs.Worker, w.study.ID, n.Rows, n.Problems, n.Warnings, w.app.Now().Sub(began))
	return w.app.Store.Write(ctx, func(tx *store.Tx) error {
		row := w.row
		if err := tx.SettleImport(ctx, &row, w.token, to); err != nil {
			return err
		}
		return tx.AddEvent(ctx, row.Actor, "import "+to.String(), row.ID, importDetail(n, row.Failure))
	})
}

func importDetail(n *intake.Numbers, failure string) string {
	if failure != "" {
		return "code=" + failure
	}
	words := strings.Fields(counted("rows", n.Rows) + " " + counted("problems", n.Problems) + " " + counted("people_added", n.PeopleAdded) + " " +
		counted("patients_added", n.PatientsAdded) + " " + counted("details_updated", n.DetailsUpdated))
	return strings.Join(words, " ")
}

var errLost = errors.New("the import was taken over or discarded")

// keep keeps the claim and notes the progress, until the work is done. Who loses the
// claim stops.
func (w *importWork) keep(ctx context.Context, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(importBeat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		w.mu.Lock()
		row := w.row
		w.mu.Unlock()
		err := w.app.Store.Write(ctx, func(tx *store.Tx) error { return tx.KeepImport(ctx, &row, w.token, tx.Now().Add(importLease)) })
		if studymail.CodeOf(err) == studymail.Conflict {
			stop(errLost)
			return
		}
	}
}

// work checks or writes, and gives what is to be stored and the state that follows.
func (w *importWork) work(ctx context.Context) (found intake.Found, err error) {
	t := intake.Task{
		Study: w.study, Actor: w.row.Actor, Writing: w.row.State == studymail.ImportWriting,
		Progress: func(stage intake.Stage, done, total int64) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.row.Stage, w.row.Done, w.row.Total = string(stage), done, total
		},
	}
	// One whose worker died in the middle of writing finds what that one wrote.
	t.Interrupted = t.Writing && w.row.Stage == string(intake.Writing)
	if t.Choices, err = intake.ReadChoices(w.row.Choices); err != nil {
		return found, err
	}
	if t.Confirmed, err = intake.ReadNumbers(w.row.Result); err != nil {
		return found, err
	}
	key, err := w.key(w.row.ID, w.row.Wrapped)
	if err != nil {
		return found, err
	}
	t.File = &intake.Kept{Import: w.row.ID, Key: key, Bytes: w.row.Bytes, Ctx: ctx, Sealed: w.block}
	im := intake.Importer{Store: w.app.Store, Sealer: w.app.Keys.Sealer()}
	return im.Work(ctx, t)
}

func (w *importWork) block(ctx context.Context, n int) (b []byte, err error) {
	err = w.app.Store.Read(ctx, func(tx *store.Tx) error {
		b, err = tx.ImportBlock(ctx, w.row.Key, n)
		return err
	})
	return b, err
}

// purgeImports removes the blocks of files that are over.
func (a *App) purgeImports(ctx context.Context) error {
	for {
		var n int
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.PurgeImportBlocks(ctx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// discardImports ends imports with which nobody went on, and removes their files.
func (a *App) discardImports(ctx context.Context) (n int, err error) {
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		n, err = tx.DiscardOldImports(ctx, a.Now().Add(-importKept))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, a.purgeImports(ctx)
}
