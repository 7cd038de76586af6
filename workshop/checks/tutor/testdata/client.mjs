// Asks the tutor over stdio: node client.mjs FOLDER COMMAND ARGUMENT... reads calls as
// JSON, [{"name": ..., "arguments": ...}], and prints the tools and the answers.
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [cwd, command, ...args] = process.argv.slice(2);
const client = new Client({ name: "bookapi-check", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args, cwd, env: process.env, stderr: "inherit" }), { timeout: 300_000 });
const { tools } = await client.listTools();
const answers = [];
for (const call of JSON.parse(readFileSync(0, "utf8"))) {
  const { content, isError } = await client.callTool(call, undefined, { timeout: 300_000 });
  answers.push({ text: content.map((c) => c.text).join("\n"), refused: isError === true });
}
await client.close();
console.log(JSON.stringify({ server: client.getServerVersion(), tools: tools.map((t) => t.name), answers }));
