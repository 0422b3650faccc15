-- Everything that studymail keeps. Times are milliseconds since 1970 in UTC,
-- UUIDs 16 bytes, flags 0 or 1; row keys are integers, and never leave the store.
-- The SQLite file of the same number has the same tables and columns.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

-- Filled from studymail.Reasons at each migration.
CREATE TABLE reasons (
    reason TEXT PRIMARY KEY
);

CREATE TABLE providers (
    id           BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid         BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    name         TEXT    NOT NULL CHECK (name <> ''),
    ods_code     TEXT    NOT NULL UNIQUE CHECK (length(ods_code) BETWEEN 1 AND 8 AND ods_code = upper(ods_code)),
    contact      TEXT    NOT NULL DEFAULT '',
    contact_name TEXT    NOT NULL DEFAULT '',
    from_name    TEXT    NOT NULL DEFAULT '',
    reply_to     TEXT    NOT NULL DEFAULT '',
    phone        TEXT    NOT NULL DEFAULT '',
    active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL
);

CREATE TABLE studies (
    id                   BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid                 BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    name                 TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    approval_reference   TEXT    NOT NULL DEFAULT '',
    from_name            TEXT    NOT NULL DEFAULT '',
    opens_on             TEXT    NOT NULL DEFAULT '', -- 2006-01-02, or '' for no limit
    closes_on            TEXT    NOT NULL DEFAULT '',
    active               INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    allow_shared_address INTEGER NOT NULL DEFAULT 0 CHECK (allow_shared_address IN (0, 1)),
    created_at           BIGINT  NOT NULL,
    updated_at           BIGINT  NOT NULL
);

-- details is sealed with the person's data key, which wrapped_key holds under
-- the master keyset. Erasing a person sets everything but id and uuid to NULL.
CREATE TABLE people (
    id            BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid          BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    wrapped_key   BYTEA,
    details       BYTEA,
    username_hash BYTEA   UNIQUE,
    email_hash    BYTEA,
    details_hash  BYTEA,
    missing       INTEGER NOT NULL DEFAULT 0 CHECK (missing BETWEEN 0 AND 7),
    revision      BIGINT  NOT NULL DEFAULT 1,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL,
    erased_at     BIGINT
);
CREATE INDEX people_email ON people (email_hash) WHERE email_hash IS NOT NULL;

CREATE TABLE patients (
    id          BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid        BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    person_id   BIGINT  NOT NULL REFERENCES people (id),
    study_id    BIGINT  NOT NULL REFERENCES studies (id),
    provider_id BIGINT  NOT NULL REFERENCES providers (id),
    status      INTEGER NOT NULL DEFAULT 0 CHECK (status IN (0, 10, 20, 30)),
    cancelled   INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 10, 20, 30, 40)),
    external_id BYTEA,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    UNIQUE (person_id, study_id)
);
CREATE INDEX patients_study ON patients (study_id, id);

CREATE TABLE suppressions (
    id         BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid       BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    email_hash BYTEA   NOT NULL UNIQUE,
    reason     TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);

CREATE TABLE templates (
    id         BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid       BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    name       TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    archived   INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
    created_at BIGINT  NOT NULL
);

CREATE TABLE template_versions (
    id          BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid        BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    template_id BIGINT  NOT NULL REFERENCES templates (id),
    number      INTEGER NOT NULL CHECK (number > 0),
    format      TEXT    NOT NULL CHECK (format IN ('markdown', 'html')),
    subject     TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    UNIQUE (template_id, number)
);

