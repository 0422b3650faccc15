package seed

import (
	"context"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/store"
)

// How campaigns stand in the end, and of ten thousand messages up to which number
// they are sent, failed, skipped, deferred, uncertain, cancelled; the rest waits.
var (
	finished  = store.SeedCampaign{State: studymail.Finished, Over: 6 * time.Hour, UpTo: [6]int{9400, 9700, 9996, 9996, 10_000, 10_000}}
	cancelled = store.SeedCampaign{State: studymail.CampaignCanceled, Over: 2 * time.Hour, UpTo: [6]int{6000, 6150, 6400, 6400, 6401, 10_000}}
	paused    = store.SeedCampaign{State: studymail.Paused, Over: 3 * time.Hour, UpTo: [6]int{5000, 5100, 5300, 5500, 5502, 5502}}
	running   = store.SeedCampaign{State: studymail.Running, Over: 3 * time.Hour, UpTo: [6]int{7000, 7200, 7400, 7800, 7802, 7802}}
	canary    = store.SeedCampaign{State: studymail.Running, Campaign: studymail.Campaign{Canary: studymail.Canary{First: 500, Wait: time.Hour}}}
	halted    = store.SeedCampaign{State: studymail.Paused, Halt: studymail.HaltHard, Over: 3 * time.Hour, UpTo: [6]int{5000, 5400, 5600, 5800, 5801, 5801}}
)

// campaigns makes as many rounds of campaigns to every study as the messages need.
func (f *filler) campaigns(ctx context.Context) error {
	now, rounds := f.Now(), (f.Messages+f.Patients-1)/f.Patients
	for left, round := f.Messages, 0; left > 0; round++ {
		share := min(tenThou, (left*tenThou+f.Patients-1)/f.Patients)
		last := left <= f.Patients
		for i := range f.studies {
			c := finished
			switch {
			case last && i%5 == 1:
				c = running
			case last && i%5 == 2:
				c = paused
			case last && i%5 == 3:
				c = canary
			case last && i%5 == 4:
				c = halted
			case (round+i)%9 == 8:
				c = cancelled
			}
			c.Share = share
			// One after the other, as row keys are: the last round is of the last six days.
			over, before := 60*24*time.Hour, time.Duration((rounds-round)*len(f.studies)-i)
			if last {
				over, before = 6*24*time.Hour*time.Duration(rounds), time.Duration(len(f.studies)-i)
			}
			c.At = now.Add(-over*before/time.Duration(rounds*len(f.studies)) - 7*time.Hour).Truncate(time.Second)
			c.Campaign.Name, c.Campaign.Study, c.Campaign.State = fmt.Sprintf("Round %d of %s", round+1, f.studies[i].Name), f.studies[i].Key, studymail.Draft
			if err := f.campaign(ctx, &c, f.versions[round%len(f.versions)]); err != nil {
				return err
			}
		}
		left -= f.Patients
	}
	return nil
}

func (f *filler) campaign(ctx context.Context, c *store.SeedCampaign, version int64) error {
	var from, to, planned int64
	err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		one := *c // Write may call again
		if err = tx.BeginSeedCampaign(ctx, &one, version); err != nil {
			return err
		}
		from, to, err = tx.SeedRange(ctx, c.Campaign.Study)
		*c = one
		return err
	})
	for ; err == nil && from < to; from += messages {
		var n int64
		err = f.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if n, err = tx.SeedMessages(ctx, c, from, min(from+messages, to)); err != nil {
				return err
			}
			return tx.SeedFeedback(ctx, c, from, min(from+messages, to))
		})
		planned += n
		f.far(int(n))
	}
	if err != nil {
		return err
	}
	f.res.Campaigns++
	f.res.Messages += planned
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.EndSeedCampaign(ctx, c, planned); err != nil {
			return err
		}
		return tx.SeedCameBack(ctx, c)
	})
}

// schedules gives some drafts a time, and the housekeeping a past.
func (f *filler) schedules(ctx context.Context) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		for i := range f.studies[:min(len(f.studies), 12)] {
			c := studymail.Campaign{Name: "Newcomers of " + f.studies[i].Name, Study: f.studies[i].Key, State: studymail.Draft}
			if _, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &c, TemplateVersion: f.versions[0]}); err != nil {
				return err
			}
			s := studymail.Schedule{
				Name: c.Name + " (" + c.ID.String() + ")", Job: studymail.CampaignJob, Kind: studymail.Cron, Expr: fmt.Sprintf("%d 9 * * %d", i*5%60, i%5+1), Zone: "Europe/London",
				Enabled: i%3 != 2, Missed: studymail.MissedRunOnce, MissedWithin: 24 * time.Hour, Overlap: studymail.OverlapAllow,
			}
			if err := tx.AddSchedule(ctx, &s); err != nil {
				return err
			}
			if err := tx.GiveDraftSchedule(ctx, c.ID, s.Key); err != nil {
				return err
			}
			if s.Enabled {
				if err := tx.MoveCampaign(ctx, &c, studymail.Scheduled); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// The past of an installation, besides its letters.
const (
	pastImports  = 400
	oddFeedback  = 3000 // mails that nobody understood
	oddPerPeople = 300  // … but of so many patients one
)

// past writes what pages show besides patients, campaigns and messages.
func (f *filler) past(ctx context.Context) error {
	err := f.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SeedOddFeedback(ctx, min(oddFeedback, f.Patients/oddPerPeople)); err != nil {
			return err
		}
		if err := tx.SeedImports(ctx, f.studies, min(pastImports, f.Patients/100)); err != nil {
			return err
		}
		return tx.SeedScheduleRuns(ctx)
	})
	if err != nil {
		return err
	}
	return f.Store.SeedFigures(ctx)
}

// end writes events, counts anew, and disarms sending.
func (f *filler) end(ctx context.Context) error {
	for i := range f.studies {
		var from, to int64
		err := f.Store.Read(ctx, func(tx *store.Tx) (err error) {
			from, to, err = tx.SeedRange(ctx, f.studies[i].Key)
			return err
		})
		for ; err == nil && from < to; from += messages {
			err = f.Store.Write(ctx, func(tx *store.Tx) error { return tx.SeedEvents(ctx, from, min(from+messages, to)) })
		}
		if err != nil {
			return err
		}
	}
	if err := f.Store.EndSeed(ctx); err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		_, _, err := tx.Disarm(ctx, studymail.ByHand, "invented data", f.Actor)
		return err
	})
}
