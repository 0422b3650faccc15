-- What comes back for mails, and what follows from it.

-- What came back for a message: a set of bits (studymail.CameBack). Sending does not
-- touch it. A message that is sent again begins with none.
ALTER TABLE messages ADD COLUMN came_back INTEGER NOT NULL DEFAULT 0;

-- One row for each mail, notification or click that came back, however often it
-- came. state: 10 waits for our own record of the hand-over, 20 applied, 30 kept for
-- a person to look at, 40 undone by a person.
CREATE TABLE feedback (
    id         BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid       BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    digest     BYTEA   NOT NULL UNIQUE, -- of what it says: the same by whichever way it comes
    message_id BIGINT  REFERENCES messages (id), -- NULL: of no message of ours
    source     TEXT    NOT NULL, -- by which way it came first
    format     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    class      TEXT    NOT NULL,
    code       TEXT    NOT NULL DEFAULT '',
    reply      INTEGER NOT NULL DEFAULT 0,
    diagnostic TEXT    NOT NULL DEFAULT '', -- scrubbed
    effect     TEXT    NOT NULL DEFAULT '', -- what followed, in words
    state      INTEGER NOT NULL CHECK (state IN (10, 20, 30, 40)),
    at         BIGINT  NOT NULL, -- when it came first
    times      INTEGER NOT NULL DEFAULT 1,
    applied_at BIGINT,
    seen_at    BIGINT, -- a person looked at it
    kept       BYTEA    -- the mail, sealed under the row's uuid; NULL: not kept, or no longer
);
CREATE INDEX feedback_message ON feedback (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX feedback_state ON feedback (state, at) WHERE state <> 20;
CREATE INDEX feedback_at ON feedback (at);
CREATE INDEX feedback_kept ON feedback (at) WHERE kept IS NOT NULL;

-- The patients that a feedback changed, and how they stood before: to undo it.
CREATE TABLE feedback_patients (
    feedback_id BIGINT  NOT NULL REFERENCES feedback (id),
    patient_id  BIGINT  NOT NULL REFERENCES patients (id),
    was         INTEGER NOT NULL,
    became      INTEGER NOT NULL,
    PRIMARY KEY (feedback_id, patient_id)
);

-- Of how many of a campaign's messages something came back, by its bit.
CREATE TABLE campaign_feedback (
    campaign_id BIGINT  NOT NULL REFERENCES campaigns (id),
    came        INTEGER NOT NULL,
    messages    BIGINT  NOT NULL,
    PRIMARY KEY (campaign_id, came)
);

-- Who wants no more mail than of one study: provider_id is 0 for none at all. Who is
-- added to a study later is asked for here.
CREATE TABLE opt_outs (
    person_id   BIGINT  NOT NULL REFERENCES people (id),
    provider_id BIGINT  NOT NULL,
    feedback_id BIGINT  NOT NULL REFERENCES feedback (id),
    at          BIGINT  NOT NULL,
    PRIMARY KEY (person_id, provider_id)
);

-- NULL: it came otherwise.
ALTER TABLE suppressions ADD COLUMN feedback_id BIGINT REFERENCES feedback (id);
CREATE INDEX suppressions_feedback ON suppressions (feedback_id) WHERE feedback_id IS NOT NULL;

-- Since when a person has this address: what came back for an earlier one says
-- nothing about it. NULL: since the beginning.
ALTER TABLE people ADD COLUMN email_at BIGINT;
CREATE FUNCTION note_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_at := NEW.updated_at;
    RETURN NEW;
END $$;
CREATE TRIGGER people_address BEFORE UPDATE OF email_hash ON people
    FOR EACH ROW WHEN (OLD.email_hash IS DISTINCT FROM NEW.email_hash) EXECUTE FUNCTION note_address();

-- A campaign that stopped by itself: why ('' for none), in words and numbers, and the
-- numbers that it had when a person let it go on, which count no more (JSON).
ALTER TABLE campaigns ADD COLUMN halt TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN halt_detail TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN halted_at BIGINT;
ALTER TABLE campaigns ADD COLUMN halt_base TEXT NOT NULL DEFAULT '';
