-- One row: the last ID that a book was given. IDs come from here rather than
-- from the database's own counter, because the same text then runs on every
-- database, and because this row makes writers take turns: IDs become visible
-- in their order, so a client that reads page by page never skips a book.
CREATE TABLE last_book (
    id BIGINT NOT NULL
);

INSERT INTO last_book (id) VALUES (0);

CREATE TABLE books (
    id         BIGINT  NOT NULL PRIMARY KEY,
    title      TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    year       INTEGER NOT NULL, -- 0: unknown
    created_by TEXT    NOT NULL  -- empty: nobody had to say who they were
);

CREATE TABLE users (
    username      TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL
);
