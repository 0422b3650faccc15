package studymail_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
)

func TestUsernamesAreHashedInOneForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"zoe": "zoe", "  zoe\t": "zoe", "Zoe": "Zoe", // case tells people apart
		"Zoe\u0308": "Zo\u00eb", // composed
		"":          "", "z oe": "z oe",
	} {
		if got := studymail.NormalUsername(sealed.NewName(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAddressesAreHashedInLowerCase(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Zoe@Quxworth.Example": "zoe@quxworth.example", " zoe@quxworth.example ": "zoe@quxworth.example", "": "",
	} {
		if got := studymail.NormalEmail(sealed.NewEmail(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAFullNameHasOneSpaceOrNone(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"Zoë", "Quxworth", "Zoë Quxworth"}, {"Zoë", "", "Zoë"}, {"", "Quxworth", "Quxworth"}, {"", "", ""}} {
		d := studymail.Details{FirstName: sealed.NewName(c[0]), LastName: sealed.NewName(c[1])}
		if got := d.FullName().Reveal(); got != c[2] {
			t.Errorf("%q and %q: %q", c[0], c[1], got)
		}
	}
}

func TestMissingTellsWhatIsBlank(t *testing.T) {
	t.Parallel()
	n, e := sealed.NewName("x"), sealed.NewEmail("x@y.example")
	for _, c := range []struct {
		d    studymail.Details
		want studymail.Missing
	}{
		{studymail.Details{n, n, n, e}, 0},
		{studymail.Details{Username: n}, studymail.MissingFirstName | studymail.MissingLastName | studymail.MissingEmail},
		{studymail.Details{Username: n, FirstName: n, Email: e}, studymail.MissingLastName},
		{studymail.Details{Username: n, FirstName: n, LastName: n}, studymail.MissingEmail},
	} {
		if got := c.d.Missing(); got != c.want {
			t.Errorf("got %b, want %b", got, c.want)
		}
	}
}

func TestDetailsOpenForTheirPersonAlone(t *testing.T) {
	t.Parallel()
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := sealed.ParseKeys(master, hash, signing)
	if err != nil {
		t.Fatal(err)
	}
	person, other := studymail.NewID(), studymail.NewID()
	key, wrapped, err := keys.Sealer().NewKey(person)
	if err != nil {
		t.Fatal(err)
	}
	d := studymail.Details{
		Username: sealed.NewName("zquxworth"), FirstName: sealed.NewName("Zoë"), LastName: sealed.NewName("Quxworth"),
		Email: sealed.NewEmail("zoe@quxworth.example"),
	}
	b, err := d.Seal(key, person)
	if err != nil || bytes.Contains(b, []byte("uxworth")) {
		t.Fatalf("sealed as %q, %v", b, err)
	}
	open, err := keys.Opener().Key(person, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	got, err := studymail.OpenDetails(open, person, b)
	if err != nil || got.Username.Reveal() != "zquxworth" || got.FirstName.Reveal() != "Zoë" ||
		got.LastName.Reveal() != "Quxworth" || got.Email.Reveal() != "zoe@quxworth.example" {
		t.Errorf("opened %q %q %q %q, %v", got.Username.Reveal(), got.FirstName.Reveal(), got.LastName.Reveal(), got.Email.Reveal(), err)
	}
	if _, err := studymail.OpenDetails(open, other, b); err == nil {
		t.Error("they open for another person")
	}
	three, err := key.Seal(sealed.PersonDetails, person, "zquxworth", "Zoë", "Quxworth")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := studymail.OpenDetails(open, person, three); err == nil || strings.Contains(err.Error(), "Quxworth") {
		t.Errorf("three fields: %v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v", d, d, &d); strings.Contains(s, "uxworth") {
		t.Errorf("details print %s", s)
	}

	// Case and outer space do not make another address; anything makes other details.
	h := d.Hash(keys.Sealer())
	same := d
	same.Email = sealed.NewEmail(" ZOE@quxworth.example")
	if g := same.Hash(keys.Sealer()); !bytes.Equal(g.Email, h.Email) || !bytes.Equal(g.Username, h.Username) || bytes.Equal(g.Details, h.Details) {
		t.Error("an address in capitals should be the same address, and other details")
	}
	none := d
	none.Email = sealed.Email{}
	if g := none.Hash(keys.Sealer()); g.Email != nil {
		t.Error("no address has a hash: all who have none would share one")
	}
}
