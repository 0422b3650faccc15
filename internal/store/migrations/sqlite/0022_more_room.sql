-- How much room PostgreSQL leaves beside messages has no counterpart here: there is
-- nothing to do, and a file without a statement is none.
SELECT 1;
