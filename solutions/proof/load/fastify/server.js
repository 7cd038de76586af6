// What the finished API is measured against in Node: Fastify and better-sqlite3, with
// the same settings of durability. It checks a token, loads its user, lists books and
// adds them, and does nothing else.
//
//	node server.js DATABASE SECRET USERNAME
//
// It prints where it listens, and then a token of the user.
import jwt from "@fastify/jwt";
import Database from "better-sqlite3";
import Fastify from "fastify";

const [file, secret, username] = process.argv.slice(2);
const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`CREATE TABLE IF NOT EXISTS users (username TEXT PRIMARY KEY, role TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, author TEXT NOT NULL,
		year INTEGER NOT NULL, created_by TEXT NOT NULL)`);
db.prepare("INSERT OR IGNORE INTO users VALUES (?, 'reader')").run(username);
const user = db.prepare("SELECT username, role FROM users WHERE username = ?");
const page = db.prepare("SELECT id, title, author, year, created_by FROM books WHERE id > ? ORDER BY id LIMIT ?");
const add = db.prepare("INSERT INTO books (title, author, year, created_by) VALUES (?, ?, ?, ?)");

const app = Fastify();
app.register(jwt, { secret });
const guard = async (request, reply) => {
	try {
		await request.jwtVerify();
	} catch {
		return reply.code(401).send();
	}
	request.row = user.get(request.user.sub);
	if (!request.row) return reply.code(401).send();
};
const body = {
	type: "object",
	additionalProperties: false,
	required: ["title", "author"],
	properties: { title: { type: "string", maxLength: 200 }, author: { type: "string", maxLength: 200 }, year: { type: "integer" } },
};
app.get("/books", async (request) => page.all(0, Number(request.query.limit ?? 100)));
app.get("/me", { preHandler: guard }, async (request) => request.row);
app.post("/books", { preHandler: guard, schema: { body } }, async (request, reply) => {
	const { title, author, year = 0 } = request.body;
	const { lastInsertRowid: id } = add.run(title, author, year, request.row.username);
	return reply.code(201).send({ id, title, author, year, created_by: request.row.username });
});
const address = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`fastify: serving on ${address}`);
console.log(app.jwt.sign({ sub: username }, { expiresIn: "1h" }));
