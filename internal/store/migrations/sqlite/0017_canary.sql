-- A campaign may begin with a few of its letters: a run of its own (part 1). The
-- run of the rest (part 2) is planned at once and held until they are handed over
-- and some time has passed (goes_at).
ALTER TABLE campaigns ADD COLUMN canary INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN canary_wait INTEGER NOT NULL DEFAULT 0; -- milliseconds
ALTER TABLE runs ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)); -- released, but for this
ALTER TABLE runs ADD COLUMN goes_at INTEGER;
