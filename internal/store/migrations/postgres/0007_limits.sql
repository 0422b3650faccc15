-- How fast a transport is given mail, for all workers together. Times in
-- nanoseconds, by one clock: SQLite's machine's, PostgreSQL's server's.
CREATE TABLE rates (
    transport      TEXT   PRIMARY KEY,
    -- The block of times for hand-overs that is being dealt out to the workers.
    block          BIGINT NOT NULL DEFAULT 0, -- its number
    block_start    BIGINT NOT NULL DEFAULT 0, -- the first time in it
    spacing        BIGINT NOT NULL DEFAULT 0, -- between two of them
    slots          BIGINT NOT NULL DEFAULT 0, -- how many it has: a power of two
    dealt          BIGINT NOT NULL DEFAULT 0, -- how many of them are given away
    askers         BIGINT NOT NULL DEFAULT 0, -- workers that asked for some
    askers_before  BIGINT NOT NULL DEFAULT 0, -- the same, of the block before
    -- A rate that was lowered because the server asked for it; NULL: none was.
    throttled_at   BIGINT,
    throttled_to   DOUBLE PRECISION NOT NULL DEFAULT 0, -- messages a second
    throttled_from DOUBLE PRECISION NOT NULL DEFAULT 0,
    -- What the provider says that the account may send; NULL: it says nothing.
    quota_at       BIGINT,
    quota_second   DOUBLE PRECISION NOT NULL DEFAULT 0,
    quota_day      BIGINT NOT NULL DEFAULT 0,
    quota_used     BIGINT NOT NULL DEFAULT 0, -- in the 24 hours before quota_at, by anybody
    quota_given    BIGINT NOT NULL DEFAULT 0  -- since, by us
);

-- How many hand-overs were given leave to begin: the last minute, hour and day in
-- 120 parts each. Only for limits that are set.
CREATE TABLE rate_counts (
    transport TEXT   NOT NULL,
    span      BIGINT NOT NULL, -- seconds: 60, 3600, 86400
    at        BIGINT NOT NULL, -- the part's beginning, nanoseconds
    n         BIGINT NOT NULL,
    PRIMARY KEY (transport, span, at)
);

-- How many mails of a campaign a worker saw taken, noted every few seconds and
-- kept for some minutes.
CREATE TABLE flows (
    at          BIGINT NOT NULL, -- milliseconds; what was taken since the note before
    worker_id   BIGINT NOT NULL REFERENCES workers (id) ON DELETE CASCADE,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    transport   TEXT   NOT NULL,
    sent        BIGINT NOT NULL,
    PRIMARY KEY (at, worker_id, campaign_id)
);

-- The connections of each worker; while its lease runs, they count as open.
CREATE TABLE connections (
    worker_id BIGINT PRIMARY KEY REFERENCES workers (id) ON DELETE CASCADE,
    transport TEXT   NOT NULL,
    open      BIGINT NOT NULL, -- that carry mail now
    taken     BIGINT NOT NULL, -- that it may open: taken from the others
    most      BIGINT NOT NULL  -- that it would open if it could
);
