package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// uploadLimit bounds what an upload is read to: what is larger than a file may be is
// read on, and thrown away, so that the browser hears why it was refused.
const uploadLimit = 1 << 30

type importNewPage struct {
	Heading heading
	Form    *form
	Studies []option
	Instead studymail.ID // the import whose file was mended
	None    bool         // there is no study yet
}

func (s *site) importNew(v *visit) error {
	f := newForm().Set("study", v.query("study"))
	if id, err := studymail.ParseID(v.query("instead")); err == nil {
		f.Set("instead", id.String())
	}
	return s.showImportNew(v, http.StatusOK, f)
}

func (s *site) showImportNew(v *visit, status int, f *form) error {
	p := importNewPage{
		Form: f, Heading: heading{Title: "Import a file", Up: link{"Imports", "/imports"}, Words: "The file is checked as a whole first. Nothing is written before you have seen what would change, and say so."},
	}
	p.Instead, _ = studymail.ParseID(f.Get("instead")) // none: the zero UUID
	err := v.read(func(tx *store.Tx) error {
		all, err := tx.Studies(v.ctx())
		p.None = len(all) == 0
		for i := range all {
			text := all[i].Name
			if !all[i].Active {
				text += " (not active)"
			}
			p.Studies = append(p.Studies, option{Value: all[i].ID.String(), Text: text})
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Studies) > 1 {
		p.Studies = append([]option{{Text: "Choose a study"}}, p.Studies...)
	}
	return v.pageAs(status, "import_new", p.Heading.Title, p)
}

// importUpload takes a file as it comes, and seals it block by block: no part of it is
// ever on a disk in clear, nor whole in memory.
func (s *site) importUpload(v *visit) error {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "that form did not arrive whole; go back and send it again")
	}
	f := newForm()
	var file *multipart.Part
	for file == nil {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return studymail.Errorf(studymail.Invalid, "that form did not arrive whole; go back and send it again")
		}
		if part.FormName() == "file" && part.FileName() != "" {
			file = part // the fields stand before it
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, 1000))
		if err != nil {
			return studymail.Errorf(studymail.Invalid, "that form did not arrive whole; go back and send it again")
		}
		f.values.Add(part.FormName(), string(value))
	}
	if token := f.Get("form"); token != "" {
		f.Token = token
	}
	study, err := s.importStudy(v, f)
	if err != nil {
		return err
	}
	if file == nil {
		f.Problem("file", "choose a file")
	}
	if !f.OK() {
		return s.refuseUpload(v, f)
	}
	i := studymail.Import{ID: studymail.NewID(), Study: study.Key, Actor: v.actor()}
	notes, err := s.receive(v, file, &i)
	if refused, ok := errors.AsType[*intake.RefusedError](err); ok {
		f.Problem("file", "%s", refused.Reason)
		return s.refuseUpload(v, f)
	}
	if studymail.CodeOf(err) == studymail.Invalid {
		f.Problem("file", "the file did not arrive whole; nothing was kept. Choose it again")
		return s.refuseUpload(v, f)
	}
	if err != nil {
		return err
	}
	return s.uploaded(v, f, &i, notes)
}

// refuseUpload shows the form again, after the rest of what the browser sends was read:
// a browser that is cut off shows nothing.
func (s *site) refuseUpload(v *visit, f *form) error {
	v.keepOpen()
	_, _ = io.Copy(io.Discard, v.r.Body) // it went away, or sends for ever
	f.Token = newForm().Token
	return s.showImportNew(v, http.StatusUnprocessableEntity, f)
}

func (s *site) importStudy(v *visit, f *form) (study studymail.Study, err error) {
	id, err := studymail.ParseID(f.Get("study"))
	if err != nil {
		f.Problem("study", "choose a study")
		return study, nil //nolint:nilerr // it is noted
	}
	err = v.read(func(tx *store.Tx) error {
		study, err = tx.StudyByID(v.ctx(), id)
		return err
	})
	return study, noted(f, "study", err)
}

