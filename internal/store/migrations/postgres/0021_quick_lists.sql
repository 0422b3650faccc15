-- Lists of patients in the order of their changes, of all studies. Numbers by care
-- provider PostgreSQL adds up by a hash: an index would only cost it its light updates.
CREATE INDEX patients_changed ON patients (updated_at, id);

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
