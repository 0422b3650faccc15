package maildir

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"studymail"
)

// Entry is one mail in the folder.
type Entry struct {
	ID   studymail.ID `json:"id"` // of the message
	Size int64        `json:"size"`
	At   time.Time    `json:"at"`   // when it was delivered
	Read bool         `json:"read"` // a mail program has moved it to cur
}

// List gives the newest mails, at most limit of them (all when it is 0), and
// how many there are. Files that are not ours are left out.
func (f *Folder) List(ctx context.Context, limit int) (mails []Entry, total int, err error) {
	seen := map[studymail.ID]int{}
	for _, d := range []string{newDir, curDir} {
		entries, err := os.ReadDir(filepath.Join(f.path, d))
		if err != nil {
			return nil, 0, f.explain("read", err)
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			id, ours := idOf(e.Name())
			if !ours {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // moved or deleted while we were reading
			}
			if err != nil {
				return nil, 0, f.explain("read", err)
			}
			m := Entry{ID: id, Size: info.Size(), At: info.ModTime().UTC(), Read: d == curDir}
			if i, ok := seen[id]; ok { // moved to cur after new was read
				mails[i] = m
				continue
			}
			seen[id] = len(mails)
			mails = append(mails, m)
		}
	}
	slices.SortFunc(mails, func(a, b Entry) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return bytes.Compare(b.ID[:], a.ID[:])
	})
	total = len(mails)
	if limit > 0 && total > limit {
		mails = slices.Clone(mails[:limit])
	}
	return mails, total, nil
}

// Open gives a mail's bytes. The caller closes it.
func (f *Folder) Open(ctx context.Context, id studymail.ID) (io.ReadCloser, error) {
	// Two tries: a mail program may move the file between finding and opening it.
	for range 2 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path, err := f.find(id)
		if err != nil {
			return nil, err
		}
		if path == "" {
			break
		}
		file, err := os.Open(path)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, f.explain("read", err)
		}
	}
	return nil, studymail.Errorf(studymail.NotFound, "no mail of message %s in the Maildir folder %s: it was not delivered here, or was deleted", id, f.path)
}
