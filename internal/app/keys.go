package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/logs"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// How keys are changed without anybody stopping: a new key is added to the keyset and
// used by nobody; every process that runs reads the keyset anew and says that it has the
// key; then it is promoted, and used for what is new. docs/operations.md has the steps.

// signingKept is how long links in mails work: a signing key is not retired before.
const signingKept = 2 * 366 * 24 * time.Hour

// KeyState is a key as it stands.
type KeyState struct {
	ID       uint32      `json:"id"`
	Kind     sealed.Kind `json:"kind"`
	Primary  bool        `json:"primary"`
	Added    *time.Time  `json:"added,omitempty"`    // unknown for the first ones
	Promoted *time.Time  `json:"promoted,omitempty"` // used since
	Replaced *time.Time  `json:"replaced,omitempty"` // not used since
}

// ListKeys lists all keys, by kind, without anything of them.
func (a *App) ListKeys(ctx context.Context) ([]KeyState, error) {
	var events []studymail.Event
	err := a.Store.Read(ctx, func(tx *store.Tx) error {
		for _, action := range []string{keyAdded, keyPromoted} {
			some, err := tx.Events(ctx, store.EventFilter{Action: action, Limit: 10_000})
			if err != nil {
				return err
			}
			events = append(events, some...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := []KeyState{}
	for _, kind := range sealed.Kinds() {
		for _, k := range a.Keys.List(kind) {
			s := KeyState{ID: k.ID, Kind: kind, Primary: k.Primary}
			s.read(events)
			all = append(all, s)
		}
	}
	return all, nil
}

const (
	keyAdded    = "key added"
	keyPromoted = "key promoted"
	keyRetired  = "key retired"
)

func keyDetail(kind sealed.Kind, id uint32) string { return fmt.Sprintf("%s key %d", kind, id) }

// read takes a key's times out of the events: it was replaced by the first one of its
// kind that was promoted after it.
func (s *KeyState) read(events []studymail.Event) {
	own := keyDetail(s.Kind, s.ID)
	var since time.Time
	for i := range events {
		e := &events[i]
		switch {
		case e.Detail == own && e.Action == keyAdded:
			s.Added = &e.At
		case e.Detail == own && e.Action == keyPromoted && e.At.After(since):
			s.Promoted, since = &e.At, e.At
		}
	}
	if s.Primary {
		return
	}
	for i := range events {
		e := &events[i]
		if e.Action == keyPromoted && e.Detail != own && strings.HasPrefix(e.Detail, string(s.Kind)+" ") && e.At.After(since) &&
			(s.Replaced == nil || e.At.Before(*s.Replaced)) && (s.Promoted != nil || s.Added == nil) {
			s.Replaced = &e.At
		}
	}
}

// AddKey adds a key of a kind that nobody uses yet.
func (a *App) AddKey(ctx context.Context, kind sealed.Kind, actor string) (id uint32, err error) {
	return id, a.changeKeyset(ctx, kind, actor, keyAdded, &id, func(old sealed.Secret) (now sealed.Secret, err error) {
		now, id, err = sealed.AddKey(kind, old)
		return now, err
	})
}

// PromoteKey has a key used for what is new, once every process that runs has it.
func (a *App) PromoteKey(ctx context.Context, id uint32, actor string) error {
	kind, err := a.kindOf(id)
	if err != nil {
		return err
	}
	lack, err := a.WhoLacks(ctx, id)
	if err != nil {
		return err
	}
	if len(lack) > 0 {
		return studymail.Errorf(studymail.Conflict, "key %d is not used yet, since %s not have it: copy %s there (.env, or its file), wait ten seconds, then `studymail keys promote %d`",
			id, holdersWords(lack), kind.Variable(), id)
	}
	return a.changeKeyset(ctx, kind, actor, keyPromoted, &id, func(old sealed.Secret) (sealed.Secret, error) { return sealed.PromoteKey(kind, old, id) })
}

func holdersWords(all []store.KeyHolder) string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Mode + " on " + all[i].Host
	}
	words := strings.Join(names, ", ")
	if len(all) == 1 {
		return words + " does"
	}
	return words + " do"
}

// WhoLacks lists the processes that run and do not have a key.
func (a *App) WhoLacks(ctx context.Context, id uint32) (lack []store.KeyHolder, err error) {
	err = a.Store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.KeyHolders(ctx)
		lack = nil
		for i := range all {
			if !all[i].Has(id) {
				lack = append(lack, all[i])
			}
		}
		return err
	})
	return lack, err
}

