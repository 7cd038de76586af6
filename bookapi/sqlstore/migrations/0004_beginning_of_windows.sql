-- An attempt is taken back from the window in which it was counted, and from no
-- later one.
ALTER TABLE attempts ADD COLUMN begins BIGINT NOT NULL DEFAULT 0;
