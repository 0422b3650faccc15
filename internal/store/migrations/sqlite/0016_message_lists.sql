-- Lists of messages that ended otherwise than sent show the newest first.
DROP INDEX messages_ended;
CREATE INDEX messages_ended ON messages (run_id, state, reason, id) WHERE state >= 50;
