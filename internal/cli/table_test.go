package cli

import (
	"bytes"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := (&env{System: System{Out: &out}}).table("name", "n")
	table.row("Müller ☂", 1)
	table.row("", "")
	for range 2 { // the second time there is nothing left
		if err := table.end(); err != nil {
			t.Fatal(err)
		}
	}
	table.row("x", 2)
	if err := table.end(); err != nil {
		t.Fatal(err)
	}
	const want = "NAME      N\nMüller ☂  1\n–         –\nx         2\n"
	if out.String() != want {
		t.Fatalf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
