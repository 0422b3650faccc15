-- Whether mail may leave at all. One row.
--
-- The counter goes on with each sign of life of a worker, here and then in a file
-- of that machine's STATE_DIR: a database that is behind such a file was restored
-- from a copy. home is where it was when a worker last ran on it: one that turns
-- up elsewhere is a copy. Both disarm it until a person arms it.
CREATE TABLE arming (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    database_uuid BYTEA   NOT NULL CHECK (octet_length(database_uuid) = 16), -- a copy has the same
    counter       BIGINT  NOT NULL DEFAULT 0,
    advanced_at   BIGINT, -- when the counter last went on
    home          TEXT    NOT NULL DEFAULT '', -- JSON; '': no worker ran on it yet
    armed         INTEGER NOT NULL DEFAULT 1 CHECK (armed IN (0, 1)),
    reason        TEXT    NOT NULL DEFAULT '', -- restored, copied, backup, by hand, state damaged
    note          TEXT    NOT NULL DEFAULT '', -- an operator's words, scrubbed
    since         BIGINT, -- disarmed since
    copied_at     BIGINT, -- its last sign of life before that was noticed
    CHECK (armed = 1 AND reason = '' AND since IS NULL OR armed = 0 AND reason <> '' AND since IS NOT NULL)
);

-- The end of the keys' proof is random, and an older backup of this database has
-- it, too: so that one is known as the same database when it is restored.
INSERT INTO arming (id, database_uuid)
    SELECT 1, coalesce((SELECT substr(value, octet_length(value) - 15) FROM meta WHERE name = 'key_proof' AND octet_length(value) >= 32),
        decode(replace(gen_random_uuid()::text, '-', ''), 'hex'));
