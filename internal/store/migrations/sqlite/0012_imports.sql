-- Files of patients that were uploaded for a study, and what became of them. The file
-- lies in blocks, sealed with a data key of its own: without wrapped_key it cannot be
-- read any more. problems has rows, columns and reasons, never values; sample is sealed.
CREATE TABLE imports (
    id            INTEGER PRIMARY KEY,
    uuid          BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    study_id      INTEGER NOT NULL REFERENCES studies (id),
    actor         TEXT NOT NULL,
    state         INTEGER NOT NULL CHECK (state IN (5, 10, 20, 30, 40, 50, 60, 70)),
    file_hash     BLOB,
    bytes         INTEGER NOT NULL DEFAULT 0,
    wrapped_key   BLOB,
    choices       TEXT NOT NULL DEFAULT '{}',
    result        TEXT NOT NULL DEFAULT '',
    problems      BLOB,
    sample        BLOB,
    stage         TEXT NOT NULL DEFAULT '',
    done          INTEGER NOT NULL DEFAULT 0,
    total         INTEGER NOT NULL DEFAULT 0,
    failure       TEXT NOT NULL DEFAULT '',
    claim         BLOB,
    claimed_until INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    ended_at      INTEGER
);
CREATE INDEX imports_file ON imports (study_id, file_hash);
CREATE INDEX imports_open ON imports (state, id) WHERE state IN (5, 10, 20, 30, 40, 60);

CREATE TABLE import_blocks (
    import_id INTEGER NOT NULL REFERENCES imports (id),
    number    INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (import_id, number)
);
