package cli

import (
	"context"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) templateCommand() *cobra.Command {
	return group("template", "Letters: add, edit (a new version), list, show",
		"A template is a named letter: a subject and a body, in Markdown or HTML, with\nplaceholders such as {{ patient_full_name }}. Each edit makes a new version;\na campaign keeps the version that it was made with.",
		`  studymail template add --name invitation --subject "About {{ study_name }}" --file invitation.md
  studymail template show invitation`,
		e.templateAdd(), e.templateEdit(), e.templateList(), e.templateShow())
}

// letterFlags are what a version is made of.
type letterFlags struct{ subject, file, format string }

func (f *letterFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.subject, "subject", "", "`subject` of the mail")
	cmd.Flags().StringVar(&f.file, "file", "", "`file` with the body: letter.md (Markdown), letter.html (HTML), or - for standard input")
	cmd.Flags().StringVar(&f.format, "format", "", "`markdown` or html, where the file's name does not say it")
}

// read reads the body and tells its format; otherwise is the format where
// nothing says it.
func (f *letterFlags) read(e *env, otherwise string) (format, body string, err error) {
	name := strings.ToLower(f.file)
	switch {
	case f.format == compose.FormatMarkdown, f.format == compose.FormatHTML:
		format = f.format
	case f.format != "":
		return "", "", wrongUse("--format: markdown or html")
	case strings.HasSuffix(name, ".md"), strings.HasSuffix(name, ".markdown"):
		format = compose.FormatMarkdown
	case strings.HasSuffix(name, ".html"), strings.HasSuffix(name, ".htm"):
		format = compose.FormatHTML
	case name == "-":
		format = otherwise
	default:
		return "", "", wrongUse("--file: a name that ends in .md (Markdown) or .html (HTML), or say --format")
	}
	body, err = e.readFile(f.file)
	return format, body, err
}

// placeholders lists them for help.
func placeholders() string {
	var b strings.Builder
	for _, p := range compose.Placeholders() {
		b.WriteString("\n  {{ " + p.Name + " }}  " + p.Description)
	}
	return b.String()
}

