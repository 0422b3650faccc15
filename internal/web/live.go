package web

import (
	"io"
	"net/http"
	"time"
)

const (
	liveEvery = time.Second
	liveShare = 20               // … and looking takes at most this part of the time, however long it takes
	liveFor   = 15 * time.Minute // then the page asks every few seconds
)

// live answers with server-sent events: one whenever what look gives is another than
// before, until there is nothing more to come. An event says only that the page is to
// be asked again; nothing of it is in here.
func (v *visit) live(look func() (state string, more bool, err error)) error {
	began := v.Now()
	before, more, err := look()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no") // a proxy would keep the events back
	v.w.WriteHeader(http.StatusOK)
	end := time.NewTimer(liveFor)
	defer end.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	// The page may be older than what was looked at: the first event is at once.
	for changed := true; ; {
		text := ": there\n\n"
		if changed {
			text = "data: changed\n\n"
		}
		v.keepOpen()
		if _, err := io.WriteString(v.w, text); err != nil {
			return nil //nolint:nilerr // the reader went away
		}
		if err := v.control().Flush(); err != nil {
			return nil //nolint:nilerr // the reader went away
		}
		if !more {
			return nil
		}
		next.Reset(max(liveEvery, liveShare*v.Now().Sub(began)))
		select {
		case <-next.C:
		case <-end.C:
			return nil
		case <-v.ending:
			return nil
		case <-v.ctx().Done():
			return nil
		}
		began = v.Now()
		var now string
		if now, more, err = look(); err != nil {
			return nil //nolint:nilerr // the answer is on its way: the page asks again, and is told then
		}
		changed = now != before || !more
		before = now
	}
}
