package app

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"studymail"
)

// keysAreOld is when doctor proposes new ones.
const keysAreOld = 2 * 365 * 24 * time.Hour

// checkKeys tells whether the keys lie apart from the database, so that no one backup
// has both, and when they were last changed.
func (a *App) checkKeys(ctx context.Context) ([]studymail.Check, error) {
	apart := studymail.Check{Name: "keys apart from the database", OK: true, Value: "in another folder", Limit: "another folder"}
	if a.Config.IsSQLite() {
		if where, is := a.besideKeys(); is {
			// It works, and nobody is to be woken up for it.
			apart.Value = "careful: " + where
			apart.Mend = "whoever backs up that folder has both, and can read everything: give the database (DATABASE_URL) a folder of its own, or name files elsewhere in MASTER_KEYSET_FILE and HASH_KEYSET_FILE"
		}
	}
	all, err := a.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	changed := studymail.Check{Name: "keys last changed", OK: true, Value: "never, by a command", Limit: "when they may have been seen, or after two years"}
	var last *time.Time
	for _, k := range all {
		if k.Promoted != nil && (last == nil || k.Promoted.After(*last)) {
			last = k.Promoted
		}
	}
	if last != nil {
		changed.Value = last.In(a.Config.TimeZone).Format("2006-01-02")
		if a.Now().Sub(*last) > keysAreOld {
			changed.Mend = "`studymail keys rotate master`, then `studymail keys rewrap`, when it suits"
		}
	}
	return []studymail.Check{apart, changed}, nil
}

// besideKeys tells whether a file with keys lies in the folder of the database, or below it.
func (a *App) besideKeys() (where string, is bool) {
	path := strings.TrimPrefix(a.Config.DatabaseURL.Reveal(), "sqlite:")
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	for _, f := range a.Config.KeyFiles() {
		full, err := filepath.Abs(f)
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(full); err == nil {
			full = real
		} else {
			continue // it is not there
		}
		if below, err := filepath.Rel(folder, full); err == nil && below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator)) {
			return filepath.Base(full) + " lies beside the database or below it", true
		}
	}
	return "", false
}
