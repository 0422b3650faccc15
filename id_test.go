package studymail_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"studymail"
)

const idText = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"

func TestParseIDTakesTheUsualFormAlone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{idText, strings.ToUpper(idText), "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		id, err := studymail.ParseID(s)
		if err != nil || id.String() != strings.ToLower(s) || id.IsZero() {
			t.Errorf("%q: %v, %v", s, id, err)
		}
	}
	for _, s := range []string{
		"", " ", "x", idText[:35], idText + "0", " " + idText, "{" + idText + "}", "urn:uuid:" + idText,
		strings.ReplaceAll(idText, "-", ""), strings.Replace(idText, "-", "_", 1), strings.Replace(idText, "a", "g", 1),
		strings.Repeat("0", 36), "zoe@quxworth.example", "Zoë Quxworth with 36 characters here",
	} {
		id, err := studymail.ParseID(s)
		if studymail.CodeOf(err) != studymail.Invalid || !id.IsZero() {
			t.Errorf("%q: %v, %v", s, id, err)
		}
	}
}

// Seen to fail: with uuid.New instead of NewV7 the IDs do not increase.
func TestNewIDsIncreaseAndAreNeverTheSame(t *testing.T) {
	t.Parallel()
	var last studymail.ID
	for range 10_000 {
		id := studymail.NewID()
		if bytes.Compare(last[:], id[:]) >= 0 {
			t.Fatalf("%v came after %v", id, last)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%v is no UUID of version 7", id)
		}
		last = id
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[studymail.ID]bool{}
	for range 8 {
		wg.Go(func() {
			for range 500 {
				id := studymail.NewID()
				mu.Lock()
				if seen[id] {
					t.Errorf("%v came twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestAnIDSurvivesTheDatabaseAndJSON(t *testing.T) {
	t.Parallel()
	for _, id := range []studymail.ID{studymail.NewID(), {1}, {}} {
		v, err := id.Value()
		if err != nil || id.IsZero() != (v == nil) {
			t.Fatalf("%v is stored as %v, %v", id, v, err)
		}
		for _, src := range []any{v, id.String(), []byte(id.String())} {
			back := studymail.ID{9} // what stood there before is gone
			if err := back.Scan(src); err != nil || back != id {
				t.Errorf("%v read from %T: %v, %v", id, src, back, err)
			}
		}
		b, err := json.Marshal(id)
		back := studymail.ID{9}
		if err := json.Unmarshal(b, &back); err != nil || back != id {
			t.Errorf("%v through JSON %s: %v, %v", id, b, back, err)
		}
		if err != nil {
			t.Error(err)
		}
	}
	stored, _ := studymail.ID{1}.Value()
	var id studymail.ID
	if err := id.Scan(stored); err != nil {
		t.Fatal(err)
	}
	stored.([]byte)[0] = 99 // a driver may use its memory again
	if id[0] != 1 {
		t.Error("a scanned ID shares its bytes with the driver")
	}
}

func TestAnIDIsNotReadFromAnythingElse(t *testing.T) {
	t.Parallel()
	for _, src := range []any{"zoe@quxworth.example", []byte("0123456789"), []byte{1, 2, 3}, int64(7), 1.5, true} {
		id := studymail.ID{9}
		if err := id.Scan(src); err == nil {
			t.Errorf("%T %v is read as %v", src, src, id)
		}
	}
}

func TestIDsSortAsTheirTextsDo(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 100 {
		texts = append(texts, studymail.NewID().String())
	}
	if !slices.IsSorted(texts) {
		t.Error("texts of IDs do not sort by the time they were made")
	}
}
