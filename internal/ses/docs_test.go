package ses_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// Seen to fail: with a comma too many in docs/ses.md.
func TestThePoliciesOfTheDocumentationAreJSON(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/ses.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []any
	for rest := string(page); ; {
		_, after, found := strings.Cut(rest, "```json\n")
		if !found {
			break
		}
		block, next, _ := strings.Cut(after, "```")
		var v any
		if err := json.Unmarshal([]byte(block), &v); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
		all, rest = append(all, v), next
	}
	if len(all) != 5 {
		t.Fatalf("%d blocks", len(all))
	}
	text, _ := all[2].(map[string]any)["Policy"].(string)
	var packed any
	if err := json.Unmarshal([]byte(text), &packed); err != nil || !reflect.DeepEqual(packed, all[1]) {
		t.Errorf("the packed policy is another: %v", err)
	}
}
