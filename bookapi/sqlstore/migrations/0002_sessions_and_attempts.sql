-- Times are in milliseconds since 1970, UTC.

ALTER TABLE users ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN tokens_from BIGINT NOT NULL DEFAULT 0; -- 0: nothing has ended early

CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    username   TEXT   NOT NULL REFERENCES users (username) ON DELETE CASCADE,
    token_hash TEXT   NOT NULL,
    started    BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (username, expires);

-- The windows in which attempts are counted. A window that has ended is removed
-- when another begins.
CREATE TABLE attempts (
    key_hash TEXT   NOT NULL PRIMARY KEY,
    counted  BIGINT NOT NULL,
    ends     BIGINT NOT NULL
);

CREATE INDEX attempts_by_end ON attempts (ends);
