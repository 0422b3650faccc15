-- A claim is a token in a queued message's row, and no state of its own: to claim
-- a message and to give it back changes no index. Where a claim's messages lie
-- stands in a row of its own.
CREATE TABLE claims (
    token   BIGINT PRIMARY KEY,
    members TEXT   NOT NULL -- JSON: pairs of row keys, the first and the last of messages side by side
);

INSERT INTO claims (token, members)
    SELECT claim_token, json_agg(json_build_array(id, id))::text FROM messages WHERE state = 15 AND claim_token <> 0 GROUP BY claim_token;
DROP INDEX messages_claimed;
UPDATE messages SET state = 10 WHERE state = 15;

-- Attempts at which mails were taken that went out together: nearly all are, and
-- a row for each would cost as much as the message's own.
CREATE TABLE taken (
    window_id BIGINT  NOT NULL,
    first     BIGINT  NOT NULL, -- the first of the members' row keys
    code      INTEGER NOT NULL,
    enhanced  TEXT    NOT NULL,
    stage     TEXT    NOT NULL,
    transport TEXT    NOT NULL,
    members   TEXT    NOT NULL, -- JSON: [message's row key, number, at, took_ms] each
    PRIMARY KEY (window_id, first)
);

-- Room beside each message for its next form: then a claim touches no index (HOT).
ALTER TABLE messages SET (fillfactor = 60);
