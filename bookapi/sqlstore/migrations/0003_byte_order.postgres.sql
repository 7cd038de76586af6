-- Names are listed in the order of their bytes, whatever language the database
-- sorts in. SQLite does nothing else.
ALTER TABLE users ALTER COLUMN username TYPE TEXT COLLATE "C";
