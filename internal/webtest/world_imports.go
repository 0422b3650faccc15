package webtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Imports is what the pages of imports show.
type Imports struct {
	Received, Checked, Done studymail.ID
	Picture                 string // a file that is no table
}

// seedImports uploads files into the study, as the pages do, and waits for the worker.
func seedImports(tb testing.TB, p *Product) {
	tb.Helper()
	w := &p.World.Imports
	w.Picture = filepath.Join(tb.TempDir(), "picture.csv")
	if err := os.WriteFile(w.Picture, []byte("\x89PNG\r\n\x1a\nxxxxxxxx"), 0o600); err != nil {
		tb.Fatal(err)
	}
	const header = "username,first_name,last_name,email,ods_code\n"
	w.Received = p.upload(tb, "Participant,Forename,Surname,E-mail address,Practice,Notes\nuser.900,User,Number900,user.900@example.org,ABCD001,\n", studymail.ImportReceived)
	w.Checked = p.upload(tb, header+"user.901,User,Number901,nowhere,ABCD001\nuser.902,User,Number902,user.902@example.org,XYZ\nuser.903,,,user.903@example.org,ABCD001\nuser.904,User,Number904,,ABCD001\n", studymail.ImportChecking)
	w.Done = p.upload(tb, header+"user.905,User,Number905,user.905@example.org,ABCD001\n", studymail.ImportChecking)
	p.waits(tb, w.Checked, studymail.ImportChecked)
	done := p.waits(tb, w.Done, studymail.ImportChecked)
	err := p.App.Store.Write(tb.Context(), func(tx *store.Tx) error { return tx.MoveImport(tb.Context(), &done.Import, studymail.ImportWriting) })
	if err != nil {
		tb.Fatal(err)
	}
	p.waits(tb, w.Done, studymail.ImportDone)
}

// upload keeps a file; a worker's tick finds it.
func (p *Product) upload(tb testing.TB, text string, to studymail.ImportState) studymail.ID {
	tb.Helper()
	ctx := tb.Context()
	i := studymail.Import{ID: studymail.NewID(), Study: p.World.Ward.Other.Key, Actor: p.World.Users[studymail.Coordinator].ID.String(), Choices: "{}"}
	key, wrapped, err := p.App.Keys.Sealer().NewKey(i.ID)
	if err != nil {
		tb.Fatal(err)
	}
	i.Wrapped = wrapped
	err = p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddImport(ctx, &i) })
	if err == nil {
		var got intake.Received
		got, err = intake.Receive(strings.NewReader(text), func(n int, plain []byte) error {
			b, err := intake.SealBlock(key, i.ID, n, plain)
			if err != nil {
				return err
			}
			return p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddImportBlock(ctx, i.Key, n, b) })
		})
		i.Bytes, i.FileHash = got.Bytes, p.App.Keys.Sealer().Hash(sealed.FileHash, string(got.Sum[:]))
	}
	if err == nil {
		err = p.App.Store.Write(ctx, func(tx *store.Tx) error { return tx.ReceiveImport(ctx, &i, to) })
	}
	if err != nil {
		tb.Fatal(err)
	}
	return i.ID
}

// waits waits until a worker brought an import to a state.
func (p *Product) waits(tb testing.TB, id studymail.ID, to studymail.ImportState) (i store.ImportRow) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := p.App.Store.Read(ctx, func(tx *store.Tx) (err error) {
			i, err = tx.ImportByID(ctx, id)
			return err
		})
		if err == nil && i.State == to {
			return i
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("import %s is %s (%s), not %s: %v", id, i.State, i.Failure, to, err)
		}
	}
}
