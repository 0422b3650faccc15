-- Members of staff, how they sign in, and from where something was done.
-- Their addresses and second factors are sealed; passwords are argon2id.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    uuid          BLOB    NOT NULL UNIQUE CHECK (length(uuid) = 16),
    email         BLOB    NOT NULL,
    email_hash    BLOB    NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('viewer', 'coordinator', 'sender', 'administrator')),
    active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    password      TEXT    NOT NULL DEFAULT '', -- '': cannot sign in before a password is set
    password_at   INTEGER,
    totp          BLOB, -- NULL: no second factor
    totp_on       INTEGER NOT NULL DEFAULT 0 CHECK (totp_on IN (0, 1)),
    totp_step     INTEGER NOT NULL DEFAULT 0, -- of the last code: none counts twice
    signed_in_at  INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
);

-- One row a browser. token is a hash: who reads this table cannot sign in.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    uuid       BLOB    NOT NULL UNIQUE CHECK (length(uuid) = 16),
    token      TEXT    NOT NULL UNIQUE,
    user_id    INTEGER REFERENCES users (id), -- NULL: nobody is signed in (yet)
    data       TEXT    NOT NULL,
    origin     TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Codes for who lost the phone; each is used once and then gone.
CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id),
    code    BLOB    NOT NULL, -- keyed hash
    PRIMARY KEY (user_id, code)
) WITHOUT ROWID;

-- Links by which a password is set, once. user_id NULL: makes the first administrator.
CREATE TABLE setup_links (
    token      BLOB    PRIMARY KEY, -- hash
    user_id    INTEGER REFERENCES users (id),
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- How much of their tries an account or a network address has used up: each try
-- puts the time on by a step, and none is allowed too far ahead of the clock.
CREATE TABLE sign_in_tries (
    who   BLOB    PRIMARY KEY, -- keyed hash
    ahead INTEGER NOT NULL
) WITHOUT ROWID;

-- Forms that acted: a second click finds the row and acts no more.
CREATE TABLE used_forms (
    token  BLOB    PRIMARY KEY CHECK (length(token) = 16),
    result TEXT    NOT NULL, -- the page that shows what the first one did
    at     INTEGER NOT NULL
) WITHOUT ROWID;

ALTER TABLE events ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- Lists of events come newest first, by time: found by who, by what, by both. SQLite's
-- indexes end with the row key by themselves.
CREATE INDEX events_at ON events (at);
CREATE INDEX events_actor ON events (actor, at);
CREATE INDEX events_action ON events (action, at);
CREATE INDEX events_actor_action ON events (actor, action, at);
