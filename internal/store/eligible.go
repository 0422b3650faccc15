package store

// eligibility is the rule of who may be mailed at this moment, in one place:
// empty, or the reason (studymail.Reason) why not. Planning, claiming and the
// statement that opens a hand-over window all use it. $1 is today, as
// 2006-01-02 in the installation's zone. Its tables come from whoIsMailed.
const (
	eligibility = `CASE` + whyNotPatient + whyNotStudy + whyNotProvider + ` ELSE '' END`

	whyNotPatient = `
	WHEN pe.erased_at IS NOT NULL THEN 'erased'
	WHEN pa.cancelled = 10 THEN 'not eligible'
	WHEN pa.cancelled = 20 THEN 'not consented'
	WHEN pa.cancelled = 30 THEN 'opted out'
	WHEN pa.cancelled = 40 THEN 'not contactable'
	WHEN pa.status <> 0 THEN 'not New'
	WHEN pe.email_hash IS NULL THEN 'no address'
	WHEN su.id IS NOT NULL THEN 'suppressed'`
	whyNotStudy = `
	WHEN st.active = 0 THEN 'study not active'
	WHEN st.opens_on <> '' AND st.opens_on > $1 THEN 'study not open yet'
	WHEN st.closes_on <> '' AND st.closes_on < $1 THEN 'study closed'`
	whyNotProvider = `
	WHEN pr.active = 0 THEN 'care provider not active'`
)

// whoIsMailed joins to a patient (pa) what eligibility looks at.
const whoIsMailed = `
	JOIN people pe ON pe.id = pa.person_id
	JOIN studies st ON st.id = pa.study_id
	JOIN providers pr ON pr.id = pa.provider_id
	LEFT JOIN suppressions su ON su.email_hash = pe.email_hash`

// The same for a message (m) whose patient is looked up, for PostgreSQL's busiest
// statements: OFFSET 0 makes it look at one row after the other by the index. A join
// it would turn round as soon as it believes a table to be nearly empty, and then go
// over all of a million for each look.
const patientIsMailed = `
	CROSS JOIN LATERAL (SELECT * FROM patients WHERE id = m.patient_id OFFSET 0) pa
	CROSS JOIN LATERAL (SELECT * FROM people WHERE id = pa.person_id OFFSET 0) pe
	LEFT JOIN LATERAL (SELECT id FROM suppressions WHERE email_hash = pe.email_hash OFFSET 0) su ON true`
