package cli

import (
	"context"
	"errors"
	"fmt"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// demoStory is what the demo did for one study.
type demoStory struct {
	Study    string                   `json:"study"`
	Campaign studymail.ID             `json:"campaign"`
	Planned  int                      `json:"planned"`
	LeftOut  map[studymail.Reason]int `json:"left_out"`
	Messages []demoMessage            `json:"messages"`
}

type demoMessage struct {
	ID       studymail.ID        `json:"id"`
	Provider string              `json:"provider"`
	Contact  string              `json:"contact"`
	State    studymail.State     `json:"state"`
	Subject  string              `json:"subject"`
	Text     string              `json:"text"` // of invented people only: the demo may show it
	Tried    []studymail.Attempt `json:"tried"`
}

// demoSend sends the invitation to each study, with workers of its own.
func (e *env) demoSend(ctx context.Context, a *app.App) ([]demoStory, error) {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served, up := make(chan error, 1), make(chan struct{})
	go func() {
		served <- a.Serve(serving, app.Parts{Mode: "demo", Workers: true}, func(string) { close(up) })
	}()
	select {
	case <-up:
	case err := <-served:
		return nil, err
	}
	planner, err := a.Planner()
	if err != nil {
		return nil, err
	}
	var stories []demoStory
	for _, s := range demoStudies() {
		c, err := planner.Create(ctx, audience.New{Study: s[0], Template: demoTemplate}, e.actor())
		if err != nil {
			return nil, err
		}
		res, err := planner.Start(ctx, c.ID, e.actor(), nil)
		if err != nil {
			return nil, err
		}
		if err := e.follow(ctx, &job{App: a}, planner, c.ID); err != nil {
			return nil, err
		}
		stories = append(stories, demoStory{Study: s[0], Campaign: c.ID, Planned: res.Planned, LeftOut: res.LeftOut})
	}
	stop()
	if err := <-served; err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	for i := range stories {
		if err := e.demoMessages(ctx, a, &stories[i]); err != nil {
			return nil, err
		}
	}
	return stories, nil
}

func (e *env) demoMessages(ctx context.Context, a *app.App, story *demoStory) error {
	return a.Store.Read(ctx, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(ctx, store.MessageFilter{Campaign: story.Campaign, Limit: 100})
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			d := demoMessage{ID: m.ID, State: m.State}
			providers, err := tx.ProvidersByKey(ctx, []int64{m.Provider})
			if err != nil {
				return err
			}
			d.Provider, d.Contact = providers[0].Name, providers[0].Contact
			if d.Tried, err = tx.Attempts(ctx, m.Key); err != nil {
				return err
			}
			version, err := tx.TemplateVersionByKey(ctx, m.VersionKey)
			if err != nil {
				return err
			}
			parts, err := a.Letterbox().PartsAsSent(m, &version)
			if err != nil {
				return err
			}
			d.Subject, d.Text = parts.Subject, parts.Text
			story.Messages = append(story.Messages, d)
		}
		return nil
	})
}

func (e *env) tellDemo(stories []demoStory) error {
	if e.asJSON {
		return e.print(stories)
	}
	sent := 0
	if err := e.say("Three care providers, three studies, and in Study A four people who must not be mailed.\n"); err != nil {
		return err
	}
	for _, s := range stories {
		if err := e.say("%s: %s planned, %d left out", s.Study, count(s.Planned, "letter"), total(s.LeftOut)); err != nil {
			return err
		}
		if err := e.sayLeftOut(s.LeftOut); err != nil {
			return err
		}
		for _, m := range s.Messages {
			if m.State == studymail.Sent {
				sent++
			}
			if err := e.tellMessage(m); err != nil {
				return err
			}
		}
	}
	return e.say("%s sent. They went into a folder: nothing left this machine.\nTo look into the database and the mails: `studymail demo --keep`. To begin: `studymail init`.", count(sent, "mail"))
}

func (e *env) tellMessage(m demoMessage) error {
	if err := e.say("\n  Message %s from %s (%s): %s", m.ID, m.Provider, m.Contact, m.State); err != nil {
		return err
	}
	for _, a := range m.Tried {
		if err := e.say("    attempt %d: %s by %s in %d ms", a.Number, a.Outcome, a.Transport, a.TookMS); err != nil {
			return err
		}
	}
	return e.say("%s", indent(fmt.Sprintf("Subject: %s\n\n%s", m.Subject, m.Text), "    | ")+"\n")
}
