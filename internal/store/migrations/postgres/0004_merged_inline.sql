-- What was merged is random to a compressor, and a window's fits on a page: kept
-- with its row, not cut into pieces in a table of their own. A fifth of what it
-- costs to open a window.
ALTER TABLE merged ALTER COLUMN packed SET STORAGE EXTERNAL;
ALTER TABLE merged SET (toast_tuple_target = 8160);