// RetireKey takes a key away for good, unless something needs it still.
func (a *App) RetireKey(ctx context.Context, id uint32, actor string) error {
	kind, err := a.kindOf(id)
	if err != nil {
		return err
	}
	if a.Keys.Primary(kind) == id {
		return studymail.Errorf(studymail.Conflict, "key %d is the one in use; `studymail keys rotate %s` makes another", id, kind)
	}
	var use []store.KeyUse
	if err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		use, err = tx.KeyUse(ctx, kind, id)
		return err
	}); err != nil {
		return err
	}
	if len(use) > 0 {
		var words []string
		for _, u := range use {
			words = append(words, fmt.Sprintf("%s (%d)", u.What, u.Rows))
		}
		return studymail.Errorf(studymail.Conflict, "key %d is needed still, for %s; `studymail keys rewrap` does what can be done. Suppressions of people who are not here any more cannot be hashed anew: their key stays",
			id, strings.Join(words, ", "))
	}
	if kind == sealed.SigningKeys {
		if err := a.signedLongAgo(ctx, id); err != nil {
			return err
		}
	}
	return a.changeKeyset(ctx, kind, actor, keyRetired, &id, func(old sealed.Secret) (sealed.Secret, error) { return sealed.RetireKey(kind, old, id) })
}

// signedLongAgo refuses a signing key whose links may still be in use.
func (a *App) signedLongAgo(ctx context.Context, id uint32) error {
	all, err := a.ListKeys(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		switch {
		case k.ID != id || k.Kind != sealed.SigningKeys:
		case k.Added != nil && k.Promoted == nil:
			return nil // it never signed anything
		case k.Replaced == nil || a.Now().Sub(*k.Replaced) < signingKept:
			return studymail.Errorf(studymail.Conflict, "key %d signed links in mails that people may still have: they must work for two years after it was replaced; nothing was changed", id)
		}
	}
	return nil
}

func (a *App) kindOf(id uint32) (sealed.Kind, error) {
	for _, kind := range sealed.Kinds() {
		for _, k := range a.Keys.List(kind) {
			if k.ID == id {
				return kind, nil
			}
		}
	}
	return "", studymail.Errorf(studymail.NotFound, "there is no key %d; `studymail keys list` shows them", id)
}

// changeKeyset changes a keyset where it lies, and notes it. The file is read anew
// first: another command may have changed it.
func (a *App) changeKeyset(ctx context.Context, kind sealed.Kind, actor, action string, id *uint32, change func(old sealed.Secret) (sealed.Secret, error)) error {
	cfg, _, err := config.Load(a.dir, a.environ)
	if err != nil {
		return err
	}
	old := map[sealed.Kind]sealed.Secret{sealed.MasterKeys: cfg.MasterKeyset, sealed.LookupKeys: cfg.HashKeyset, sealed.SigningKeys: cfg.SigningKeyset}[kind]
	now, err := change(old)
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "%w", err)
	}
	if err := cfg.WriteKeyset(kind.Variable(), now); err != nil {
		return err
	}
	if err := a.reloadKeys(ctx); err != nil {
		return err
	}
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddEvent(ctx, actor, action, studymail.ID{}, keyDetail(kind, *id))
	})
}

// reloadKeys reads the keysets anew, and takes them over if they fit the database.
func (a *App) reloadKeys(ctx context.Context) error {
	cfg, _, err := config.Load(a.dir, a.environ)
	if err != nil {
		return err
	}
	keys, err := keysOf(cfg)
	if err != nil {
		return err
	}
	if err := a.Store.CheckProof(ctx, keys); err != nil {
		return err
	}
	a.Keys.Take(keys)
	return nil
}

// How often a process looks whether its keysets were changed, and says which it has.
const (
	keysLookEvery = 2 * time.Second
	keysNoteEvery = 30 * time.Second
)

// watchKeys follows changes of the keysets' files until ctx ends.
func (a *App) watchKeys(ctx context.Context, mode string) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	h := store.KeyHolder{ID: studymail.NewID(), Host: host, Mode: mode}
	ticker := time.NewTicker(keysLookEvery)
	defer ticker.Stop()
	seen, noted := keyFilesState(a.Config.KeyFiles()), time.Time{}
	for {
		if now := a.Now(); noted.IsZero() || now.Before(noted) || now.Sub(noted) >= keysNoteEvery {
			h.Keys = a.Keys.IDs()
			if err := a.Store.Write(ctx, func(tx *store.Tx) error { return tx.NoteKeyHolder(ctx, &h) }); err == nil {
				noted = now
			}
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = a.Store.Write(last, func(tx *store.Tx) error { return tx.DropKeyHolder(last, h.ID) }) // else its word grows old
			return
		case <-ticker.C:
		}
		state := keyFilesState(a.Config.KeyFiles())
		if state == seen {
			continue
		}
		seen = state
		if err := a.reloadKeys(ctx); err != nil {
			a.Logs.App.Error("keys that were changed could not be read; the ones before stay in use", "error", err)
			continue
		}
		logs.KeysRead(a.Logs.App, len(a.Keys.IDs()))
		noted = time.Time{}
	}
}

// keyFilesState tells one state of the files from another.
func keyFilesState(files []string) string {
	var b strings.Builder
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%d %d;", info.ModTime().UnixNano(), info.Size())
		} else {
			b.WriteString("gone;")
		}
	}
	return b.String()
}
