-- Lists of patients in the order of their changes, of all studies; and the numbers of
-- patients by care provider without sorting all of them.
CREATE INDEX patients_changed ON patients (updated_at, id);
CREATE INDEX patient_counts_provider ON patient_counts (provider_id, study_id, status, cancelled, outcome, patients);

-- The same numbers without the care provider: twelve times fewer rows to add up. The
-- triggers of patient_counts keep them.
CREATE TABLE patient_sums (
    study_id  INTEGER NOT NULL,
    status    INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    outcome   INTEGER NOT NULL,
    patients  INTEGER NOT NULL,
    PRIMARY KEY (study_id, status, cancelled, outcome)
) WITHOUT ROWID;

INSERT INTO patient_sums (study_id, status, cancelled, outcome, patients)
    SELECT study_id, status, cancelled, outcome, sum(patients) FROM patient_counts GROUP BY 1, 2, 3, 4;

CREATE TRIGGER patient_counts_added AFTER INSERT ON patient_counts BEGIN
    INSERT INTO patient_sums VALUES (NEW.study_id, NEW.status, NEW.cancelled, NEW.outcome, NEW.patients)
        ON CONFLICT DO UPDATE SET patients = patients + excluded.patients;
END;
CREATE TRIGGER patient_counts_changed AFTER UPDATE OF patients ON patient_counts BEGIN
    UPDATE patient_sums SET patients = patients + NEW.patients - OLD.patients
        WHERE study_id = NEW.study_id AND status = NEW.status AND cancelled = NEW.cancelled AND outcome = NEW.outcome;
END;
CREATE TRIGGER patient_counts_gone AFTER DELETE ON patient_counts BEGIN
    UPDATE patient_sums SET patients = patients - OLD.patients
        WHERE study_id = OLD.study_id AND status = OLD.status AND cancelled = OLD.cancelled AND outcome = OLD.outcome;
END;
