package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"studymail"
	"studymail/internal/maildir"
	"studymail/internal/store"
)

// settled is what was made of the messages that a file says have left.
type settled struct {
	DryRun  bool           `json:"dry_run"`
	Found   int            `json:"found"`        // UUIDs in the file
	Settled map[string]int `json:"settled"`      // as sent, by the state in which they stood
	Sent    int            `json:"already_sent"` // as we knew
	Left    map[string]int `json:"left"`         // as they are, by state
	Unknown int            `json:"unknown"`      // no message of ours, or planned after the copy was made
}

func (s *settled) total() (n int) {
	for _, k := range s.Settled {
		n += k
	}
	return n
}

func (e *env) resolveFrom(ctx context.Context, j *job, from string, dry, yes bool) error {
	ids, err := e.readGone(ctx, j, from)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return studymail.Errorf(studymail.Invalid, "%s names no message: UUIDs are wanted, one a line, or Message-IDs such as <019a7c1e-5f6b-7c3d-8e9f-0123456789ab@your.domain>", from)
	}
	res, err := e.settleGone(ctx, j, ids, true)
	if err != nil {
		return err
	}
	if !dry && res.total() > 0 {
		if !yes {
			if err := e.confirm("%s will be settled as sent, and never leave again. Settle?", count(res.total(), "message")); err != nil {
				return err
			}
		}
		if res, err = e.settleGone(ctx, j, ids, false); err != nil {
			return err
		}
	}
	res.DryRun = dry
	if e.asJSON {
		return e.print(res)
	}
	return e.saySettled(&res)
}

func (e *env) saySettled(res *settled) error {
	words := "settled as sent"
	if res.DryRun {
		words = "would be settled as sent"
	}
	for _, l := range []struct {
		n    int
		what string
	}{{res.total(), words}, {res.Sent, "known as sent before"}, {res.Unknown, "no message here"}} {
		if err := e.say("%7s  %s", thousands(l.n), l.what); err != nil {
			return err
		}
	}
	waiting := 0
	for _, state := range slices.Sorted(maps.Keys(res.Left)) {
		if state == studymail.Queued.String() || state == studymail.Deferred.String() {
			waiting += res.Left[state]
		}
		if err := e.say("%7s  left as they are: %s", thousands(res.Left[state]), state); err != nil {
			return err
		}
	}
	if waiting > 0 {
		return e.say("Messages that wait are settled only while sending is off: `studymail disarm` first.")
	}
	return nil
}

// goneAtOnce bounds a transaction.
const goneAtOnce = 200

func (e *env) settleGone(ctx context.Context, j *job, ids []studymail.ID, dry bool) (settled, error) {
	what := "settling"
	if dry {
		what = "looking"
	}
	bar := e.progress(what, "messages")
	defer bar.done()
	res := settled{Found: len(ids), Settled: map[string]int{}, Left: map[string]int{}}
	run := j.Store.Write
	if dry {
		run = j.Store.Read
	}
	done := 0
	for part := range slices.Chunk(ids, goneAtOnce) {
		var one settled
		err := run(ctx, func(tx *store.Tx) (err error) {
			one, err = e.settlePart(ctx, tx, part, dry)
			return err
		})
		if err != nil {
			return res, err
		}
		for state, n := range one.Settled {
			res.Settled[state] += n
		}
		for state, n := range one.Left {
			res.Left[state] += n
		}
		res.Sent, res.Unknown = res.Sent+one.Sent, res.Unknown+one.Unknown
		done += len(part)
		bar.set(int64(done), int64(len(ids)))
	}
	return res, nil
}

func (e *env) settlePart(ctx context.Context, tx *store.Tx, ids []studymail.ID, dry bool) (settled, error) {
	res := settled{Settled: map[string]int{}, Left: map[string]int{}}
	arming, err := tx.Arming(ctx)
	if err != nil {
		return res, err
	}
	page, _, err := tx.MessagePage(ctx, store.MessageFilter{IDs: ids, Limit: len(ids)})
	if err != nil {
		return res, err
	}
	res.Unknown = len(ids) - len(page)
	for i := range page {
		m := &page[i]
		word := m.State.String()
		waits := m.State == studymail.Queued || m.State == studymail.Claimed || m.State == studymail.Deferred
		switch {
		case m.State == studymail.Sent:
			res.Sent++
			continue
		case m.State == studymail.Uncertain, waits && !arming.Armed:
		default:
			res.Left[word]++
			continue
		}
		res.Settled[word]++
		if dry {
			continue
		}
		if err := tx.SettleAsSent(ctx, m); err != nil {
			return res, err
		}
		if err := e.event(ctx, tx, "message settled", m.ID, "as sent, was "+word); err != nil {
			return res, err
		}
	}
	return res, nil
}

// readGone reads which messages have left, each once.
func (e *env) readGone(ctx context.Context, j *job, from string) ([]studymail.ID, error) {
	if from == "-" {
		return readIDs(e.In)
	}
	path := e.path(from)
	info, err := os.Stat(path)
	if err != nil {
		return nil, studymail.Errorf(studymail.NotFound, "read %s: %w", from, cause(err))
	}
	if !info.IsDir() {
		f, err := os.Open(path) //nolint:gosec // the user names the file
		if err != nil {
			return nil, studymail.Errorf(studymail.NotFound, "read %s: %w", from, cause(err))
		}
		defer func() { _ = f.Close() }() // read only
		return readIDs(f)
	}
	if _, err := os.Stat(filepath.Join(path, "new")); err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "%s is a folder, and no Maildir; name a file, or a Maildir folder", from)
	}
	folder, err := maildir.Open(path, j.Now())
	if err != nil {
		return nil, err
	}
	mails, _, err := folder.List(ctx, 0)
	ids := make([]studymail.ID, len(mails))
	for i := range mails {
		ids[i] = mails[i].ID
	}
	return ids, err
}

const uuidText = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

var (
	loneID    = regexp.MustCompile(`^\s*"?(` + uuidText + `)"?,?\s*$`)
	messageID = regexp.MustCompile(`<(` + uuidText + `)@`)
)

// readIDs reads lines that are a UUID, and Message-IDs in any other.
func readIDs(r io.Reader) ([]studymail.ID, error) {
	var ids []studymail.ID
	seen := map[studymail.ID]bool{}
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		// Of an endless line the first 64 kB count: no log has such Message-IDs.
		line, err := lines.ReadSlice('\n')
		found := loneID.FindAllSubmatch(line, 1)
		if len(found) == 0 && bytes.IndexByte(line, '<') >= 0 {
			found = messageID.FindAllSubmatch(line, -1)
		}
		for _, f := range found {
			if id, err := studymail.ParseID(string(f[1])); err == nil && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		for err == bufio.ErrBufferFull {
			_, err = lines.ReadSlice('\n')
		}
		if err == io.EOF {
			return ids, nil
		}
		if err != nil {
			return nil, studymail.Errorf(studymail.Unavailable, "read what has left: %w", cause(err))
		}
	}
}
