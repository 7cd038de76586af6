"""A Book API as the guide's chapter writes it, with FastAPI, python-jose and passlib.

It is sound, or has the one mistake that the variable MISTAKE names. Everything is
kept in memory. It listens on a port of 127.0.0.1, a free one if none is given, and
prints where."""

import itertools
import os
import re
import secrets
import socket
import sqlite3
import sys
import threading
import time
import traceback
from datetime import datetime, timedelta

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import BaseModel

MISTAKE = os.environ.get("MISTAKE", "")
# The secret that the framework's own tutorial shows, and one that nobody has seen.
TUTORIAL = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"
SECRET_KEY = TUTORIAL if MISTAKE == "tutorial-secret" else secrets.token_hex(32)
ALGORITHM = "HS256"
LIFETIME = timedelta(days=3650) if MISTAKE == "ten-years" else timedelta(minutes=15)
FAILURES, WINDOW = 20, 900

pwd_context = CryptContext(schemes=["bcrypt"], bcrypt__rounds=10)
DECOY = pwd_context.hash(secrets.token_hex(16))
app = FastAPI(title="Book API")
users, books, failed, numbers = {}, {}, {}, itertools.count(1)
counting = threading.Lock()
UNAUTHORIZED = {} if MISTAKE == "no-challenge" else {"WWW-Authenticate": "Bearer"}

if MISTAKE == "cors-for-all":
    app.add_middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True,
                       allow_methods=["*"], allow_headers=["*"])


class NewUser(BaseModel):
    username: str
    password: str
    role: str = "reader"


def too_odd(password):
    """What bcrypt would not read to its end, or passlib refuses with an exception."""
    if MISTAKE == "cut-at-72-bytes":
        return "\0" in password
    return len(password.encode()) > 72 or "\0" in password


def add_user(username, password, role):
    users[username] = {"username": username, "password_hash": pwd_context.hash(password), "role": role}


add_user("grace", "seven umbrellas under one roof", "admin")


@app.post("/users", status_code=201)
def sign_up(new: NewUser):
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,31}", new.username) or len(new.password) < 8 or too_odd(new.password):
        raise HTTPException(422, "not such a name, or not such a password")
    if new.username in users and MISTAKE != "sign-up-overwrites":
        raise HTTPException(409, "the name is taken")
    add_user(new.username, new.password, new.role if MISTAKE == "role-from-body" else "reader")
    return {"username": new.username, "role": users[new.username]["role"]}


def authenticate(username, password):
    if MISTAKE == "query-of-a-login":
        database = table("users", ["name", "password"], [(u["username"], u["password_hash"]) for u in list(users.values())])
        found = database.execute("SELECT name FROM users WHERE name = '" + username + "' AND password = '" + DECOY + "'").fetchone()
        if found:
            return users[found[0]]
    user = users.get(username)
    if too_odd(password) and (MISTAKE != "odd-passwords-crash" or user is None):
        password = "\n"
    if user is None:
        if MISTAKE == "says-unknown-user":
            raise HTTPException(404, "there is no such user")
        if MISTAKE != "no-decoy":
            pwd_context.verify(password, DECOY)
        return None
    if MISTAKE == "case-of-password":
        return user if pwd_context.verify(password, user["password_hash"]) or pwd_context.verify(password.swapcase(), user["password_hash"]) else None
    return user if pwd_context.verify(password, user["password_hash"]) else None


@app.post("/token")
def login(request: Request, response: Response, form: OAuth2PasswordRequestForm = Depends()):
    key = form.username
    if MISTAKE == "limit-by-header":
        key += request.headers.get("x-forwarded-for", "")
    with counting:  # before the hash: many guesses at one moment are many
        count, since = failed.get(key, (0, 0))
        if time.time() - since > WINDOW:
            count, since = 0, time.time()
        if count >= FAILURES and MISTAKE != "no-limit":
            raise HTTPException(429, "too many attempts")
        failed[key] = (count + 1, since)
    user = authenticate(form.username, form.password)
    if user is None:
        raise HTTPException(401, "wrong username or password", UNAUTHORIZED)
    with counting:
        failed[key] = (failed[key][0] - 1, since)
    claims = {"sub": user["username"], "role": user["role"]}
    if MISTAKE != "no-exp":
        claims["exp"] = datetime.utcnow() + LIFETIME
    if MISTAKE == "hash-in-payload":
        claims["user"] = user
    if MISTAKE != "cacheable":
        response.headers["Cache-Control"] = "no-store"
    token = jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
    return {"access_token": token, "token_type": "bearer"}


def token_of(request: Request):
    if MISTAKE == "token-in-query" and "access_token" in request.query_params:
        return request.query_params["access_token"]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        if MISTAKE == "any-scheme" and token:
            return token
        raise HTTPException(401, "not authenticated", UNAUTHORIZED)
    return token


