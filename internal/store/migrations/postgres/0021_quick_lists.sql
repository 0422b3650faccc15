-- Lists of patients in the order of their changes, of all studies; and the numbers of one
-- care provider. (Without the number itself in the index its updates stay light.)
CREATE INDEX patients_changed ON patients (updated_at, id);
CREATE INDEX patient_counts_provider ON patient_counts (provider_id);

-- The same numbers without the care provider: twelve times fewer rows to add up. They
-- are written together with patient_counts, where the changes are added up.
CREATE TABLE patient_sums (
    study_id  bigint  NOT NULL,
    status    integer NOT NULL,
    cancelled integer NOT NULL,
    outcome   integer NOT NULL,
    patients  bigint  NOT NULL,
    PRIMARY KEY (study_id, status, cancelled, outcome)
);

INSERT INTO patient_sums (study_id, status, cancelled, outcome, patients)
    SELECT study_id, status, cancelled, outcome, sum(patients) FROM patient_counts GROUP BY 1, 2, 3, 4;

-- With the key in it, the index alone gives a list of what was deferred.
CREATE INDEX messages_deferred_new ON messages (run_id, next_attempt_at) INCLUDE (id) WHERE state = 30;
DROP INDEX messages_deferred;
ALTER INDEX messages_deferred_new RENAME TO messages_deferred;
