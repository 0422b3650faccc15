package web

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"studymail"
)

func sent(pairs ...string) *form {
	f := newForm()
	f.values = url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Add(pairs[i], pairs[i+1])
	}
	return f
}

func TestFormsNameTheFieldAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, typed string
		read        func(f *form) any
		want        any
		problem     string
	}{
		{"a line", "  Smith's Surgery ", func(f *form) any { return f.Line("x") }, "Smith's Surgery", ""},
		{"two lines", "a\r\nBcc: b", func(f *form) any { return f.Line("x") }, "a\r\nBcc: b", "one line"},
		{"a separator", "a\u2028b", func(f *form) any { return f.Line("x") }, "a\u2028b", "one line"},
		{"not text", "\xff", func(f *form) any { return f.Line("x") }, "\xff", "not text"},
		{"endless", strings.Repeat("ä", 201), func(f *form) any { return f.Line("x") }, strings.Repeat("ä", 201), "at most 200"},
		{"nothing", " ", func(f *form) any { return f.Required("x") }, "", "fill this in"},
		{"an address", "a@example.org", func(f *form) any { return f.Address("x") }, "a@example.org", ""},
		{"no address", "Anna <a@example.org>", func(f *form) any { return f.Address("x") }, "Anna <a@example.org>", "address alone"},
		{"a number", "1,234", func(f *form) any { return f.Number("x", 1, 5000) }, 1234, ""},
		{"too much", "5001", func(f *form) any { return f.Number("x", 1, 5000) }, 5001, "from 1 to 5000"},
		{"a day", "2026-03-01", func(f *form) any { return f.Date("x") }, studymail.Date("2026-03-01"), ""},
		{"no day", "2026-02-30", func(f *form) any { return f.Date("x") }, studymail.Date(""), "2026"},
		{"a choice", "b", func(f *form) any { return f.Choice("x", "a", "b") }, "b", ""},
		{"another", "c", func(f *form) any { return f.Choice("x", "a", "b") }, "", "choose one"},
	} {
		f := sent("x", tt.typed)
		if got := tt.read(f); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		if f.OK() != (tt.problem == "") || !strings.Contains(strings.ToLower(f.problems["x"]), tt.problem) {
			t.Errorf("%s: problem %q, want %q", tt.name, f.problems["x"], tt.problem)
		}
		if shown := f.Text("x", "X"); shown.Value != tt.typed || shown.Problem != f.problems["x"] {
			t.Errorf("%s: the field shows %+v", tt.name, shown)
		}
	}
}

func TestAFieldIsNeverGivenAPasswordBack(t *testing.T) {
	t.Parallel()
	if got := sent("p", "secret").Password("p", "Password").Value; got != "" {
		t.Errorf("got %q", got)
	}
}

func TestACollisionShowsBoth(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_123).UTC()
	f := sent("name", "mine", "phone", "1", "note", "x")
	f.Collides(now, "name", "theirs", "phone", "1", "note", "")
	if f.OK() || !f.Conflict() || !f.Edited().Equal(now) {
		t.Errorf("%+v", f)
	}
	for name, want := range map[string]string{"name": "theirs", "phone": "", "note": "(nothing)"} {
		if got := f.Text(name, name); got.Theirs != want || got.Value != f.Get(name) {
			t.Errorf("%s: %+v, want theirs %q", name, got, want)
		}
	}
}

func TestOnlyErrorsThatSayWhatToDoAreShown(t *testing.T) {
	t.Parallel()
	f := newForm()
	if err := f.Fail(studymail.Errorf(studymail.Conflict, "it is taken; choose another")); err != nil || f.General() != "It is taken; choose another." {
		t.Errorf("%q, %v", f.General(), err)
	}
	if err := newForm().Fail(studymail.Errorf(studymail.Internal, "detail")); err == nil {
		t.Error("our own fault is shown")
	}
	if err := newForm().Fail(errors.New("detail")); err == nil {
		t.Error("any error is shown")
	}
}
