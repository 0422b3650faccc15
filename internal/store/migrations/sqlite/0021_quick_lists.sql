-- Lists of patients in the order of their changes, of all studies; and the numbers of
-- patients by care provider without sorting all of them.
CREATE INDEX patients_changed ON patients (updated_at, id);
CREATE INDEX patient_counts_provider ON patient_counts (provider_id, study_id, status, cancelled, outcome, patients);
