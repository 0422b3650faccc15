package store_test

import (
	"fmt"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// manyQueued are the messages of BenchmarkClaim.
const manyQueued = 1_000_000

// cloned makes many queued messages from one person's: what sealing would take
// an hour for.
var cloned = map[store.Kind][]string{
	store.SQLite: {
		`WITH RECURSIVE n(i) AS (SELECT %[1]d UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d)
			INSERT INTO people (id, uuid, wrapped_key, details, email_hash, created_at, updated_at)
			SELECT i, randomblob(16), wrapped_key, details, randomblob(16), created_at, updated_at FROM n, people WHERE id = 1`,
		`INSERT INTO patients (id, uuid, person_id, study_id, provider_id, created_at, updated_at)
			SELECT id, randomblob(16), id, 1, 1, created_at, updated_at FROM people WHERE id >= %[1]d AND id <= %[2]d`,
		`INSERT INTO messages (id, uuid, step_id, run_id, patient_id, attempt_limit, next_attempt_at, expires_at, created_at, updated_at)
			SELECT p.id, randomblob(16), step_id, run_id, p.id, attempt_limit, next_attempt_at, expires_at, m.created_at, m.updated_at
			FROM messages m, patients p WHERE m.id = 1 AND p.id >= %[1]d AND p.id <= %[2]d`,
	},
	store.Postgres: {
		`INSERT INTO people (id, uuid, wrapped_key, details, email_hash, created_at, updated_at) OVERRIDING SYSTEM VALUE
			SELECT i, uuid_send(gen_random_uuid()), wrapped_key, details, decode(md5(i::text), 'hex'), created_at, updated_at
			FROM people, generate_series(%[1]d, %[2]d) i WHERE id = 1`,
		`INSERT INTO patients (id, uuid, person_id, study_id, provider_id, created_at, updated_at) OVERRIDING SYSTEM VALUE
			SELECT id, uuid_send(gen_random_uuid()), id, 1, 1, created_at, updated_at FROM people WHERE id >= %[1]d AND id <= %[2]d`,
		`INSERT INTO messages (id, uuid, step_id, run_id, patient_id, attempt_limit, next_attempt_at, expires_at, created_at, updated_at) OVERRIDING SYSTEM VALUE
			SELECT p.id, uuid_send(gen_random_uuid()), step_id, run_id, p.id, attempt_limit, next_attempt_at, expires_at, m.created_at, m.updated_at
			FROM messages m, patients p WHERE m.id = 1 AND p.id >= %[1]d AND p.id <= %[2]d`,
	},
}

// BenchmarkClaim claims 500 at a time from a million that are queued: fresh ones
// alone, then with a backlog of retries, then with only retries left. Each must
// take the same time wherever in the run it happens:
//
//	go test ./internal/store -run xxx -bench Claim -benchtime 100x
func BenchmarkClaim(b *testing.B) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			s := storetest.Open(b, kind)
			worker := plannedMessage(b, s)
			cloneMessages(b, s, 2, manyQueued)
			n := int64(0)
			claims := func(name string, want store.Want, retries bool) {
				b.Run(name, func(b *testing.B) {
					for i := range b.N + 1 {
						if i == 1 {
							b.ResetTimer() // the first steps over what the change before it left in PostgreSQL's indexes
						}
						n++
						var res store.ClaimResult
						if err := s.Write(b.Context(), func(tx *store.Tx) (err error) {
							res, err = tx.Claim(b.Context(), store.ClaimToken(worker, n), want, "2026-06-15")
							return err
						}); err != nil {
							b.Fatal(err)
						}
						if len(res.Claimed) != want.Total {
							b.Fatalf("claimed %d of %d", len(res.Claimed), want.Total)
						}
						if first := res.Claimed[0].Turn; (first == studymail.RetryTurn) != retries {
							b.Fatalf("the first of the claim has turn %d", first)
						}
					}
				})
			}
			sqlExec(b, s, `UPDATE messages SET state = 40 WHERE id % 1000 = 999`) // some ended already
			claims("fresh", store.UpTo(500), false)
			sqlExec(b, s, `UPDATE messages SET tries = 1, next_attempt_at = next_attempt_at + 1000 WHERE state = 10 AND id % 5 = 0`)
			claims("beside retries", store.UpTo(500), true)
			sqlExec(b, s, `UPDATE messages SET tries = 1 WHERE state = 10 AND id < 900000`)
			claims("many retries", store.UpTo(500), true)
			sqlExec(b, s, `UPDATE messages SET tries = 1 WHERE state = 10`)
			claims("retries alone", store.UpTo(500), true)
			b.Run("is there ad hoc mail", func(b *testing.B) {
				for range b.N {
					if err := s.Read(b.Context(), func(tx *store.Tx) error {
						_, err := tx.AdHocWaits(b.Context())
						return err
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func sqlExec(b testing.TB, s *store.Store, query string) {
	b.Helper()
	if err := s.Write(b.Context(), func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(b.Context(), query)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}

// plannedMessage plans one message, and gives a worker's row key.
func plannedMessage(b testing.TB, s *store.Store) int64 {
	b.Helper()
	w := studymail.Worker{ID: studymail.NewID(), Host: "here", Version: "bench"}
	c := storetest.NewClinic(b, s)
	c.AddPatients(b, s, 0, 1)
	campaign := studymail.Campaign{Name: "many", Study: c.Study.Key, State: studymail.Draft}
	err := s.Write(b.Context(), func(tx *store.Tx) error {
		ctx := b.Context()
		if err := tx.AddWorker(ctx, &w, time.Hour); err != nil {
			return err
		}
		template := studymail.Template{Name: "Invitation"}
		version := studymail.TemplateVersion{Format: "markdown", Subject: "Hello", Body: "Hello"}
		if err := tx.AddTemplate(ctx, &template, &version); err != nil {
			return err
		}
		step, err := tx.AddCampaign(ctx, store.NewCampaign{Campaign: &campaign, TemplateVersion: version.Key})
		if err != nil {
			return err
		}
		if err := tx.MoveCampaign(ctx, &campaign, studymail.Running); err != nil {
			return err
		}
		run, err := tx.AddRun(ctx, step, studymail.WholeStep, 7, time.Hour)
		if err != nil {
			return err
		}
		if _, err := tx.PlanChunk(ctx, &run, &store.PlanRules{
			Today: "2026-06-15", Campaign: campaign.Key, Step: step.Key, Study: c.Study.Key, Template: template.Key,
			AttemptLimit: 3, ExpiresAfter: 120 * time.Hour, PlannerLease: time.Hour, PatientsAtOnce: 10,
		}); err != nil {
			return err
		}
		return tx.ReleaseRun(ctx, &run)
	})
	if err != nil {
		b.Fatal(err)
	}
	return w.Key
}

// cloneMessages makes more of the first, with row keys from one to another.
func cloneMessages(b testing.TB, s *store.Store, from, to int) {
	b.Helper()
	for _, query := range cloned[s.Kind()] {
		sqlExec(b, s, fmt.Sprintf(query, from, to))
	}
}
