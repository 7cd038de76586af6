// The token reader. It asks nobody: what is pasted stays in the page.
import { $, el } from "./dom.js";

const most = 64 * 1024; // letters; a header of HTTP is shorter

export function reader() {
  const raw = $("raw");
  if (!raw) return;
  const read = () => $("decoded").replaceChildren(...decoded(raw.value));
  raw.addEventListener("input", read);
  $("example").addEventListener("click", () => {
    raw.value = example();
    read();
  });
  $("clear").addEventListener("click", () => {
    raw.value = "";
    read();
    raw.focus();
  });
}

function decoded(text) {
  const token = text.trim().replace(/^Authorization:\s*/i, "").replace(/^Bearer\s+/i, "").replace(/^["']|["']$/g, "");
  if (token === "") return [];
  if (token.length > most) return [sorry(`This is longer than any token: ${token.length} letters.`)];
  const parts = token.split(".");
  if (parts.length === 5) return [sorry("Five parts: this one is encrypted (JWE), and only who has the key can read it. The tokens of this course have three.")];
  if (parts.length !== 3) return [sorry(`A token has three parts with dots between them, and this has ${parts.length}.`)];
  const [header, payload] = parts.slice(0, 2).map(object);
  if (header.problem) return [sorry(`The first part is no header: ${header.problem}`)];
  if (payload.problem) return [sorry(`The second part is no payload: ${payload.problem}`)];
  return [
    el("p", { class: "colours" }, el("span", { class: "header" }, parts[0]), ".", el("span", { class: "payload" }, parts[1]), ".", el("span", { class: "signature" }, parts[2])),
    part("header", "Header", "how it is signed", header.value),
    part("payload", "Payload", "what it says, in the open", payload.value),
    signature(parts[2], header.value),
  ];
}

const sorry = (sentence) => el("p", { class: "problem" }, sentence);

// bytes decodes base64url. It throws for what is none.
function bytes(part) {
  if (!/^[A-Za-z0-9_-]*$/.test(part)) throw new Error("it has letters that base64url does not have.");
  const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

// object reads a part that is a JSON object.
function object(part) {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(part)));
    if (value === null || typeof value !== "object" || Array.isArray(value)) return { problem: "it is no JSON object." };
    return { value };
  } catch (error) {
    return { problem: error instanceof SyntaxError ? "it is no JSON." : error.message };
  }
}

const means = {
  alg: "the algorithm of the signature",
  typ: "the kind of token",
  kid: "which key has signed it",
  iss: "who has issued it",
  sub: "whom it is about",
  aud: "for whom it is meant",
  exp: "ends",
  nbf: "not good before",
  iat: "issued",
  jti: "its own number",
  role: "what they may do",
};

function part(id, title, remark, values) {
  const rows = Object.entries(values).map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, el("code", {}, name)), el("td", {}, el("code", {}, JSON.stringify(value))), el("td", {}, inWords(name, value))));
  return el("section", { class: `part ${id}`, id: `token-${id}` },
    el("h2", {}, title, " ", el("small", {}, remark)),
    rows.length ? el("div", { class: "wide", tabindex: "0", role: "group", "aria-label": title },
      el("table", {}, el("thead", { class: "unseen" }, el("tr", {}, el("th", { scope: "col" }, "name"), el("th", { scope: "col" }, "value"), el("th", { scope: "col" }, "in words"))), el("tbody", {}, rows)))
      : el("p", {}, "It is empty."));
}

function inWords(name, value) {
  if (name === "alg" && String(value).toLowerCase() === "none") return "none: nobody has signed this, so anybody can have written it";
  if (["exp", "nbf", "iat"].includes(name) && typeof value === "number") return time(name, value);
  return Object.hasOwn(means, name) ? means[name] : "";
}

const units = [["year", 31536000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function time(name, seconds) {
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return "a time that no calendar has";
  const away = seconds - Date.now() / 1000;
  const [unit, size] = units.find(([, size]) => Math.abs(away) >= size) ?? units.at(-1);
  const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(away / size), unit);
  const past = { exp: "ended", nbf: "good since", iat: "issued" };
  return `${away < 0 ? past[name] : means[name]} ${ago}: ${at.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "medium" })}`;
}

function signature(part, header) {
  let says;
  try {
    const length = bytes(part).length;
    says = length === 0
      ? "There is none. A server that accepts this accepts whatever anybody writes."
      : `${length} bytes${header.alg ? `, made with ${String(header.alg)}` : ""}. It was not checked here: that takes the key, which stays with the server. So do not believe what you read above. Believe the guard that checks it.`;
  } catch {
    says = "It is no base64url, so no server will accept it.";
  }
  return el("section", { class: "part signature", id: "token-signature" }, el("h2", {}, "Signature ", el("small", {}, "not checked")), el("p", {}, says));
}

// example is ada's token, as step 2 issues it. Its signature is drawn at random.
function example() {
  const now = Math.floor(Date.now() / 1000);
  const json = (value) => btoa(JSON.stringify(value));
  const random = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  return [json({ alg: "HS256", kid: "k1", typ: "JWT" }), json({ sub: "ada", exp: now + 900, iat: now, role: "reader" }), random]
    .map((part) => part.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")).join(".");
}
