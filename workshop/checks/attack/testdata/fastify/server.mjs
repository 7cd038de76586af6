// A Book API with Fastify and @fastify/jwt. It is sound, or has the one mistake that
// the variable MISTAKE names. Everything is kept in memory. It listens on a free port
// of 127.0.0.1, and prints where.
import Fastify from "fastify";
import jwt from "@fastify/jwt";
import { randomBytes, scrypt as scryptOf, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const mistake = process.env.MISTAKE ?? "";
const is = (name) => mistake === name;
const scrypt = promisify(scryptOf);
const app = Fastify({ bodyLimit: 64 * 1024 });
await app.register(jwt, {
  secret: is("tutorial-secret") ? "supersecret" : randomBytes(32).toString("hex"),
  sign: is("no-exp") ? {} : { expiresIn: is("a-year") ? "365d" : "15m" },
  verify: { algorithms: ["HS256"] },
});

const users = new Map();
const books = new Map();
const sessions = new Map();
const failed = new Map();
let lastBook = 0;

async function hash(password, salt = randomBytes(16)) {
  const key = await scrypt(password, salt, 32, { N: 1 << 14, r: 8, p: 2 });
  return { salt, key };
}
const matches = async (password, stored) => timingSafeEqual((await hash(password, stored.salt)).key, stored.key);
const decoy = await hash(randomBytes(16));
users.set("grace", { username: "grace", role: "admin", hash: await hash("seven umbrellas under one roof"), since: 0 });

const refuse = (reply, status, error) => {
  if (status === 401 && !is("no-challenge")) reply.header("WWW-Authenticate", "Bearer");
  return reply.code(status).send({ error });
};
app.setErrorHandler((error, _request, reply) => {
  if (is("stack-in-answer")) return reply.code(500).send({ error: error.stack });
  const status = error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 500;
  return refuse(reply, status, "that did not work");
});
if (is("cors-for-all")) {
  app.addHook("onRequest", async (request, reply) => {
    if (request.headers.origin) {
      reply.header("Access-Control-Allow-Origin", request.headers.origin).header("Access-Control-Allow-Credentials", "true");
    }
  });
}
if (is("method-override")) {
  app.addHook("onRequest", async (request) => {
    request.override = request.headers["x-http-method-override"];
  });
}

// guard finds out who is calling.
async function guard(request, reply) {
  if (is("get-unguarded") && request.method === "GET") {
    request.caller = users.get("grace");
    return;
  }
  if (is("identity-header") && users.has(request.headers["x-user"])) {
    request.caller = users.get(request.headers["x-user"]);
    return;
  }
  let token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (is("token-in-query")) token ??= request.query.token;
  if (is("token-in-cookie")) token ??= /(?:^|; )token=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!token) return refuse(reply, 401, "log in");
  let claims;
  try {
    claims = is("decode-only") ? app.jwt.decode(token) : app.jwt.verify(token);
  } catch {
    return refuse(reply, 401, "log in again");
  }
  const user = users.get(claims?.sub);
  if (!user || !(claims.seq >= user.since)) return refuse(reply, 401, "log in again");
  request.caller = user;
}
const admin = async (request, reply) => {
  if (request.caller.role !== "admin" && !is("admin-for-all")) return refuse(reply, 403, "for administrators");
};
const owner = async (request, reply) => {
  const book = books.get(request.params.id);
  if (!book) return refuse(reply, 404, "no such book");
  if (is("no-owner")) return;
  if (is("owner-from-body") && request.body?.created_by === request.caller.username) return;
  if (book.created_by !== request.caller.username && request.caller.role !== "admin") return refuse(reply, 403, "not yours");
};

const text = { type: "string", minLength: 1, maxLength: 200 };
const body = (properties, required = Object.keys(properties)) => ({
  schema: { body: { type: "object", properties, required, additionalProperties: true } },
  attachValidation: false,
});

app.post("/users", body({ username: { type: "string", pattern: "^[a-z][a-z0-9._-]{1,31}$" }, password: { type: "string", minLength: 8, maxLength: 200 } }), async (request, reply) => {
  const { username, password } = request.body;
  if (users.has(username)) return refuse(reply, 409, "the name is taken");
  const user = { role: "reader", since: 0, ...(is("mass-assignment") ? request.body : {}), username, password: undefined };
  user.hash = await hash(password);
  users.set(username, user);
  const shown = { username, role: user.role };
  if (is("hash-in-answer")) shown.password = "$scrypt$" + user.hash.key.toString("hex");
  return reply.code(201).send(shown);
});

let sequence = 1;
function grant(reply, user, session) {
  if (!is("cacheable")) reply.header("Cache-Control", "no-store");
  const claims = { sub: user.username, role: user.role, seq: ++sequence };
  if (is("password-in-payload")) claims.password = user.plain;
  const refresh = randomBytes(32).toString("hex");
  session.current = refresh;
  sessions.set(refresh, session);
  const token = app.jwt.sign(claims);
  if (is("token-cookie")) reply.header("Set-Cookie", `token=${token}; Path=/`);
  return reply.send({ token, refresh_token: refresh });
}

