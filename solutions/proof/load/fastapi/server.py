"""What the finished API is measured against in Python: FastAPI and sqlite3, with the
same settings of durability. It checks a token, loads its user, lists books and adds
them, and does nothing else.

    python3 server.py DATABASE SECRET USERNAME

It prints where it listens, and then a token of the user.
"""
import socket
import sqlite3
import sys
import threading
import time

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

file, secret, username = sys.argv[1:]
local = threading.local()


def db():
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(file, isolation_level=None, timeout=10)
        local.db.execute("PRAGMA journal_mode = WAL")
        local.db.execute("PRAGMA synchronous = FULL")
    return local.db


db().executescript("""CREATE TABLE IF NOT EXISTS users (username TEXT PRIMARY KEY, role TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, author TEXT NOT NULL,
        year INTEGER NOT NULL, created_by TEXT NOT NULL)""")
db().execute("INSERT OR IGNORE INTO users VALUES (?, 'reader')", (username,))
app = FastAPI()


class NewBook(BaseModel):
    title: str
    author: str
    year: int = 0


def caller(authorization: str = Header("")):
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), secret, algorithms=["HS256"], options={"require": ["exp"]})
    except jwt.PyJWTError:
        raise HTTPException(401)
    row = db().execute("SELECT username, role FROM users WHERE username = ?", (claims["sub"],)).fetchone()
    if row is None:
        raise HTTPException(401)
    return {"username": row[0], "role": row[1]}


@app.get("/books")
def books(limit: int = 100):
    rows = db().execute("SELECT id, title, author, year, created_by FROM books ORDER BY id LIMIT ?", (limit,))
    return [dict(zip(("id", "title", "author", "year", "created_by"), row)) for row in rows]


@app.get("/me")
def me(user: dict = Depends(caller)):
    return user


@app.post("/books", status_code=201)
def create(book: NewBook, user: dict = Depends(caller)):
    insert = "INSERT INTO books (title, author, year, created_by) VALUES (?, ?, ?, ?)"
    added = db().execute(insert, (book.title, book.author, book.year, user["username"]))
    return {"id": added.lastrowid, "title": book.title, "author": book.author, "year": book.year, "created_by": user["username"]}


listener = socket.create_server(("127.0.0.1", 0))
print(f"fastapi: serving on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
print(jwt.encode({"sub": username, "exp": time.time() + 3600}, secret, "HS256"), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
