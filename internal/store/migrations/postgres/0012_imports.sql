-- Files of patients that were uploaded for a study, and what became of them. The file
-- lies in blocks, sealed with a data key of its own: without wrapped_key it cannot be
-- read any more. problems has rows, columns and reasons, never values; sample is sealed.
CREATE TABLE imports (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid          BYTEA NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    study_id      BIGINT NOT NULL REFERENCES studies (id),
    actor         TEXT NOT NULL,
    state         INTEGER NOT NULL CHECK (state IN (5, 10, 20, 30, 40, 50, 60, 70)),
    file_hash     BYTEA,
    bytes         BIGINT NOT NULL DEFAULT 0,
    wrapped_key   BYTEA,
    choices       TEXT NOT NULL DEFAULT '{}',
    result        TEXT NOT NULL DEFAULT '',
    problems      BYTEA,
    sample        BYTEA,
    stage         TEXT NOT NULL DEFAULT '',
    done          BIGINT NOT NULL DEFAULT 0,
    total         BIGINT NOT NULL DEFAULT 0,
    failure       TEXT NOT NULL DEFAULT '',
    claim         BYTEA,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    ended_at      BIGINT
);
CREATE INDEX imports_file ON imports (study_id, file_hash);
CREATE INDEX imports_open ON imports (state, id) WHERE state IN (5, 10, 20, 30, 40, 60);

CREATE TABLE import_blocks (
    import_id BIGINT NOT NULL REFERENCES imports (id),
    number    INTEGER NOT NULL,
    sealed    BYTEA NOT NULL,
    PRIMARY KEY (import_id, number)
);
-- What is sealed does not compress.
ALTER TABLE import_blocks ALTER COLUMN sealed SET STORAGE EXTERNAL;
