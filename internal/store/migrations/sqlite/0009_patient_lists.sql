-- What lists of patients are found and counted by. With a million patients and
-- three million messages neither can be looked through for a page.

-- The newest message of each patient who has one, and what became of it: 10 it
-- waits, else the message's state. It is brought up to date behind planning and
-- sending, which do not touch this table.
CREATE TABLE last_messages (
    patient_id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    study_id   INTEGER NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome IN (10, 30, 40, 50, 60, 70, 80))
);
CREATE INDEX last_messages_outcome ON last_messages (outcome, study_id, patient_id);

-- How far a run's messages are listed there: up to this patient.
ALTER TABLE runs ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_unlisted ON runs (id) WHERE listed < cursor AND state <> 10; -- 10: it is planning yet

-- How many patients stand alike. outcome: that of last_messages; 0 without a message.
CREATE TABLE patient_counts (
    study_id    INTEGER NOT NULL,
    provider_id INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    cancelled   INTEGER NOT NULL,
    outcome     INTEGER NOT NULL,
    patients    INTEGER NOT NULL,
    PRIMARY KEY (study_id, status, cancelled, outcome, provider_id)
) WITHOUT ROWID;

-- Whoever adds patients or moves them, the numbers follow in the same transaction.
CREATE TRIGGER patients_added AFTER INSERT ON patients BEGIN
    INSERT INTO patient_counts VALUES (NEW.study_id, NEW.provider_id, NEW.status, NEW.cancelled, 0, 1)
        ON CONFLICT DO UPDATE SET patients = patients + 1;
END;
CREATE TRIGGER patients_moved AFTER UPDATE OF study_id, provider_id, status, cancelled ON patients
    WHEN OLD.study_id <> NEW.study_id OR OLD.provider_id <> NEW.provider_id OR OLD.status <> NEW.status OR OLD.cancelled <> NEW.cancelled
BEGIN
    UPDATE patient_counts SET patients = patients - 1
        WHERE study_id = OLD.study_id AND provider_id = OLD.provider_id AND status = OLD.status AND cancelled = OLD.cancelled
            AND outcome = coalesce((SELECT outcome FROM last_messages WHERE patient_id = OLD.id), 0);
    INSERT INTO patient_counts VALUES (NEW.study_id, NEW.provider_id, NEW.status, NEW.cancelled,
            coalesce((SELECT outcome FROM last_messages WHERE patient_id = NEW.id), 0), 1)
        ON CONFLICT DO UPDATE SET patients = patients + 1;
END;
CREATE TRIGGER patients_gone AFTER DELETE ON patients BEGIN
    UPDATE patient_counts SET patients = patients - 1
        WHERE study_id = OLD.study_id AND provider_id = OLD.provider_id AND status = OLD.status AND cancelled = OLD.cancelled
            AND outcome = coalesce((SELECT outcome FROM last_messages WHERE patient_id = OLD.id), 0);
    DELETE FROM last_messages WHERE patient_id = OLD.id;
END;

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
