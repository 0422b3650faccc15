-- How fast a transport is given mail, for all workers together. Times in
-- nanoseconds, by one clock: SQLite's machine's, PostgreSQL's server's.
CREATE TABLE rates (
    transport      TEXT   PRIMARY KEY,
    -- The block of times for hand-overs that is being dealt out to the workers.
    block          INTEGER NOT NULL DEFAULT 0, -- its number
    block_start    INTEGER NOT NULL DEFAULT 0, -- the first time in it
    spacing        INTEGER NOT NULL DEFAULT 0, -- between two of them
    slots          INTEGER NOT NULL DEFAULT 0, -- how many it has: a power of two
    dealt          INTEGER NOT NULL DEFAULT 0, -- how many of them are given away
    askers         INTEGER NOT NULL DEFAULT 0, -- workers that asked for some
    askers_before  INTEGER NOT NULL DEFAULT 0, -- the same, of the block before
    -- A rate that was lowered because the server asked for it; NULL: none was.
    throttled_at   INTEGER,
    throttled_to   REAL NOT NULL DEFAULT 0, -- messages a second
    throttled_from REAL NOT NULL DEFAULT 0,
    -- What the provider says that the account may send; NULL: it says nothing.
    quota_at       INTEGER,
    quota_second   REAL NOT NULL DEFAULT 0,
    quota_day      INTEGER NOT NULL DEFAULT 0,
    quota_used     INTEGER NOT NULL DEFAULT 0, -- in the 24 hours before quota_at, by anybody
    quota_given    INTEGER NOT NULL DEFAULT 0  -- since, by us
) WITHOUT ROWID;

-- How many hand-overs were given leave to begin: the last minute, hour and day in
-- 120 parts each. Only for limits that are set.
CREATE TABLE rate_counts (
    transport TEXT   NOT NULL,
    span      INTEGER NOT NULL, -- seconds: 60, 3600, 86400
    at        INTEGER NOT NULL, -- the part's beginning, nanoseconds
    n         INTEGER NOT NULL,
    PRIMARY KEY (transport, span, at)
) WITHOUT ROWID;

-- How many mails of a campaign a worker saw taken, noted every few seconds and
-- kept for some minutes.
CREATE TABLE flows (
    at          INTEGER NOT NULL, -- milliseconds; what was taken since the note before
    worker_id   INTEGER NOT NULL REFERENCES workers (id) ON DELETE CASCADE,
    campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
    transport   TEXT   NOT NULL,
    sent        INTEGER NOT NULL,
    PRIMARY KEY (at, worker_id, campaign_id)
) WITHOUT ROWID;

-- The connections of each worker; while its lease runs, they count as open.
CREATE TABLE connections (
    worker_id INTEGER PRIMARY KEY REFERENCES workers (id) ON DELETE CASCADE,
    transport TEXT   NOT NULL,
    open      INTEGER NOT NULL, -- that carry mail now
    taken     INTEGER NOT NULL, -- that it may open: taken from the others
    most      INTEGER NOT NULL  -- that it would open if it could
);
