-- What a transport calls the messages that it took, where it has a name of its own for
-- them: Amazon SES does, and tells of them by it.
CREATE TABLE transport_ids (
    transport_id TEXT PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages (id)
) WITHOUT ROWID;

-- Messages of SNS that were taken in, by their names: each counts once.
CREATE TABLE notices (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX notices_at ON notices (at);
