-- A campaign's numbers without reading all its messages: how many were planned
-- stands with the run, those that wait are in small indexes, so are those that
-- ended otherwise than sent; the rest was sent.
ALTER TABLE runs ADD COLUMN planned INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET planned = (SELECT count(*) FROM messages m WHERE m.run_id = runs.id);
CREATE INDEX messages_ended ON messages (run_id, state) WHERE state >= 50;
CREATE INDEX left_out_reason ON left_out (step_id, reason);
