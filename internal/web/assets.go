package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"studymail"
)

// dist is what `make assets` builds: names with a hash of their content, the same
// compressed, and a manifest. Without it (a plain `go build`) pages work and look
// bare, and say what to run.
//
//go:embed all:dist
var dist embed.FS

type assets struct {
	files fs.FS
	names map[string]string // app.css: app-4F3A.css
}

func readAssets(files fs.FS) (*assets, error) {
	a := &assets{files: files, names: map[string]string{}}
	b, err := fs.ReadFile(files, "dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of assets: %w", err)
	}
	if err := json.Unmarshal(b, &a.names); err != nil {
		return nil, fmt.Errorf("read the list of assets: %w", err)
	}
	return a, nil
}

func (a *assets) missing() bool { return len(a.names) == 0 }

// path gives where an asset is; "" if it was not built.
func (a *assets) path(name string) string {
	if n := a.names[name]; n != "" {
		return "/assets/" + n
	}
	return ""
}

// asset answers with a file that was built. Its name changes with its content, so
// browsers keep it for good.
func (s *site) asset(v *visit) error {
	name := v.r.PathValue("file")
	ext := path.Ext(name)
	if ext != ".css" && ext != ".js" && ext != ".svg" {
		return studymail.Errorf(studymail.NotFound, "there is no such file")
	}
	file, encoding := "dist/"+name, ""
	for _, e := range []struct{ encoding, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if accepts(v.r, e.encoding) {
			if _, err := fs.Stat(s.assets.files, file+e.ext); err == nil {
				file, encoding = file+e.ext, e.encoding
				break
			}
		}
	}
	b, err := fs.ReadFile(s.assets.files, file)
	if err != nil {
		return studymail.Errorf(studymail.NotFound, "there is no such file")
	}
	h := v.w.Header()
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", mime.TypeByExtension(ext))
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(b) // the reader went away
	return nil
}

func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == encoding && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
