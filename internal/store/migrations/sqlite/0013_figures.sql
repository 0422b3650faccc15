-- How many of what there were in a span of time, for charts: counted by whoever
-- did it, and noted every few seconds. span is in seconds: 60 (kept a day), 900
-- (kept a month), 86400 (kept for good; at is the day's beginning in the
-- installation's zone).
CREATE TABLE figures (
    span INTEGER NOT NULL CHECK (span IN (60, 900, 86400)),
    at   INTEGER NOT NULL,
    what TEXT    NOT NULL CHECK (what <> ''),
    n    INTEGER NOT NULL,
    PRIMARY KEY (span, at, what)
) WITHOUT ROWID;

-- What was sent and what failed before there were figures, by days of UTC.
INSERT INTO figures (span, at, what, n)
    SELECT 86400, sent_at / 86400000 * 86400000, 'sent', count(*) FROM messages WHERE sent_at IS NOT NULL GROUP BY 2;
INSERT INTO figures (span, at, what, n)
    SELECT 86400, updated_at / 86400000 * 86400000, 'failed', count(*) FROM messages WHERE state = 50 GROUP BY 2;

-- Those that wait for a person are counted on the first page that anybody sees.
CREATE INDEX messages_uncertain ON messages (updated_at) WHERE state = 70;
