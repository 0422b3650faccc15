-- What lists of patients are found and counted by. With a million patients and
-- three million messages neither can be looked through for a page.

-- The newest message of each patient who has one, and what became of it: 10 it
-- waits, else the message's state. It is brought up to date behind planning and
-- sending, which do not touch this table.
CREATE TABLE last_messages (
    patient_id BIGINT  PRIMARY KEY,
    message_id BIGINT  NOT NULL,
    study_id   BIGINT  NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome IN (10, 30, 40, 50, 60, 70, 80))
);
CREATE INDEX last_messages_outcome ON last_messages (outcome, study_id, patient_id);

-- How far a run's messages are listed there: up to this patient.
ALTER TABLE runs ADD COLUMN listed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX runs_unlisted ON runs (id) WHERE listed < cursor AND state <> 10; -- 10: it is planning yet

-- How many patients stand alike. outcome: that of last_messages; 0 without a message.
CREATE TABLE patient_counts (
    study_id    BIGINT  NOT NULL,
    provider_id BIGINT  NOT NULL,
    status      INTEGER NOT NULL,
    cancelled   INTEGER NOT NULL,
    outcome     INTEGER NOT NULL,
    patients    BIGINT  NOT NULL,
    PRIMARY KEY (study_id, status, cancelled, outcome, provider_id)
);

-- Here only: what is still to be added to patient_counts. Who writes adds rows,
-- and waits for nobody; who reads adds both up; now and then they are put together.
CREATE TABLE patient_count_changes (
    study_id    BIGINT  NOT NULL,
    provider_id BIGINT  NOT NULL,
    status      INTEGER NOT NULL,
    cancelled   INTEGER NOT NULL,
    outcome     INTEGER NOT NULL,
    patients    BIGINT  NOT NULL
);

-- Whoever adds patients or moves them, the numbers follow in the same transaction.
-- Who moves holds the numbers of the study meanwhile (holdNumbers in
-- store/lastmessage.go): another writer moves them, too.
CREATE FUNCTION count_patients_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patient_count_changes
        SELECT study_id, provider_id, status, cancelled, 0, count(*) FROM added GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;
CREATE TRIGGER patients_added AFTER INSERT ON patients REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_patients_added();

CREATE FUNCTION count_patients_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(730580564, study_id::int) FROM (SELECT DISTINCT study_id FROM are ORDER BY study_id) s;
    INSERT INTO patient_count_changes
        SELECT s.study_id, s.provider_id, s.status, s.cancelled, coalesce(l.outcome, 0), sum(s.n)
        FROM (SELECT id, study_id, provider_id, status, cancelled, -1 AS n FROM were
            UNION ALL SELECT id, study_id, provider_id, status, cancelled, 1 FROM are) s
        LEFT JOIN last_messages l ON l.patient_id = s.id
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(s.n) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER patients_moved AFTER UPDATE ON patients REFERENCING OLD TABLE AS were NEW TABLE AS are
    FOR EACH STATEMENT EXECUTE FUNCTION count_patients_moved();

CREATE FUNCTION count_patients_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(730580564, study_id::int) FROM (SELECT DISTINCT study_id FROM gone ORDER BY study_id) s;
    INSERT INTO patient_count_changes
        SELECT g.study_id, g.provider_id, g.status, g.cancelled, coalesce(l.outcome, 0), -count(*)
        FROM gone g LEFT JOIN last_messages l ON l.patient_id = g.id GROUP BY 1, 2, 3, 4, 5;
    DELETE FROM last_messages WHERE patient_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER patients_gone AFTER DELETE ON patients REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_patients_gone();

CREATE INDEX patients_standing ON patients (study_id, status, cancelled, id);
CREATE INDEX patients_provider ON patients (study_id, provider_id, status, cancelled, id);
CREATE INDEX patients_updated ON patients (study_id, updated_at, id, provider_id, status, cancelled);
CREATE INDEX campaigns_study ON campaigns (study_id, id);

-- What is there already. store.RecountPatients does the same.
UPDATE runs SET listed = cursor;
INSERT INTO last_messages (patient_id, message_id, study_id, outcome)
    SELECT l.patient_id, l.id, pa.study_id, CASE WHEN m.state IN (10, 15) THEN 10 ELSE m.state END
    FROM (SELECT patient_id, max(id) AS id FROM messages GROUP BY patient_id) l
    JOIN messages m ON m.id = l.id JOIN patients pa ON pa.id = l.patient_id;
INSERT INTO patient_counts (study_id, provider_id, status, cancelled, outcome, patients)
    SELECT pa.study_id, pa.provider_id, pa.status, pa.cancelled, coalesce(l.outcome, 0), count(*)
    FROM patients pa LEFT JOIN last_messages l ON l.patient_id = pa.id GROUP BY 1, 2, 3, 4, 5;
