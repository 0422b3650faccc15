-- A campaign's later steps are reminders: each goes to those who were sent the
-- first letter, so many days after it. Its schedule says when it looks next for
-- whom it is due; it is made when the first letters are released.
ALTER TABLE steps ADD COLUMN after_days INTEGER NOT NULL DEFAULT 0 CHECK (after_days BETWEEN 0 AND 365);
ALTER TABLE steps ADD COLUMN schedule_id BIGINT REFERENCES schedules (id);
CREATE UNIQUE INDEX steps_schedule ON steps (schedule_id) WHERE schedule_id IS NOT NULL;

-- Who was left out is listed by reason.
DROP INDEX left_out_reason;
CREATE INDEX left_out_reason ON left_out (step_id, reason, patient_id);

-- What ended otherwise than sent is counted by reason.
DROP INDEX messages_ended;
CREATE INDEX messages_ended ON messages (run_id, state, reason) WHERE state >= 50;

-- Campaigns are listed by state.
CREATE INDEX campaigns_state ON campaigns (state, id);
