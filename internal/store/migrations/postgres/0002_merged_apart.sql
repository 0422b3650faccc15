-- What was merged into mails was written twice for each message (with its
-- window, then with the message), and once deleted. Now a window's is written
-- once, and messages point to it.
--
-- packed: for each message its row key (8 bytes) and a length (4 bytes), both
-- big-endian, then what was merged, sealed.
CREATE TABLE merged (
    id     BIGINT  PRIMARY KEY, -- that of the window; below 0: of one message, from before
    at     BIGINT  NOT NULL,
    packed BYTEA   NOT NULL
);

ALTER TABLE messages ADD COLUMN merged_id BIGINT;

INSERT INTO merged (id, at, packed)
    SELECT -id, updated_at, decode(lpad(to_hex(id), 16, '0') || lpad(to_hex(length(merged)), 8, '0'), 'hex') || merged
    FROM messages WHERE merged IS NOT NULL;
UPDATE messages SET merged_id = -id WHERE merged IS NOT NULL;

-- Of messages that stand in a window: they are uncertain after the next start.
INSERT INTO merged (id, at, packed)
    SELECT DISTINCT ON (k.key) -k.key, w.opened_at,
        decode(lpad(to_hex(k.key), 16, '0') || lpad(to_hex(length(v.value) / 2), 8, '0') || v.value, 'hex')
    FROM windows w
    CROSS JOIN LATERAL (SELECT value::bigint AS key, n FROM json_array_elements_text(w.members::json) WITH ORDINALITY AS m (value, n)) k
    JOIN LATERAL (SELECT value, n FROM json_array_elements_text(w.merged::json) WITH ORDINALITY AS m (value, n)) v ON v.n = k.n
    WHERE v.value <> '' ORDER BY k.key, w.opened_at DESC
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, packed = excluded.packed;
UPDATE messages SET merged_id = -id WHERE state = 15 AND -id IN (SELECT id FROM merged);

ALTER TABLE messages DROP COLUMN merged;
ALTER TABLE windows DROP COLUMN merged;
ALTER TABLE windows ALTER COLUMN id DROP IDENTITY;
