-- Members of staff, how they sign in, and from where something was done.
-- Their addresses and second factors are sealed; passwords are argon2id.
CREATE TABLE users (
    id            BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid          BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    email         BYTEA   NOT NULL,
    email_hash    BYTEA   NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('viewer', 'coordinator', 'sender', 'administrator')),
    active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    password      TEXT    NOT NULL DEFAULT '', -- '': cannot sign in before a password is set
    password_at   BIGINT,
    totp          BYTEA, -- NULL: no second factor
    totp_on       INTEGER NOT NULL DEFAULT 0 CHECK (totp_on IN (0, 1)),
    totp_step     BIGINT  NOT NULL DEFAULT 0, -- of the last code: none counts twice
    signed_in_at  BIGINT,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL
);

-- One row a browser. token is a hash: who reads this table cannot sign in.
CREATE TABLE sessions (
    id         BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid       BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    token      TEXT    NOT NULL UNIQUE,
    user_id    BIGINT  REFERENCES users (id), -- NULL: nobody is signed in (yet)
    data       TEXT    NOT NULL,
    origin     TEXT    NOT NULL DEFAULT '',
    created_at BIGINT  NOT NULL,
    seen_at    BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Codes for who lost the phone; each is used once and then gone.
CREATE TABLE recovery_codes (
    user_id BIGINT  NOT NULL REFERENCES users (id),
    code    BYTEA   NOT NULL, -- keyed hash
    PRIMARY KEY (user_id, code)
);

-- Links by which a password is set, once. user_id NULL: makes the first administrator.
CREATE TABLE setup_links (
    token      BYTEA   PRIMARY KEY, -- hash
    user_id    BIGINT  REFERENCES users (id),
    expires_at BIGINT  NOT NULL
);

-- How much of their tries an account or a network address has used up: each try
-- puts the time on by a step, and none is allowed too far ahead of the clock.
CREATE TABLE sign_in_tries (
    who   BYTEA   PRIMARY KEY, -- keyed hash
    ahead BIGINT  NOT NULL
);

-- Forms that acted: a second click finds the row and acts no more.
CREATE TABLE used_forms (
    token  BYTEA   PRIMARY KEY CHECK (octet_length(token) = 16),
    result TEXT    NOT NULL, -- the page that shows what the first one did
    at     BIGINT  NOT NULL
);

ALTER TABLE events ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- Lists of events come newest first, by time: found by who, by what, by both.
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_actor ON events (actor, at, id);
CREATE INDEX events_action ON events (action, at, id);
CREATE INDEX events_actor_action ON events (actor, action, at, id);
