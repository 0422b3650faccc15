-- The pages of what came back: its lists by each filter, and what holds a patient.

CREATE INDEX feedback_class ON feedback (class, id);
CREATE INDEX feedback_kind ON feedback (kind, id);
CREATE INDEX feedback_source ON feedback (source, id);
CREATE INDEX feedback_patients_patient ON feedback_patients (patient_id);
CREATE INDEX opt_outs_feedback ON opt_outs (feedback_id);
