-- What is queued stands in a table of its own, and no index of messages changes when
-- a mail is sent: PostgreSQL then writes nothing but the message's row, where it lies
-- (HOT), instead of that and an entry in each of four indexes.
CREATE TABLE queued (
    run_id          BIGINT  NOT NULL,
    tried           INTEGER NOT NULL, -- 0: fresh, 1: tried before
    next_attempt_at BIGINT  NOT NULL,
    message_id      BIGINT  NOT NULL, -- with state 10
    PRIMARY KEY (run_id, tried, next_attempt_at, message_id)
);

-- For the same reason the indexes of what is neither queued nor sent go by a column
-- that both of these leave alone, and none has updated_at.
ALTER TABLE messages ADD COLUMN odd INTEGER NOT NULL GENERATED ALWAYS AS (CASE WHEN state IN (10, 15, 40) THEN 0 ELSE state END) STORED;
DROP INDEX messages_queued;
DROP INDEX messages_deferred;
DROP INDEX messages_ended;
DROP INDEX messages_uncertain;
CREATE INDEX messages_deferred ON messages (run_id, next_attempt_at) INCLUDE (id) WHERE odd = 30;
CREATE INDEX messages_ended ON messages (run_id, odd, reason, id) WHERE odd >= 50;
CREATE INDEX messages_uncertain ON messages (id) WHERE odd = 70;

INSERT INTO queued (run_id, tried, next_attempt_at, message_id)
    SELECT run_id, CASE WHEN tries = 0 THEN 0 ELSE 1 END, next_attempt_at, id FROM messages WHERE state = 10 ORDER BY 1, 2, 3, 4;

-- Whoever changes a message, the queue follows, with one exception: a statement that
-- records a mail as sent in another window takes it out by itself (leaveQueue in store).
-- That is nearly all of them, and a trigger for each would cost what was won. A
-- connection says that it knows this: others, such as a worker of an earlier version
-- that still runs, or a person at psql, do not.
CREATE FUNCTION queued_planned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO queued (run_id, tried, next_attempt_at, message_id)
        SELECT run_id, CASE WHEN tries = 0 THEN 0 ELSE 1 END, next_attempt_at, id FROM planned WHERE state = 10;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_planned AFTER INSERT ON messages REFERENCING NEW TABLE AS planned
    FOR EACH STATEMENT EXECUTE FUNCTION queued_planned();

CREATE FUNCTION queued_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 10 THEN
        DELETE FROM queued WHERE run_id = OLD.run_id AND tried = CASE WHEN OLD.tries = 0 THEN 0 ELSE 1 END
            AND next_attempt_at = OLD.next_attempt_at AND message_id = OLD.id;
    END IF;
    IF NEW.state = 10 THEN
        INSERT INTO queued (run_id, tried, next_attempt_at, message_id)
            VALUES (NEW.run_id, CASE WHEN NEW.tries = 0 THEN 0 ELSE 1 END, NEW.next_attempt_at, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_moved AFTER UPDATE OF state, tries, next_attempt_at, run_id ON messages FOR EACH ROW
    WHEN ((OLD.state = 10 OR NEW.state = 10)
        AND (OLD.state, OLD.tries = 0, OLD.next_attempt_at, OLD.run_id) IS DISTINCT FROM (NEW.state, NEW.tries = 0, NEW.next_attempt_at, NEW.run_id)
        AND NOT (NEW.state = 40 AND NEW.merged_id IS DISTINCT FROM OLD.merged_id AND coalesce(current_setting('studymail.leaves_queue', true), '') = 'on'))
    EXECUTE FUNCTION queued_moved();
