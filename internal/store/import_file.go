package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"studymail"
)

// ImportRow is an import with its study.
type ImportRow struct {
	studymail.Import
	StudyID   studymail.ID
	StudyName string
}

const importQuery = `SELECT i.id, i.uuid, i.study_id, i.actor, i.state, i.file_hash, i.bytes, i.wrapped_key, i.choices, i.result, i.stage, i.done, i.total,
		i.failure, i.claimed_until, i.created_at, i.updated_at, i.ended_at, st.uuid, st.name FROM imports i JOIN studies st ON st.id = i.study_id`

func (t *Tx) scanImport(row interface{ Scan(...any) error }, i *ImportRow) error {
	var until int64
	err := row.Scan(&i.Key, &i.ID, &i.Study, &i.Actor, &i.State, &i.FileHash, &i.Bytes, &i.Wrapped, &i.Choices, &i.Result, &i.Stage, &i.Done, &i.Total,
		&i.Failure, &until, at{&i.CreatedAt}, at{&i.UpdatedAt}, at{&i.EndedAt}, &i.StudyID, &i.StudyName)
	i.Claimed = until > t.now.UnixMilli()
	return err
}

// AddImport adds an import whose file is about to come. The caller has set ID, Study,
// Actor and Wrapped.
func (t *Tx) AddImport(ctx context.Context, i *studymail.Import) error {
	i.State, i.CreatedAt, i.UpdatedAt = studymail.ImportUploading, t.now, t.now
	k, err := t.insert(ctx, "add import "+i.ID.String(),
		`INSERT INTO imports (uuid, study_id, actor, state, wrapped_key, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		i.ID, i.Study, i.Actor, int(i.State), i.Wrapped, ms(t.now), ms(t.now))
	i.Key = k
	return err
}

// AddImportBlock adds the next block of an import's file.
func (t *Tx) AddImportBlock(ctx context.Context, imported int64, number int, sealed []byte) error {
	n, err := t.exec(ctx, "keep a block of a file", t.pick(addImportBlock), imported, number, sealed)
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "the import was discarded while its file was coming; nothing was changed: upload the file again")
	}
	return err
}

var addImportBlock = both{
	sqlite: `INSERT INTO import_blocks (import_id, number, sealed) SELECT id, $2, $3 FROM imports WHERE id = $1 AND state = 5`,
	postgres: `INSERT INTO import_blocks (import_id, number, sealed)
		SELECT id, $2::int, $3::bytea FROM imports WHERE id = $1 AND state = 5`,
}

// ImportBlock gives a block of an import's file; nil behind the last one.
func (t *Tx) ImportBlock(ctx context.Context, imported int64, number int) ([]byte, error) {
	var sealed []byte
	_, err := t.one(ctx, "read a block of a file", `SELECT sealed FROM import_blocks WHERE import_id = $1 AND number = $2`, []any{imported, number}, &sealed)
	return sealed, err
}

// ReceiveImport notes that a file is there as a whole: its hash, its size, how it is to
// be read, and whether a person has to say more (ImportReceived) or it is to be checked.
func (t *Tx) ReceiveImport(ctx context.Context, i *studymail.Import, to studymail.ImportState) error {
	n, err := t.exec(ctx, "receive import "+i.ID.String(), `UPDATE imports SET state = $1, file_hash = $2, bytes = $3, choices = $4, updated_at = $5
		WHERE id = $6 AND state = 5`, int(to), i.FileHash, i.Bytes, i.Choices, ms(t.now), i.Key)
	return t.importMoved(i, to, n, err)
}

// MoveImport moves an import from the state that i has on, with i.Choices. Its numbers
// and what a worker did with it before are gone where it is to be checked anew.
func (t *Tx) MoveImport(ctx context.Context, i *studymail.Import, to studymail.ImportState) error {
	n, err := t.exec(ctx, "move import "+i.ID.String(), `UPDATE imports SET state = $1, choices = $2, stage = '', done = 0, total = 0, failure = '',
			claim = NULL, claimed_until = 0, updated_at = $3
		WHERE id = $4 AND state = $5 AND wrapped_key IS NOT NULL`, int(to), i.Choices, ms(t.now), i.Key, int(i.State))
	return t.importMoved(i, to, n, err)
}

// DiscardImport ends an import that is not over, also one that a worker has: its file
// cannot be read any more.
func (t *Tx) DiscardImport(ctx context.Context, i *studymail.Import) error {
	n, err := t.exec(ctx, "discard import "+i.ID.String(), `UPDATE imports SET state = 70, wrapped_key = NULL, sample = NULL, claim = NULL, claimed_until = 0,
			updated_at = $1, ended_at = $1 WHERE id = $2 AND state IN (5, 10, 20, 30, 60)`, ms(t.now), i.Key)
	return t.importMoved(i, studymail.ImportDiscarded, n, err)
}

func (t *Tx) importMoved(i *studymail.Import, to studymail.ImportState, n int64, err error) error {
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "import %s is not %s any more; nothing was changed: look at it again", i.ID, i.State)
	}
	i.State, i.UpdatedAt = to, t.now
	return nil
}

// ImportByID finds an import.
func (t *Tx) ImportByID(ctx context.Context, id studymail.ID) (ImportRow, error) {
	var i ImportRow
	row := t.row(ctx, importQuery+` WHERE i.uuid = $1`, id)
	return i, t.found("find import "+id.String(), t.scanImport(row, &i), "no import %s", id)
}

// ImportFindings gives the list of an import's problems, and its sealed sample.
func (t *Tx) ImportFindings(ctx context.Context, imported int64) (problems, sample []byte, err error) {
	_, err = t.one(ctx, "read the problems of an import", `SELECT problems, sample FROM imports WHERE id = $1`, []any{imported}, &problems, &sample)
	return problems, sample, err
}

// Imports lists the newest first; before is the row key of the last one of the page
// before, or 0. What is still coming is left out.
func (t *Tx) Imports(ctx context.Context, study, before int64, limit int) ([]ImportRow, error) {
	where, args := ` WHERE i.state <> 5`, []any{limit}
	and := func(condition string, value any) {
		args = append(args, value)
		where += condition + strconv.Itoa(len(args))
	}
	if study != 0 {
		and(` AND i.study_id = $`, study)
	}
	if before != 0 {
		and(` AND i.id < $`, before)
	}
	return t.imports(ctx, where+` ORDER BY i.id DESC LIMIT $1`, args...)
}

func (t *Tx) imports(ctx context.Context, where string, args ...any) ([]ImportRow, error) {
	all := []ImportRow{}
	err := t.each(ctx, "list imports", importQuery+where, args, func(rows *sql.Rows) error {
		var i ImportRow
		err := t.scanImport(rows, &i)
		all = append(all, i)
		return err
	})
	return all, err
}

// ImportsOfFile lists the newest finished imports of the same file into the same study.
func (t *Tx) ImportsOfFile(ctx context.Context, study int64, hashes [][]byte, limit int) ([]ImportRow, error) {
	all := []ImportRow{}
	for _, h := range hashes {
		some, err := t.imports(ctx, ` WHERE i.study_id = $1 AND i.file_hash = $2 AND i.state = 50 ORDER BY i.id DESC LIMIT $3`, study, h, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// ClaimImport takes the oldest import that waits for a worker, under a token, until a
// time; found is false when none waits. An import whose worker went silent is taken, too.
func (t *Tx) ClaimImport(ctx context.Context, token studymail.ID, until time.Time) (i ImportRow, found bool, err error) {
	var id studymail.ID
	found, err = t.one(ctx, "claim an import", `UPDATE imports SET claim = $1, claimed_until = $2
		WHERE id = (SELECT id FROM imports WHERE state IN (20, 40) AND claimed_until <= $3 ORDER BY state DESC, id LIMIT 1) AND claimed_until <= $3 AND state IN (20, 40)
		RETURNING uuid`, []any{token, until.UnixMilli(), t.now.UnixMilli()}, &id)
	if err != nil || !found {
		return i, false, err
	}
	i, err = t.ImportByID(ctx, id)
	return i, true, err
}

// KeepImport notes how far a claimed import is, and keeps the claim until a time. It
// fails with Conflict when the claim is not ours any more.
func (t *Tx) KeepImport(ctx context.Context, i *studymail.Import, token studymail.ID, until time.Time) error {
	n, err := t.exec(ctx, "keep the claim on import "+i.ID.String(), `UPDATE imports SET claimed_until = $1, stage = $2, done = $3, total = $4
		WHERE id = $5 AND claim = $6 AND state = $7`, until.UnixMilli(), i.Stage, i.Done, i.Total, i.Key, token, int(i.State))
	return t.stillClaimed(i, n, err)
}

// SettleImport ends what a worker does with a claimed import: i has what it found. The
// file is gone with an import that is done.
func (t *Tx) SettleImport(ctx context.Context, i *studymail.Import, token studymail.ID, to studymail.ImportState) error {
	wrapped, sample, ended := bytesOrNull(i.Wrapped), bytesOrNull(i.Sample), any(nil)
	if to == studymail.ImportDone {
		wrapped, sample, ended = nil, nil, ms(t.now)
	}
	n, err := t.exec(ctx, "settle import "+i.ID.String(), `UPDATE imports SET state = $1, result = $2, problems = $3, sample = $4, wrapped_key = $5,
			failure = $6, stage = '', claim = NULL, claimed_until = 0, updated_at = $7, ended_at = $8
		WHERE id = $9 AND claim = $10 AND state = $11`,
		int(to), i.Result, bytesOrNull(i.Problems), sample, wrapped, i.Failure, ms(t.now), ended, i.Key, token, int(i.State))
	if err := t.stillClaimed(i, n, err); err != nil {
		return err
	}
	i.State = to
	return nil
}

// LeaveImport gives a claim back: another worker goes on.
func (t *Tx) LeaveImport(ctx context.Context, i *studymail.Import, token studymail.ID) error {
	_, err := t.exec(ctx, "leave import "+i.ID.String(), `UPDATE imports SET claim = NULL, claimed_until = 0 WHERE id = $1 AND claim = $2`, i.Key, token)
	return err
}

func (t *Tx) stillClaimed(i *studymail.Import, n int64, err error) error {
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "import %s was taken over or discarded", i.ID)
	}
	return err
}

// DiscardOldImports discards what nobody went on with since a time, and gives how many.
func (t *Tx) DiscardOldImports(ctx context.Context, since time.Time) (int, error) {
	n, err := t.exec(ctx, "discard old imports", `UPDATE imports SET state = 70, wrapped_key = NULL, sample = NULL, updated_at = $1, ended_at = $1
		WHERE state IN (5, 10, 30, 60) AND updated_at < $2`, ms(t.now), since.UnixMilli())
	return int(n), err
}

// importBlocksAtOnce bounds the transaction that removes blocks: some megabytes.
const importBlocksAtOnce = 16

// PurgeImportBlocks removes some blocks of files that are over, and gives how many.
func (t *Tx) PurgeImportBlocks(ctx context.Context) (int, error) {
	n, err := t.exec(ctx, "remove blocks of files", t.pick(purgeImportBlocks), importBlocksAtOnce)
	return int(n), err
}

var purgeImportBlocks = both{
	sqlite: `DELETE FROM import_blocks WHERE rowid IN (SELECT b.rowid FROM imports i JOIN import_blocks b ON b.import_id = i.id
		WHERE i.wrapped_key IS NULL LIMIT $1)`,
	postgres: `DELETE FROM import_blocks WHERE ctid = ANY (ARRAY (SELECT b.ctid FROM import_blocks b JOIN imports i ON i.id = b.import_id
		WHERE i.wrapped_key IS NULL LIMIT $1))`,
}