CREATE TABLE schedules (
    id               BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid             BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    name             TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    job              TEXT    NOT NULL CHECK (job IN ('campaign', 'retry_sweep', 'stuck_sweep', 'retention_purge')),
    builtin          INTEGER NOT NULL DEFAULT 0 CHECK (builtin IN (0, 1)),
    kind             TEXT    NOT NULL CHECK (kind IN ('cron', 'interval', 'once')),
    expr             TEXT    NOT NULL,
    zone             TEXT    NOT NULL,
    enabled          INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    starts_at        BIGINT,
    ends_at          BIGINT,
    missed           TEXT    NOT NULL DEFAULT 'run_once' CHECK (missed IN ('skip', 'run_once')),
    missed_within_ms BIGINT  NOT NULL DEFAULT 3600000,
    overlap          TEXT    NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'allow')),
    next_run_at      BIGINT, -- NULL: never again, or disabled
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE TABLE schedule_runs (
    id          BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid        BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    schedule_id BIGINT  NOT NULL REFERENCES schedules (id),
    due_at      BIGINT, -- NULL: by hand
    fired_at    BIGINT  NOT NULL,
    ended_at    BIGINT,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('waiting', 'running', 'done', 'failed', 'missed', 'overlapped')),
    detail      TEXT    NOT NULL DEFAULT '', -- counts and codes only
    UNIQUE (schedule_id, due_at)
);

CREATE TABLE campaigns (
    id          BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid        BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    name        TEXT    NOT NULL,
    study_id    BIGINT  REFERENCES studies (id), -- NULL: ad hoc
    ad_hoc      INTEGER NOT NULL DEFAULT 0 CHECK (ad_hoc IN (0, 1)),
    again       INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
    state       INTEGER NOT NULL CHECK (state IN (0, 10, 20, 30, 40, 50)),
    schedule_id BIGINT  REFERENCES schedules (id),
    created_at  BIGINT  NOT NULL,
    started_at  BIGINT,
    ended_at    BIGINT
);

-- No row for a campaign: all care providers.
CREATE TABLE campaign_providers (
    campaign_id BIGINT  NOT NULL REFERENCES campaigns (id),
    provider_id BIGINT  NOT NULL REFERENCES providers (id),
    PRIMARY KEY (campaign_id, provider_id)
);

-- The patients of an ad hoc campaign.
CREATE TABLE campaign_patients (
    campaign_id BIGINT  NOT NULL REFERENCES campaigns (id),
    patient_id  BIGINT  NOT NULL REFERENCES patients (id),
    PRIMARY KEY (campaign_id, patient_id)
);

CREATE TABLE steps (
    id                  BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid                BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    campaign_id         BIGINT  NOT NULL REFERENCES campaigns (id),
    number              INTEGER NOT NULL CHECK (number > 0),
    template_version_id BIGINT  NOT NULL REFERENCES template_versions (id),
    UNIQUE (campaign_id, number)
);

CREATE TABLE runs (
    id            BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid          BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    step_id       BIGINT  NOT NULL REFERENCES steps (id),
    campaign_id   BIGINT  NOT NULL REFERENCES campaigns (id),
    state         INTEGER NOT NULL CHECK (state IN (10, 20, 30)),
    cursor        BIGINT  NOT NULL DEFAULT 0,
    planner_token BIGINT  NOT NULL DEFAULT 0,
    planner_until BIGINT  NOT NULL DEFAULT 0,
    created_at    BIGINT  NOT NULL,
    released_at   BIGINT,
    ended_at      BIGINT
);
CREATE INDEX runs_campaign ON runs (campaign_id);
CREATE INDEX runs_open ON runs (state) WHERE state < 30;

-- One row a patient and step: the latest reason counts.
CREATE TABLE left_out (
    step_id    BIGINT  NOT NULL REFERENCES steps (id),
    patient_id BIGINT  NOT NULL REFERENCES patients (id),
    run_id     BIGINT  NOT NULL REFERENCES runs (id),
    reason     TEXT    NOT NULL REFERENCES reasons (reason),
    PRIMARY KEY (step_id, patient_id)
);

