package studymail_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"studymail"
)

func TestAnErrorKeepsItsCauseAndItsCode(t *testing.T) {
	t.Parallel()
	err := error(studymail.Errorf(studymail.Conflict, "read the list: %w", io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) || studymail.CodeOf(fmt.Errorf("again: %w", err)) != studymail.Conflict {
		t.Errorf("%v: %v", err, studymail.CodeOf(err))
	}
	if studymail.CodeOf(nil) != "" || studymail.CodeOf(io.EOF) != studymail.Internal {
		t.Error("nil has no code, an error of others is internal")
	}
}
