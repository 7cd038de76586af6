// The page follows the course by server-sent events. A browser has six
// connections for a server, so a page that nobody sees lets go of its own.
import { $ } from "./dom.js";

const { base } = document.documentElement.dataset;

export function follow(handlers) {
  let source = null;
  const open = () => {
    source = new EventSource(base + "/events");
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
    source.addEventListener("open", () => say(""));
    source.addEventListener("error", () => say("The companion does not answer. If you have ended it, start it again and open the address that it prints: go run ./workshop serve"));
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!source) open();
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", () => {
    if (!source && !document.hidden) open();
  });
  if (!document.hidden) open();
}

function say(sentence) {
  if ($("connection").textContent !== sentence) $("connection").textContent = sentence;
}
