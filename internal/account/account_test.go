package account_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

const password = "four words in a row"

func newAccounts(t *testing.T, s *store.Store) *account.Accounts {
	t.Helper()
	keys := storetest.Keys(t)
	return account.New(account.Options{Store: s, Sealer: keys.Sealer(), Opener: keys.Opener(), Now: time.Now})
}

func add(t *testing.T, a *account.Accounts, email string, role studymail.Role) studymail.User {
	t.Helper()
	u, err := a.Add(t.Context(), "test", sealed.NewEmail(email), role)
	if err == nil {
		err = a.SetPassword(t.Context(), "test", &u, sealed.NewSecret(password))
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	email := sealed.NewEmail("Anna.Smith@example.org")
	for p, want := range map[string]bool{
		"four words in a row":          true,
		"correct horse battery staple": true,
		"Zwölf Zeichen":                true,
		"日本語のパスワード十二文字":                true,
		strings.Repeat("abcde ", 33):   true,
		"eleven char":                  false,
		"":                             false,
		"anna.smith@example.org":       false,
		"ANNA.SMITH@EXAMPLE.ORG!":      false,
		"anna.smith2026":               false,
		"aaaaaaaaaaaaaaaa":             false,
		"123456789012":                 false,
		"Password1234":                 false,
		strings.Repeat("abcde ", 34):   false,
	} {
		err := account.CheckPassword(sealed.NewSecret(p), email)
		if (err == nil) != want {
			t.Errorf("%q: %v", p, err)
		}
		if err != nil && len(p) > 0 && strings.Contains(err.Error(), p) {
			t.Errorf("the error repeats the password %q", p)
		}
	}
}

func TestTheFirstLinkMakesTheFirstAdministratorAndNoSecond(t *testing.T) {
	t.Parallel()
	a := newAccounts(t, storetest.Open(t, store.SQLite))
	ctx := t.Context()
	old, needed, err := a.FirstLink(ctx)
	if err != nil || !needed {
		t.Fatalf("%v, %v", needed, err)
	}
	fresh, _, err := a.FirstLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	anna, ben := sealed.NewEmail("anna@example.org"), sealed.NewEmail("ben@example.org")
	if _, err := a.FollowLink(ctx, old.Reveal(), anna, sealed.NewSecret(password)); studymail.CodeOf(err) != studymail.NotFound {
		t.Errorf("the link of an earlier start: %v", err)
	}
	u, err := a.FollowLink(ctx, fresh.Reveal(), anna, sealed.NewSecret(password))
	if err != nil || u.Role != studymail.Administrator {
		t.Fatalf("%+v, %v", u, err)
	}
	if _, needed, err := a.FirstLink(ctx); err != nil || needed {
		t.Errorf("there is an administrator, and a link all the same: %v", err)
	}

	// Seen to fail: without the look for an administrator in FollowLink.
	b := newAccounts(t, storetest.Open(t, store.SQLite))
	link, _, err := b.FirstLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	add(t, b, "anna@example.org", studymail.Administrator)
	if _, err := b.FollowLink(ctx, link.Reveal(), ben, sealed.NewSecret(password)); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("a link from before the first administrator was added by a command: %v", err)
	}
}

func TestOfManyWhoFollowALinkOneGetsIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		a := newAccounts(t, s)
		link, _, err := a.FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				email := sealed.NewEmail(string(rune('a'+i)) + "@example.org")
				if _, err := a.FollowLink(context.Background(), link.Reveal(), email, sealed.NewSecret(password)); err == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("%d got in", in.Load())
		}
	})
}

// Seen to fail: with AnyAdministrator left out of UpdateUser; and on PostgreSQL
// without lockUsers, both could go.
func TestSomebodyCanAlwaysAdminister(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		a := newAccounts(t, s)
		anna, ben := add(t, a, "anna@example.org", studymail.Administrator), add(t, a, "ben@example.org", studymail.Administrator)
		var gone atomic.Int32
		var wg sync.WaitGroup
		for _, u := range []studymail.User{anna, ben} {
			wg.Go(func() {
				if err := a.SetActive(context.Background(), "test", &u, false); err == nil {
					gone.Add(1)
				} else if studymail.CodeOf(err) != studymail.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if gone.Load() != 1 {
			t.Errorf("%d of 2 administrators went", gone.Load())
		}
	})
}

// Seen to fail: with the hashes under older keys left out of add.
func TestAnAddressIsTakenOnceHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	a := newAccounts(t, storetest.Open(t, store.SQLite))
	u := add(t, a, "Anna@Example.org", studymail.Viewer)
	if _, err := a.Add(t.Context(), "test", sealed.NewEmail("anna@example.ORG"), studymail.Viewer); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("the same in other letters: %v", err)
	}
	if email, err := a.Address(&u); err != nil || email.Reveal() != "Anna@Example.org" {
		t.Errorf("%v", err)
	}
	other := u
	other.ID = studymail.NewID()
	if _, err := a.Address(&other); err == nil {
		t.Error("an address that was moved to another row opens")
	}
}

func TestManyGuessesAtOnceAreNoMoreThanOneAfterTheOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		a := newAccounts(t, s)
		var refused atomic.Int32
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := a.SignIn(context.Background(), sealed.NewEmail("anna@example.org"), sealed.NewSecret("a guess"))
				if studymail.CodeOf(err) == studymail.Unavailable {
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if refused.Load() != 8 {
			t.Errorf("%d of 16 guesses were not looked at, want 8", refused.Load())
		}
	})
}
