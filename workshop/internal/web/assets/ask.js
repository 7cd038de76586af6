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
  return (await actFor(path)).problem ?? "";
}

// actFor has the server do something, and returns what it answers, or an object with
// a field "problem".
export async function actFor(path) {
  try {
    const answer = await fetch(base + path, { method: "POST", headers: { "X-Workshop-Token": token } });
    if (answer.headers.get("Content-Type") === "application/json") return await answer.json();
    return answer.ok ? {} : { problem: await answer.text() };
  } catch {
    return { problem: away };
  }
}

// onPress has a button act, if the page has it.
export function onPress(id, path) {
  $(id)?.addEventListener("click", async () => {
    const why = await act(path);
    if (why) $("connection").textContent = why;
  });
}
