-- Sessions that have ended are removed, whoever's they are.
CREATE INDEX sessions_by_end ON sessions (expires);

-- How many books a user has created that are still there: see bookapi.MaxBooks.
ALTER TABLE users ADD COLUMN books BIGINT NOT NULL DEFAULT 0;
UPDATE users SET books = (SELECT COUNT(*) FROM books WHERE created_by = users.username);
