package storetest

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// Promise is one case of the suite: its function's name is the promise.
type Promise func(t *testing.T, s *store.Store)

func (p Promise) name() string {
	full := runtime.FuncForPC(reflect.ValueOf(p).Pointer()).Name()
	return full[strings.LastIndexByte(full, '.')+1:]
}

// Run checks each promise on both databases, each on a database of its own. Whatever
// a promise does, the numbers by which patients are listed hold afterwards, and the
// queue has what is queued.
func Run(t *testing.T, promises ...Promise) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name(), func(t *testing.T) {
			t.Parallel()
			Each(t, func(t *testing.T, s *store.Store) {
				keep(t, s)
				p(t, s)
				if !t.Failed() {
					numbersHold(t, s)
					queueHolds(t, s)
				}
			})
		})
	}
}

// write and read run one transaction that must succeed.
func write(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// refuse runs one writing transaction that must fail with a code.
func refuse(t *testing.T, s *store.Store, want studymail.Code, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); studymail.CodeOf(err) != want {
		t.Fatalf("got %v (%s), want an error of code %q", err, studymail.CodeOf(err), want)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
