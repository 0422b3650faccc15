package web

import (
	"context"
	"strings"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/store"
)

// Doctor looks at all that the installation needs.
type Doctor interface {
	// Examine tries the transport, too, if it is asked to: that takes a while.
	Examine(ctx context.Context, tryTransport bool) (studymail.Health, error)
}

type settingsPage struct {
	Heading heading
	Tried   bool // the transport was tried just now
	Health  studymail.Health
	Test    string // what the button says
	Form    *form
	Groups  []settingGroup
}

type settingGroup struct {
	Title string
	ID    string
	Rows  []settingRow
}

type settingRow struct {
	Name, Value, Doc string
	Source           badge
}

func (s *site) settings(v *visit) error { return s.showSettings(v, false) }

// settingsTest tries whether the transport takes mail now. It sends nothing.
func (s *site) settingsTest(v *visit) error {
	err := v.write(func(tx *store.Tx) error {
		return v.event(tx, "transport tested", studymail.ID{}, "transport="+string(s.Config.MailTransport))
	})
	if err != nil {
		return err
	}
	return s.showSettings(v, true)
}

func (s *site) showSettings(v *visit, try bool) error {
	h, err := s.Doctor.Examine(v.ctx(), try)
	if err != nil {
		return err
	}
	p := settingsPage{
		Heading: heading{Title: "Settings", Words: "How this installation is set up, and where each setting comes from. They are changed in .env or the environment, and count from the next start; secrets are not shown."},
		Tried:   try, Health: h, Form: newForm(), Test: "Test the connection to the mail server",
	}
	if s.Config.MailTransport == config.Maildir {
		p.Test = "Test the folder that mail goes to"
	}
	if s.Config.MailTransport == config.SES {
		p.Test = "Test the connection to Amazon SES"
	}
	if s.SESList != nil {
		p.Heading.Actions = []link{{"Amazon SES's list", sesListPath}}
	}
	for _, g := range s.Config.Described() {
		group := settingGroup{Title: g.Title, ID: strings.ToLower(strings.ReplaceAll(g.Title, " ", "-"))}
		for _, k := range g.Settings {
			group.Rows = append(group.Rows, settingRow{k.Name, k.Value, k.Doc, sourceBadge(k.Source)})
		}
		p.Groups = append(p.Groups, group)
	}
	return v.page("settings", "Settings", p)
}

// sourceBadge says where a setting comes from.
func sourceBadge(source string) badge {
	switch {
	case source == "" || source == "default":
		return badge{"quiet", "Default"}
	case source == "environment":
		return badge{"info", "Environment"}
	}
	return badge{"good", sentenceWord(source)} // .env, or a file
}
