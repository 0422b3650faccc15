-- Lists of patients in the order of their changes, of all studies. Numbers by care
-- provider PostgreSQL adds up by a hash: an index would only cost it its light updates.
CREATE INDEX patients_changed ON patients (updated_at, id);