app.post("/login", is("operators-in-login") ? {} : body({ username: { type: "string" }, password: { type: "string", maxLength: 5000 } }), async (request, reply) => {
  const { username, password } = request.body ?? {};
  const count = failed.get(username) ?? 0;
  if (count >= 20 && !is("no-limit") && !is("limit-after-check")) return refuse(reply, 429, "too many attempts");
  const user = users.get(username);
  const operator = password?.$ne !== undefined || password?.$gt !== undefined;
  if (user && operator && is("operators-in-login")) return grant(reply, user, { username, ended: false });
  if (typeof username !== "string" || typeof password !== "string") return refuse(reply, 400, "texts, please");
  if (!user && is("says-unknown-user")) return refuse(reply, 404, "there is no such user");
  if (!user && is("no-decoy")) return refuse(reply, 401, "wrong name or password");
  failed.set(username, count + 1); // before the hash: many guesses at one moment are many
  const right = await matches(is("trims-password") ? password.trim() : password, user?.hash ?? decoy);
  if (!user || !right) {
    if (count >= 20 && is("limit-after-check")) return refuse(reply, 429, "too many attempts");
    return refuse(reply, 401, "wrong name or password");
  }
  failed.set(username, failed.get(username) - 1);
  user.plain = password;
  return grant(reply, user, { username, ended: false });
});

app.post("/refresh", body({ refresh_token: { type: "string" } }), async (request, reply) => {
  const old = request.body.refresh_token;
  const session = sessions.get(old);
  const user = users.get(session?.username);
  if (!session || !user || session.ended) return refuse(reply, 401, "log in again");
  const isCurrent = session.current === old;
  if (is("refresh-race")) await new Promise((resume) => setTimeout(resume, 20));
  if (!isCurrent && !is("refresh-reuse")) {
    session.ended = !is("reuse-keeps-session");
    return refuse(reply, 401, "log in again");
  }
  return grant(reply, user, session);
});

app.post("/logout", body({ refresh_token: { type: "string" } }), async (request, reply) => {
  const session = sessions.get(request.body.refresh_token);
  if (session && !is("logout-ends-nothing")) session.ended = true;
  return reply.code(204).send();
});

app.put("/me/password", { ...body({ current: { type: "string" }, new: { type: "string", minLength: 8 } }, ["new"]), onRequest: guard }, async (request, reply) => {
  const { current, new: next } = request.body;
  const user = request.caller;
  if (!is("change-without-current") && !(await matches(current ?? "", user.hash))) return refuse(reply, 403, "that is not the current password");
  user.hash = await hash(next);
  if (!is("change-ends-nothing")) {
    user.since = ++sequence;
    for (const session of sessions.values()) if (session.username === user.username) session.ended = true;
  }
  return reply.code(204).send();
});

const shown = ({ username, role }) => ({ username, role });
app.get("/me", { onRequest: guard }, async (request) => shown(request.caller));
app.patch("/me", { ...body({ bio: { type: "string" } }, []), onRequest: guard }, async (request) => {
  Object.assign(request.caller, is("change-takes-all") ? request.body : { bio: request.body.bio });
  return shown(request.caller);
});
app.get("/users", { onRequest: [guard, admin] }, async () => [...users.values()].map(shown));
app.get("/books", async () => [...books.values()]);
app.get("/books/:id", async (request, reply) => books.get(request.params.id) ?? refuse(reply, 404, "no such book"));
app.post("/books", { ...body({ title: text }), onRequest: guard }, async (request, reply) => {
  const book = { created_by: request.caller.username, ...(is("creator-from-body") ? request.body : {}), id: String(++lastBook), title: request.body.title };
  books.set(book.id, book);
  return reply.code(201).send(book);
});
const update = async (request) => Object.assign(books.get(request.params.id), is("update-takes-all") ? request.body : { title: request.body.title });
app.put("/books/:id", { ...body({ title: text }), onRequest: guard, preHandler: owner }, update);
if (is("patch-unguarded")) app.patch("/books/:id", body({ title: text }), update);
app.delete("/books/:id", { onRequest: guard, preHandler: owner }, async (request, reply) => {
  books.delete(request.params.id);
  return reply.code(204).send();
});
if (is("method-override")) {
  app.post("/books/:id", async (request, reply) => {
    if (request.override === "DELETE") books.delete(request.params.id);
    return reply.code(204).send();
  });
}
if (is("debug-route")) app.get("/debug/config", async () => ({ jwt_secret: "0123456789abcdef" }));

console.log("serving on " + (await app.listen({ host: "127.0.0.1", port: 0 })));
