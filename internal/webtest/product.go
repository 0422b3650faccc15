package webtest

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/config"
	"studymail/internal/sealed"
	"studymail/internal/sestest"
	"studymail/internal/store"
)

// Password is that of every user of the tests.
const Password = "four words in a row"

// Product is a running studymail on SQLite, with mail going to a Maildir.
type Product struct {
	App   *app.App
	URL   string // http://127.0.0.1:…
	World *World
}

// Address is that of a role's user.
func Address(role studymail.Role) string { return string(role) + "@example.org" }

// Start starts the product with a user of each role, with two addresses on the list of
// an Amazon SES, and with what seed puts in. It ends with the test.
func Start(tb testing.TB, seed ...func(testing.TB, *Product)) *Product {
	tb.Helper()
	account := sestest.NewAccount(tb)
	account.List("anna@example.org", "BOUNCE", time.Now())
	account.List("bert@example.org", "COMPLAINT", time.Now())
	p, end, err := start(tb.TempDir(), []string{"SES_REGION=eu-west-2", "SES_ENDPOINT=" + account.URL})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := end(); err != nil {
			tb.Error(err)
		}
	})
	if err := p.users(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	for _, s := range seed {
		s(tb, p)
	}
	return p
}

// StartEmpty starts the product as it is when it was just made.
func StartEmpty(tb testing.TB, environ ...string) *Product {
	tb.Helper()
	p, end, err := start(tb.TempDir(), environ)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := end(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

func start(dir string, environ []string) (_ *Product, end func() error, err error) {
	if _, err := config.WriteEnv(dir); err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.Open(ctx, app.Options{
		Dir: dir, Now: time.Now, Tables: app.Make,
		Environ: append([]string{"HTTP_ADDR=127.0.0.1:0", "MAILDIR_PATH=" + filepath.Join(dir, "mail")}, environ...),
	})
	if err != nil {
		stop()
		return nil, nil, err
	}
	a.Patience = patience
	up, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- a.Serve(ctx, app.Parts{Mode: "serve", Workers: true, Web: true}, func(addr string) { up <- addr })
	}()
	end = sync.OnceValue(func() error {
		stop()
		return errors.Join(<-done, a.Close())
	})
	select {
	case addr := <-up:
		return &Product{App: a, URL: "http://" + addr, World: &World{Users: map[studymail.Role]studymail.User{}}}, end, nil
	case err := <-done:
		stop()
		return nil, nil, errors.Join(err, a.Close())
	}
}

// users adds one of each role. The password is hashed once: it takes a while.
func (p *Product) users(ctx context.Context) error {
	var hash sealed.Secret
	accounts := p.App.Accounts()
	for _, role := range studymail.Roles() {
		u, err := accounts.Add(ctx, "test", sealed.NewEmail(Address(role)), role)
		if err != nil {
			return err
		}
		if hash.IsEmpty() {
			if err := accounts.SetPassword(ctx, "test", &u, sealed.NewSecret(Password)); err != nil {
				return err
			}
			err = p.App.Store.Read(ctx, func(tx *store.Tx) error {
				hash, err = tx.Password(ctx, u.Key)
				return err
			})
		} else {
			err = p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetPassword(ctx, u.Key, hash) })
		}
		if err != nil {
			return err
		}
		p.World.Users[role] = u
	}
	return nil
}
