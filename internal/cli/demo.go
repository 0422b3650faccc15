package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/config"
	"studymail/internal/intake"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// The predecessor's sample data.
const (
	demoTemplate = "Invitation"
	demoSubject  = "An invitation to {{ study_name }}"
	demoBody     = `Dear {{ patient_full_name }},

{{ care_provider_name }} would like to invite you to take part in **{{ study_name }}**.

If you have any questions, please contact {{ care_provider_contact }} at {{ care_provider_name }}.

Kind regards,

{{ care_provider_contact }}
`
	demoHeader = "username,first_name,last_name,email,ods_code\n"
)

func demoProviders() []studymail.Provider {
	return []studymail.Provider{
		{Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", ContactName: "Dr Jane Smith", Active: true},
		{Name: "Patel's Surgery", ODSCode: "ERF00003", Contact: "Dr Patel", ContactName: "Dr Anil Patel", Active: true},
		{Name: "Jones's Surgery", ODSCode: "EFJ0002", Contact: "Dr Jones", ContactName: "Dr Owen Jones", Active: true},
	}
}

// demoStudies pairs each study with its only patient's line.
func demoStudies() [][2]string {
	return [][2]string{
		{"Study A", "user.one,User,One,user.one@example.org,ABCD001\n"},
		{"Study B", "user.two,User,Two,user.two@example.org,ERF00003\n"},
		{"Study C", "user.three,User,Three,user.three@example.org,EFJ0002\n"},
	}
}

// loadDemo loads the sample data into a fresh database.
func (e *env) loadDemo(ctx context.Context, a *app.App) error {
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		for _, p := range demoProviders() {
			if err := tx.AddProvider(ctx, &p); err != nil {
				return err
			}
		}
		for _, s := range demoStudies() {
			if err := tx.AddStudy(ctx, &studymail.Study{Name: s[0], Active: true}); err != nil {
				return err
			}
		}
		t, v := studymail.Template{Name: demoTemplate}, studymail.TemplateVersion{Format: "markdown", Subject: demoSubject, Body: demoBody}
		if err := tx.AddTemplate(ctx, &t, &v); err != nil {
			return err
		}
		return e.event(ctx, tx, "sample data loaded", studymail.ID{}, "")
	})
	if err != nil {
		return err
	}
	for _, s := range demoStudies() {
		if err := e.importText(ctx, a, s[0], demoHeader+s[1]); err != nil {
			return err
		}
	}
	return nil
}

// importText imports lines of a program's own.
func (e *env) importText(ctx context.Context, a *app.App, study, csv string) (err error) {
	src, err := intake.OpenCSV("-", strings.NewReader(csv), "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	o := intake.Options{Actor: e.actor()}
	if err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		o.Study, err = tx.StudyByName(ctx, study)
		return err
	}); err != nil {
		return err
	}
	im := intake.Importer{Store: a.Store, Sealer: a.Keys.Sealer()}
	res, err := im.Import(ctx, src, o)
	if err != nil {
		return err
	}
	return res.Err()
}

func (e *env) demoCommand() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo [--keep]",
		Short: "Send the sample data's three letters on a throw-away database, and tell each one's story",
		Long: `Make a throw-away database with three care providers, three studies and three
people, add four people who must not be mailed, send an invitation to each study
into a throw-away Maildir, and print what happened, message by message. Nothing
of this installation is touched.`,
		Example: `  studymail demo
  studymail demo --keep`,
		Args: exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) error { return e.demo(ctx, keep) }),
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the folder with the database and the mails")
	e.jsonFlag(cmd)
	return cmd
}

// demoLeftOut are people beside the three, each with a reason not to be mailed.
func demoLeftOut() [][2]string {
	return [][2]string{
		{"Study A", "username,first_name,last_name,email,ods_code,status,cancelled\n" +
			"user.four,User,Four,user.four@example.org,ABCD001,New,Opted out\n" +
			"user.five,User,Five,user.five@example.org,ABCD001,Engaged,\n" +
			"user.six,User,Six,user.shared@example.org,ABCD001,New,\n" +
			"user.seven,User,Seven,user.shared@example.org,ABCD001,New,\n"},
	}
}

func (e *env) demo(ctx context.Context, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "studymail-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	if !keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if _, err := config.WriteEnv(dir); err != nil {
		return err
	}
	// Nothing of the environment: the demo neither touches nor needs an installation.
	a, err := app.Open(ctx, app.Options{Dir: dir, Environ: []string{"HTTP_ADDR=127.0.0.1:0"}, Now: e.Now, Tables: app.Make})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := e.loadDemo(ctx, a); err != nil {
		return err
	}
	for _, s := range demoLeftOut() {
		if err := e.importText(ctx, a, s[0], s[1]); err != nil {
			return err
		}
	}
	stories, err := e.demoSend(ctx, a)
	if err != nil {
		return err
	}
	if err := e.tellDemo(stories); err != nil {
		return err
	}
	if keep {
		e.note("kept in %s: data/studymail.db, and the mails in %s", dir, filepath.Base(a.Config.MaildirPath))
	}
	return nil
}
