-- How PostgreSQL keeps what was merged has no counterpart here: there is
-- nothing to do, and a file without a statement is none.
SELECT 1;