-- state: 10 queued, 15 claimed, 30 deferred, 40 sent, 50 failed, 60 skipped,
-- 70 uncertain, 80 cancelled. "Sending" is claimed and in an open window.
CREATE TABLE messages (
    id              BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid            BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    step_id         BIGINT  NOT NULL REFERENCES steps (id),
    run_id          BIGINT  NOT NULL REFERENCES runs (id),
    patient_id      BIGINT  NOT NULL REFERENCES patients (id),
    state           INTEGER NOT NULL DEFAULT 10 CHECK (state IN (10, 15, 30, 40, 50, 60, 70, 80)),
    reason          TEXT    REFERENCES reasons (reason),
    tries           INTEGER NOT NULL DEFAULT 0, -- rows in attempts
    attempts        INTEGER NOT NULL DEFAULT 0, -- those that count
    attempt_limit   INTEGER NOT NULL CHECK (attempt_limit > 0),
    losses          INTEGER NOT NULL DEFAULT 0,
    next_attempt_at BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    claim_token     BIGINT  NOT NULL DEFAULT 0,
    merged          BYTEA,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    sent_at         BIGINT,
    UNIQUE (step_id, patient_id),
    CHECK (attempts <= attempt_limit)
);
CREATE INDEX messages_patient ON messages (patient_id);
CREATE INDEX messages_queued ON messages (run_id, next_attempt_at, id) WHERE state = 10;
CREATE INDEX messages_claimed ON messages (run_id, claim_token) WHERE state = 15;
CREATE INDEX messages_deferred ON messages (run_id, next_attempt_at) WHERE state = 30;

CREATE TABLE attempts (
    message_id BIGINT  NOT NULL REFERENCES messages (id),
    number     INTEGER NOT NULL CHECK (number > 0),
    counts     INTEGER NOT NULL CHECK (counts IN (0, 1)),
    at         BIGINT  NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 10),
    code       INTEGER NOT NULL DEFAULT 0,
    enhanced   TEXT    NOT NULL DEFAULT '',
    stage      TEXT    NOT NULL DEFAULT '',
    reply      TEXT    NOT NULL DEFAULT '',
    transport  TEXT    NOT NULL,
    took_ms    BIGINT  NOT NULL,
    PRIMARY KEY (message_id, number)
);

-- A worker's row key is part of its claim tokens: never used again.
CREATE TABLE workers (
    id           BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid         BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    host         TEXT    NOT NULL,
    boot_id      TEXT    NOT NULL,
    pid          INTEGER NOT NULL,
    version      TEXT    NOT NULL,
    started_at   BIGINT  NOT NULL,
    heartbeat_at BIGINT  NOT NULL,
    lease_until  BIGINT  NOT NULL,
    stopped_at   BIGINT,
    -- 1: stopped in order, or its lock was found free; 0: at most its lease is over.
    proven_dead  INTEGER NOT NULL DEFAULT 0 CHECK (proven_dead IN (0, 1))
);
CREATE INDEX workers_alive ON workers (lease_until) WHERE stopped_at IS NULL;

-- An open hand-over window: the messages that a connection is about to hand
-- over. The row goes when its outcomes are recorded.
CREATE TABLE windows (
    id        BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    worker_id BIGINT  NOT NULL REFERENCES workers (id),
    opened_at BIGINT  NOT NULL,
    members   TEXT    NOT NULL, -- JSON array of messages' row keys
    merged    TEXT    NOT NULL  -- JSON array: what was merged into each, sealed, hex
);
CREATE INDEX windows_worker ON windows (worker_id);

CREATE TABLE transports (
    name     TEXT    PRIMARY KEY,
    state    TEXT    NOT NULL CHECK (state IN ('up', 'backing off', 'stopped')),
    code     TEXT    NOT NULL DEFAULT '', -- connect, tls, auth, …
    detail   TEXT    NOT NULL DEFAULT '', -- scrubbed
    since    BIGINT  NOT NULL,
    retry_at BIGINT
);

CREATE TABLE events (
    id     BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uuid   BYTEA   NOT NULL UNIQUE CHECK (octet_length(uuid) = 16),
    at     BIGINT  NOT NULL,
    actor  TEXT    NOT NULL,
    action TEXT    NOT NULL,
    about  BYTEA,
    detail TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX events_about ON events (about, id);
