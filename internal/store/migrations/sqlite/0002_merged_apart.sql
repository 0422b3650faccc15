-- What was merged into mails was written twice for each message (with its
-- window, then with the message), and once deleted. Now a window's is written
-- once, and messages point to it.
--
-- packed: for each message its row key (8 bytes) and a length (4 bytes), both
-- big-endian, then what was merged, sealed.
CREATE TABLE merged (
    id     INTEGER PRIMARY KEY, -- that of the window; below 0: of one message, from before
    at     INTEGER NOT NULL,
    packed BLOB    NOT NULL
);

ALTER TABLE messages ADD COLUMN merged_id INTEGER;

INSERT INTO merged (id, at, packed)
    SELECT -id, updated_at, CAST(unhex(printf('%016x%08x', id, length(merged))) || merged AS BLOB)
    FROM messages WHERE merged IS NOT NULL;
UPDATE messages SET merged_id = -id WHERE merged IS NOT NULL;

-- Of messages that stand in a window: they are uncertain after the next start.
INSERT INTO merged (id, at, packed)
    SELECT -k.value, w.opened_at, CAST(unhex(printf('%016x%08x', k.value, length(v.value) / 2)) || unhex(v.value) AS BLOB)
    FROM windows w, json_each(w.members) k, json_each(w.merged) v WHERE k.key = v.key AND v.value <> ''
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, packed = excluded.packed;
UPDATE messages SET merged_id = -id WHERE state = 15 AND -id IN (SELECT id FROM merged);

ALTER TABLE messages DROP COLUMN merged;
ALTER TABLE windows DROP COLUMN merged;