func (e *env) templateAdd() *cobra.Command {
	var (
		name, kind string
		f          letterFlags
	)
	cmd := &cobra.Command{
		Use:   "add --name NAME --subject SUBJECT --file letter.md|letter.html|- [--kind invitation|notice]",
		Short: "Add a letter",
		Long:  "Add a letter as version 1 of a new template. It is checked first: an unknown\nplaceholder, broken HTML or a line break in the subject is refused, with its place.\n\nPlaceholders, for subject and body:" + placeholders(),
		Example: `  studymail template add --name invitation --subject "About {{ study_name }}" --file invitation.md
  studymail template add --name reminder --subject "Again: {{ study_name }}" --file - < reminder.md`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			m := studymail.Template{}
			var err error
			if m.Name, err = required(line)("name", name); err != nil {
				return err
			}
			if m.Kind, err = studymail.ParseLetterKind(kind); err != nil {
				return wrongUse("--kind: invitation or notice")
			}
			v := studymail.TemplateVersion{Subject: f.subject}
			if v.Format, v.Body, err = f.read(e, compose.FormatMarkdown); err != nil {
				return err
			}
			if _, err := compose.Compile(v.Format, v.Subject, v.Body); err != nil {
				return err
			}
			err = j.Store.Write(ctx, func(tx *store.Tx) error {
				if err := tx.AddTemplate(ctx, &m, &v); err != nil {
					return err
				}
				return e.event(ctx, tx, "template added", m.ID, "version 1")
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(viewOf(&m, &v))
			}
			return e.say("Template %q added, version 1.", m.Name)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "`name` of the template, unique")
	cmd.Flags().StringVar(&kind, "kind", string(studymail.Invitation), "`kind` of letter: invitation (it must say where patients opt out) or notice")
	f.on(cmd)
	require(cmd, "name", "subject", "file")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) templateEdit() *cobra.Command {
	var f letterFlags
	cmd := &cobra.Command{
		Use:   "edit NAME [--subject SUBJECT] [--file letter.md|letter.html|-]",
		Short: "Edit a letter: make a new version",
		Long:  "Make a new version of a template. What is not mentioned is taken from the newest\none. Campaigns that exist keep their version. If somebody else saves a version\nmeanwhile, yours is refused and nothing is lost.",
		Example: `  studymail template edit invitation --file invitation.md
  studymail template edit invitation --subject "An invitation to {{ study_name }}"`,
		Args: exactly("the template's name"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if !anyChanged(j.cmd, "subject", "file") {
				return wrongUse("say what to change: --subject, --file, or both")
			}
			m, last, err := newest(ctx, j, j.args[0])
			if err != nil {
				return err
			}
			v := studymail.TemplateVersion{Format: last.Format, Subject: last.Subject, Body: last.Body}
			if j.cmd.Flags().Changed("subject") {
				v.Subject = f.subject
			}
			if j.cmd.Flags().Changed("file") {
				if v.Format, v.Body, err = f.read(e, last.Format); err != nil {
					return err
				}
			}
			if v.Format == last.Format && v.Subject == last.Subject && v.Body == last.Body {
				if e.asJSON {
					return e.print(viewOf(&m, &last))
				}
				return e.say("Template %q stays at version %d: that is what it says already.", m.Name, last.Number)
			}
			if _, err := compose.Compile(v.Format, v.Subject, v.Body); err != nil {
				return err
			}
			seen := m
			err = j.Store.Write(ctx, func(tx *store.Tx) error {
				m = seen
				if err := tx.AddTemplateVersion(ctx, &m, &v); err != nil {
					return err
				}
				return e.event(ctx, tx, "template edited", m.ID, "version "+strconv.Itoa(v.Number))
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(viewOf(&m, &v))
			}
			return e.say("Template %q has version %d now. Campaigns that exist keep theirs.", m.Name, v.Number)
		}),
	}
	f.on(cmd)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) templateList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the letters",
		Long:  "List all templates by name, with the number of the newest version.",
		Example: `  studymail template list
  studymail template list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var all []studymail.Template
			err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				all, err = tx.Templates(ctx)
				return err
			})
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return e.print(all)
			case len(all) == 0:
				return e.say("No templates yet. Write a letter, then add it:\n  studymail template add --name invitation --subject \"About {{ study_name }}\" --file invitation.md")
			}
			t := e.table("name", "versions", "added")
			for _, m := range all {
				t.row(m.Name, m.Versions, j.clock(m.CreatedAt))
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) templateShow() *cobra.Command {
	var number int
	cmd := &cobra.Command{
		Use:   "show NAME [--version K]",
		Short: "Show a letter as it was written",
		Long:  "Show the newest version of a template, or the one asked for, as it was written.",
		Example: `  studymail template show invitation
  studymail template show invitation --version 1
  studymail template show invitation --json`,
		Args: exactly("the template's name"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			m, v, err := newest(ctx, j, j.args[0])
			if err != nil {
				return err
			}
			if j.cmd.Flags().Changed("version") {
				err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
					v, err = tx.TemplateVersion(ctx, m.Key, number)
					return err
				})
				if err != nil {
					return err
				}
			}
			view := viewOf(&m, &v)
			if e.asJSON {
				return e.print(view)
			}
			if err := e.facts(
				[2]string{"Template", m.Name},
				[2]string{"Version", strconv.Itoa(v.Number) + " of " + strconv.Itoa(m.Versions) + ", " + j.clock(v.CreatedAt)},
				[2]string{"Format", v.Format},
				[2]string{"Merges", strings.Join(view.Placeholders, ", ")},
				[2]string{"Subject", v.Subject},
			); err != nil {
				return err
			}
			return e.say("\n%s", strings.TrimRight(v.Body, "\n"))
		}),
	}
	cmd.Flags().IntVar(&number, "version", 0, "`number` of the version; the newest without it")
	e.jsonFlag(cmd)
	return cmd
}

// newest finds a template and its newest version.
func newest(ctx context.Context, j *job, name string) (m studymail.Template, v studymail.TemplateVersion, err error) {
	err = j.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.TemplateByName(ctx, name); err != nil {
			return err
		}
		v, err = tx.TemplateVersion(ctx, m.Key, m.Versions)
		return err
	})
	return m, v, err
}

// templateView is a version of a template.
type templateView struct {
	Name     string       `json:"name"`
	Template studymail.ID `json:"template"`
	studymail.TemplateVersion
	Versions     int      `json:"versions"`
	Placeholders []string `json:"placeholders"`
}

func viewOf(m *studymail.Template, v *studymail.TemplateVersion) templateView {
	view := templateView{Name: m.Name, Template: m.ID, TemplateVersion: *v, Versions: m.Versions, Placeholders: []string{}}
	if letter, err := compose.Compile(v.Format, v.Subject, v.Body); err == nil { // it was checked when it was saved
		for _, p := range letter.Needs().List() {
			view.Placeholders = append(view.Placeholders, p.String())
		}
	}
	return view
}