// receive keeps a file. What fails leaves an import behind that is discarded.
func (s *site) receive(v *visit, file io.Reader, i *studymail.Import) (notes []string, err error) {
	key, wrapped, err := s.Sealer.NewKey(i.ID)
	if err != nil {
		return nil, err
	}
	i.Wrapped = wrapped
	v.keepOpen()
	if err := v.write(func(tx *store.Tx) error { return tx.AddImport(v.ctx(), i) }); err != nil {
		return nil, err
	}
	got, err := intake.Receive(file, func(n int, plain []byte) error {
		v.keepOpen()
		b, err := intake.SealBlock(key, i.ID, n, plain)
		if err != nil {
			return err
		}
		return v.write(func(tx *store.Tx) error { return tx.AddImportBlock(v.ctx(), i.Key, n, b) })
	})
	if err != nil {
		discard := v.write(func(tx *store.Tx) error { return tx.DiscardImport(v.ctx(), i) })
		return nil, errors.Join(err, discard)
	}
	i.Bytes, i.FileHash = got.Bytes, s.Sealer.Hash(sealed.FileHash, string(got.Sum[:]))
	return got.Notes, nil
}

// uploaded looks at the beginning of a file that is there, and has it checked, or asks
// what its columns are.
func (s *site) uploaded(v *visit, f *form, i *studymail.Import, notes []string) error {
	c := intake.Choices{CreateProviders: f.Yes("create_providers"), Recontact: f.Yes("recontact")}
	i.Choices = c.Text()
	to := studymail.ImportReceived
	head, err := s.importHead(v, i)
	if refused, ok := errors.AsType[*intake.RefusedError](err); ok {
		err = v.write(func(tx *store.Tx) error { return tx.DiscardImport(v.ctx(), i) })
		f.Problem("file", "%s", refused.Reason)
		return errors.Join(err, s.refuseUpload(v, f))
	}
	if err != nil {
		return err
	}
	if head.Whole {
		to = studymail.ImportChecking
	}
	var (
		done  bool
		where string
	)
	err = v.write(func(tx *store.Tx) (err error) {
		row := *i
		if done, where, err = v.once(tx, f, "/imports/"+i.ID.String()); err != nil {
			return err
		}
		if done {
			if done, err = s.sentTwice(v, tx, where, &row); err != nil {
				return err
			}
			if done {
				return tx.DiscardImport(v.ctx(), &row)
			}
			where = "/imports/" + i.ID.String()
		}
		if err := tx.ReceiveImport(v.ctx(), &row, to); err != nil {
			return err
		}
		if err := s.discardInstead(v, tx, f); err != nil {
			return err
		}
		if err := v.event(tx, "import uploaded", row.ID, ""); err != nil || to != studymail.ImportChecking {
			return err
		}
		return s.QueueImport(v.ctx(), tx, row.ID)
	})
	if err != nil {
		return err
	}
	for _, n := range notes {
		if !done {
			v.flash("%s", n)
		}
	}
	return v.redirect(where)
}

// sentTwice tells a double click, which sends a file twice, from another file that is
// sent by a form which somebody went back to.
func (s *site) sentTwice(v *visit, tx *store.Tx, where string, i *studymail.Import) (bool, error) {
	id, err := studymail.ParseID(strings.TrimPrefix(where, "/imports/"))
	if err != nil {
		return false, nil //nolint:nilerr // the form of something else
	}
	first, err := tx.ImportByID(v.ctx(), id)
	return err == nil && first.Study == i.Study && bytes.Equal(first.FileHash, i.FileHash), err
}

// discardInstead discards the import whose mended file this is.
func (s *site) discardInstead(v *visit, tx *store.Tx, f *form) error {
	id, err := studymail.ParseID(f.Get("instead"))
	if err != nil {
		return nil //nolint:nilerr // in nobody's place
	}
	old, err := tx.ImportByID(v.ctx(), id)
	if studymail.CodeOf(err) == studymail.NotFound {
		return nil
	}
	if err != nil || !old.State.Open() {
		return err
	}
	if err := tx.DiscardImport(v.ctx(), &old.Import); err != nil {
		return err
	}
	return v.event(tx, "import discarded", old.ID, "another file came in its place")
}

// importFile gives an import's file to read.
func (s *site) importFile(v *visit, i *studymail.Import) (*intake.Kept, error) {
	key, err := s.Opener.Key(i.ID, i.Wrapped)
	if errors.Is(err, sealed.ErrErased) {
		return nil, studymail.Errorf(studymail.Conflict, "the file of this import is gone: it is over, or was discarded; upload it again")
	}
	if err != nil {
		return nil, err
	}
	return &intake.Kept{Import: i.ID, Key: key, Bytes: i.Bytes, Ctx: v.ctx(), Sealed: s.importBlock(v, i.Key)}, nil
}
