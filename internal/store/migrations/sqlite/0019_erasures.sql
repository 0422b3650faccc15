-- Who was erased: UUIDs only. Every machine copies them to the log in its state
-- directory, which erases them again after an older backup was restored.
-- swept_at: when the last copies of what was sealed for them were gone, too.
CREATE TABLE erasures (
    id       INTEGER PRIMARY KEY,
    person   BLOB    NOT NULL UNIQUE CHECK (length(person) = 16),
    at       INTEGER NOT NULL,
    swept_at INTEGER
);
CREATE INDEX erasures_unswept ON erasures (id) WHERE swept_at IS NULL;

-- What servers answered is forgotten after a while: the oldest are found by this.
CREATE INDEX attempts_reply ON attempts (at) WHERE reply <> '';
CREATE INDEX feedback_diagnostic ON feedback (at) WHERE diagnostic <> '';
