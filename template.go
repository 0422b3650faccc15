package studymail

import "time"

// Template is a named e-mail. Its text stands in versions.
type Template struct {
	ID        ID        `json:"id"`
	Key       int64     `json:"-"`        // row key
	Name      string    `json:"name"`     // unique
	Versions  int       `json:"versions"` // the newest version's number
	Archived  bool      `json:"archived"`
	CreatedAt time.Time `json:"created_at"`
}

// TemplateVersion is one immutable version of a template.
type TemplateVersion struct {
	ID        ID        `json:"id"`
	Key       int64     `json:"-"` // row key
	Template  int64     `json:"-"` // row key
	Number    int       `json:"version"`
	Format    string    `json:"format"` // markdown or html
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
}