def get_current_user(request: Request, _: str = Depends(OAuth2PasswordBearer(tokenUrl="token", auto_error=False))):
    if MISTAKE == "trusts-gateway" and request.headers.get("x-forwarded-user") in users:
        return users[request.headers["x-forwarded-user"]]
    token = token_of(request)
    try:
        if MISTAKE == "not-verified":
            claims = jwt.get_unverified_claims(token)
        elif MISTAKE == "alg-none" and jwt.get_unverified_header(token).get("alg", "").lower() == "none":
            claims = jwt.get_unverified_claims(token)
        else:
            claims = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])
    except JWTError:
        raise HTTPException(401, "not authenticated", UNAUTHORIZED)
    user = users.get(claims.get("sub"))
    if user is None:
        raise HTTPException(401, "not authenticated", UNAUTHORIZED)
    return user


def require_admin(request: Request, user: dict = Depends(get_current_user)):
    if MISTAKE == "role-in-header" and request.headers.get("x-role") == "admin":
        return user
    if user["role"] != "admin" and MISTAKE != "admin-for-all":
        raise HTTPException(403, "for administrators")
    return user


def shown(user):
    return {"username": user["username"], "role": user["role"]}


@app.get("/users/me")
def me(user: dict = Depends(get_current_user)):
    return shown(user)


@app.get("/users")
def list_users(user: dict = Depends(require_admin)):
    return [shown(u) for u in users.values()]


@app.patch("/users/me")
async def change_me(request: Request, user: dict = Depends(get_current_user)):
    """Change what others see of you."""
    changes = await request.json()
    if not isinstance(changes, dict):
        raise HTTPException(422, "not such a change")
    for name, value in changes.items():
        if name == "bio" or MISTAKE == "change-takes-all" and name not in ("username", "password_hash"):
            user[name] = value
    return shown(user)


@app.get("/admin/report")
def report(user: dict = Depends(get_current_user if MISTAKE == "report-for-all" else require_admin)):
    return {"users": len(users), "books": len(books)}


def table(name, columns, rows):
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE %s (%s)" % (name, ", ".join(columns)))
    database.executemany("INSERT INTO %s VALUES (%s)" % (name, ", ".join("?" for _ in columns)), rows)
    return database


@app.get("/books")
def list_books(title: str = "", order: str = "id"):
    database = table("books", ["id", "title"], [(b["id"], b["title"]) for b in list(books.values())])
    if order not in ("id", "title") and MISTAKE != "query-of-an-order":
        raise HTTPException(422, "not such an order")
    query, values = "title LIKE '%' || ? || '%'", [title]
    if MISTAKE == "query-of-a-search":
        query, values = "title LIKE '%" + title + "%'", []
    found = database.execute("SELECT id FROM books WHERE " + query + " ORDER BY " + order, values).fetchall()
    return [books[id] for (id,) in found if id in books]


@app.get("/books/{id}")
def get_book(id: int):
    if id not in books:
        raise HTTPException(404, "no such book")
    return books[id]


@app.post("/books", status_code=201)
def create_book(title: str, created_by: str = "", user: dict = Depends(get_current_user)):
    book = {"id": next(numbers), "title": title, "created_by": user["username"]}
    if MISTAKE == "creator-from-query" and created_by:
        book["created_by"] = created_by
    books[book["id"]] = book
    return book


def own(id: int, user: dict):
    if id not in books:
        raise HTTPException(404, "no such book")
    if books[id]["created_by"] != user["username"] and user["role"] != "admin" and MISTAKE != "no-owner":
        raise HTTPException(403, "not yours")
    return books[id]


@app.put("/books/{id}")
def update_book(id: int, title: str, created_by: str = "", user: dict = Depends(get_current_user)):
    own(id, user)["title"] = title
    if MISTAKE == "creator-in-change" and created_by:
        books[id]["created_by"] = created_by
    return books[id]


def nobody():
    return {"username": "nobody", "role": "admin"}


@app.delete("/books/{id}", status_code=204)
def delete_book(id: int, user: dict = Depends(nobody if MISTAKE == "delete-unguarded" else get_current_user)):
    own(id, user)
    del books[id]


if MISTAKE == "debug-route":
    @app.get("/debug/users")
    def debug_users():
        return list(users.values())

if MISTAKE == "traceback":
    @app.exception_handler(Exception)
    def show(_: Request, error: Exception):
        return PlainTextResponse("".join(traceback.format_exception(error)), 500)

    @app.get("/books/{id}/cover")
    def cover(id: str):
        return books[int(id)]

    @app.middleware("http")
    async def parse(request: Request, call_next):
        try:
            if request.method == "GET" and "limit" in request.query_params:
                int(request.query_params["limit"])
        except ValueError:
            return PlainTextResponse(traceback.format_exc(), 500)
        return await call_next(request)

if __name__ == "__main__":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    listener.listen(128)
    print("serving on http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_keep_alive=60)).run(sockets=[listener])
