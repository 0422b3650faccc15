-- The pages of what came back: its lists by each filter, and what holds a patient.

-- Each leads to its rows in order, and has what the other filters ask: a count reads nothing else.
CREATE INDEX feedback_class ON feedback (class, id, source, state, seen_at);
CREATE INDEX feedback_kind ON feedback (kind, id, class, source, state, seen_at);
CREATE INDEX feedback_source ON feedback (source, id, state, seen_at);
CREATE INDEX feedback_patients_patient ON feedback_patients (patient_id);
CREATE INDEX opt_outs_feedback ON opt_outs (feedback_id);

-- Messages that are sent again, many at once, by a job: which (filter, JSON of row keys,
-- UUIDs and words of ours), how many they were when it began, and how far it is. state:
-- 10 goes on, 20 done. left_as: how many stay as they are, by reason (JSON).
CREATE TABLE resends (
    id         INTEGER PRIMARY KEY,
    uuid       BLOB    NOT NULL UNIQUE CHECK (length(uuid) = 16),
    actor      TEXT    NOT NULL,
    filter     TEXT    NOT NULL,
    state      INTEGER NOT NULL CHECK (state IN (10, 20)),
    total      INTEGER NOT NULL,
    behind     INTEGER NOT NULL DEFAULT 0, -- row key of the last message that was looked at
    looked     INTEGER NOT NULL DEFAULT 0,
    queued     INTEGER NOT NULL DEFAULT 0,
    left_as    TEXT    NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
);
