-- What a transport calls the messages that it took, where it has a name of its own for
-- them: Amazon SES does, and tells of them by it.
CREATE TABLE transport_ids (
    transport_id TEXT PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages (id)
) STRICT, WITHOUT ROWID;
