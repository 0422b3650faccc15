-- What a transport calls the messages that it took, where it has a name of its own for
-- them: Amazon SES does, and tells of them by it.
CREATE TABLE transport_ids (
    transport_id text PRIMARY KEY,
    message_id bigint NOT NULL REFERENCES messages (id)
);

-- Messages of SNS that were taken in, by their names: each counts once.
CREATE TABLE notices (
    name text PRIMARY KEY,
    at   bigint NOT NULL
);
CREATE INDEX notices_at ON notices (at);
