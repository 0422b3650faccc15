package web

import (
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
)

// A count that takes long is played by taking all places at which plans are counted.
// Seen to fail: with numbers by how patients stand taken for exact ones: the button was there.
func TestAReviewSaysAboutHowManyUntilTheExactNumberIsThere(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	w.site.Patience = time.Millisecond
	v := w.as(studymail.Sender)
	id := w.draft(audience.New{})
	path := "/campaigns/" + id.String()
	for range planAtOnce {
		w.site.plans.slots <- struct{}{}
	}
	counting := v.get(path + "/start")
	has(t, "while it is counted", counting, 200, "<strong>about 4</strong>", "Left out: Opted out", "about 1<", "are being counted", `data-live="" data-every="1000"`, `<a href="">Refresh</a>`,
		"appears here as soon as", "!<button class=\"btn btn-primary\">Send", "!name=\"expect\"")
	if c := w.stands(id); c.State != studymail.Draft {
		t.Fatalf("it is %s", c.State)
	}
	for range planAtOnce {
		<-w.site.plans.slots
	}
	exact := w.until(func() (reply, bool) {
		r := v.get(path + "/start")
		return r, strings.Contains(r.body, "Send 4 letters now")
	})
	has(t, "once it is counted", exact, 200, "<strong>4</strong>", "Left out: Opted out", "!about 4", "!being counted", "!data-live")
	if r := v.post(path+"/start", hiddenOf(t, exact.body)...); r.to != path {
		t.Errorf("started: %d to %q", r.status, r.to)
	}
}

// Seen to fail: when a form's answer took what was counted for the page, five letters
// left where four were confirmed.
func TestWhatIsConfirmedIsCountedAnew(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	w.site.Patience = time.Millisecond
	v := w.as(studymail.Sender)
	path := "/campaigns/" + w.draft(audience.New{}).String()
	shown := w.until(func() (reply, bool) {
		r := v.get(path + "/start")
		return r, strings.Contains(r.body, "Send 4 letters now")
	})
	w.add(&w.a, &w.patel, 6, 1)
	has(t, "with old numbers", v.post(path+"/start", hiddenOf(t, shown.body)...), 409, "will get the letter: 5, before 4", "Send 5 letters now")
}

// until asks again and again until it is so.
func (w *postroom) until(ask func() (reply, bool)) reply {
	w.tb.Helper()
	end := time.After(time.Minute)
	for {
		r, so := ask()
		if so {
			return r
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-end:
			w.tb.Fatalf("it never came:\n%s", r.body)
		}
	}
}
