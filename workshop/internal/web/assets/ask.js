// Requests to our own server.
import { $ } from "./dom.js";

const { base, token } = document.documentElement.dataset;
const away = "The companion does not answer. If you have ended it, start it again: go run ./workshop serve";

// get asks for JSON. The answer has a field "problem" if it is none.
export async function get(path) {
  try {
    const answer = await fetch(base + path);
    if (answer.headers.get("Content-Type") === "application/json") return await answer.json();
    return { problem: await answer.text() };
  } catch {
    return { problem: away };
  }
}

// act has the server do something, and returns why it did not, or "".
export async function act(path) {
  try {
    const answer = await fetch(base + path, { method: "POST", headers: { "X-Workshop-Token": token } });
    if (answer.ok) return "";
    if (answer.headers.get("Content-Type") === "application/json") return (await answer.json()).problem;
    return await answer.text();
  } catch {
    return away;
  }
}

// onPress has a button act, if the page has it.
export function onPress(id, path) {
  $(id)?.addEventListener("click", async () => {
    const why = await act(path);
    if (why) $("connection").textContent = why;
  });
}
