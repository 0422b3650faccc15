package maildir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"studymail"
)

// Several files are synced at a time: the file system's journal then takes them
// in one commit. More than this brought nothing.
const writersAtOnce = 8

// Mail is one mail to deliver, as it goes on the wire.
type Mail struct {
	ID    studymail.ID // of the message
	Bytes []byte
}

// Delivery is what became of one mail. Without Err it is durably in the folder.
type Delivery struct {
	Already bool  // it was there before: nothing was written
	Err     error // it may or may not be there (a failed sync); delivering it again settles it
}

// Deliver hands one mail over, and tells whether it was there already.
func (f *Folder) Deliver(ctx context.Context, id studymail.ID, mail []byte) (already bool, err error) {
	d := f.DeliverBatch(ctx, []Mail{{ID: id, Bytes: mail}})[0]
	return d.Already, d.Err
}

// DeliverBatch hands many mails over with one sync of the directory. The
// result has one entry for each mail, in order; one that fails does not stop
// the others. When the context ends, what was not begun gets its error.
func (f *Folder) DeliverBatch(ctx context.Context, mails []Mail) []Delivery {
	out := make([]Delivery, len(mails))
	read, err := f.readCur()
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	f.writeAll(ctx, mails, read, out)
	f.syncNew(out)
	return out
}

func (f *Folder) writeAll(ctx context.Context, mails []Mail, read map[studymail.ID]string, out []Delivery) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(writersAtOnce, len(mails)) {
		wg.Go(func() {
			for i := range next {
				out[i] = f.write(ctx, mails[i], read)
			}
		})
	}
	for i := range mails {
		next <- i
	}
	close(next)
	wg.Wait()
}

// write puts one mail into new, the directory not yet synced.
func (f *Folder) write(ctx context.Context, m Mail, read map[studymail.ID]string) Delivery {
	if err := ctx.Err(); err != nil {
		return Delivery{Err: err}
	}
	if m.ID.IsZero() {
		return Delivery{Err: studymail.Errorf(studymail.Internal, "a mail without a UUID cannot be delivered")}
	}
	if _, ok := read[m.ID]; ok {
		return Delivery{Already: true}
	}
	name := nameOf(m.ID)
	target := filepath.Join(f.path, newDir, name)
	if _, err := os.Lstat(target); err == nil {
		return Delivery{Already: true}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Delivery{Err: f.explain("read", err)}
	}
	// The name in tmp is unique for each try: two processes may be at the same mail.
	tmp, err := os.CreateTemp(filepath.Join(f.path, tmpDir), name+".*") // mode 0600
	if err != nil {
		return Delivery{Err: f.explain("write to", err)}
	}
	_, err = tmp.Write(m.Bytes)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		// Where another process was quicker, rename puts the same mail in its place.
		err = os.Rename(tmp.Name(), target)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return Delivery{Err: f.explain("write to", err)}
	}
	return Delivery{}
}

// syncNew makes the moves durable. Mails that were there already need it, too:
// the process that moved them may have died before its own sync.
func (f *Folder) syncNew(out []Delivery) {
	done := false
	for _, d := range out {
		done = done || d.Err == nil
	}
	if !done {
		return
	}
	err := syncDir(filepath.Join(f.path, newDir))
	if err == nil {
		return
	}
	err = f.explain("write to", err)
	for i := range out {
		if out[i].Err == nil {
			out[i].Err = err
		}
	}
}
