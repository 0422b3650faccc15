-- Retries are found without reading the fresh messages of a run, and the other
-- way round: each has a part of the index of its own. The expression is that of
-- store.tried.
DROP INDEX messages_queued;
CREATE INDEX messages_queued ON messages (run_id, (CASE WHEN tries = 0 THEN 0 ELSE 1 END), next_attempt_at, id) WHERE state = 10;

-- When mail may leave: hours, their zone, days on which it may not. open_from
-- and open_until are the time in which it may now, or the next one; whoever
-- works keeps it up to date. Once it has passed, nothing leaves until that is
-- done. 253402300799999 is the end of 9999: without hours there is no limit.
-- recall_at is when the hours were edited, while messages that wait for the old
-- ones have yet to be looked at again; 0: they have been.
ALTER TABLE studies ADD COLUMN send_hours TEXT NOT NULL DEFAULT '';
ALTER TABLE studies ADD COLUMN send_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE studies ADD COLUMN closed_on TEXT NOT NULL DEFAULT '';
ALTER TABLE studies ADD COLUMN open_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE studies ADD COLUMN open_until INTEGER NOT NULL DEFAULT 253402300799999;
ALTER TABLE studies ADD COLUMN recall_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN send_hours TEXT NOT NULL DEFAULT '';
ALTER TABLE providers ADD COLUMN send_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE providers ADD COLUMN closed_on TEXT NOT NULL DEFAULT '';
ALTER TABLE providers ADD COLUMN open_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN open_until INTEGER NOT NULL DEFAULT 253402300799999;
ALTER TABLE providers ADD COLUMN recall_at INTEGER NOT NULL DEFAULT 0;
