-- Retries are found without reading the fresh messages of a run, and the other
-- way round: each has a part of the index of its own. The expression is that of
-- store.tried.
DROP INDEX messages_queued;
CREATE INDEX messages_queued ON messages (run_id, (CASE WHEN tries = 0 THEN 0 ELSE 1 END), next_attempt_at, id) WHERE state = 10;
