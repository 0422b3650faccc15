-- What is queued, by the name that it has on PostgreSQL, where it stands in a table of
-- its own. Here an index of messages finds it, and that costs little.
CREATE VIEW queued AS
    SELECT run_id, CASE WHEN tries = 0 THEN 0 ELSE 1 END AS tried, next_attempt_at, id AS message_id FROM messages WHERE state = 10;
