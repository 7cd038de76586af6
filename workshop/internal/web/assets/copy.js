// A button at each console block copies what is typed there: no "$ ", and nothing
// that is printed. Lines in which something has to be filled in, with …, are left
// out. While a step's server runs, its address stands in place of the lesson's.
import { el } from "./dom.js";

const inLesson = /http:\/\/127\.0\.0\.1:8080/g;

// copyButtons adds the buttons, and returns who is to be told about the server.
export function copyButtons() {
  let address = "";
  for (const block of document.querySelectorAll("pre.console")) {
    const typed = commands(block);
    if (typed.length === 0) continue;
    const button = el("button", { type: "button", class: "quiet copy", click: copy }, "Copy");
    block.before(el("div", { class: "copyable" }, button));
    async function copy() {
      try {
        const lines = typed.join("\n");
        await navigator.clipboard.writeText(address ? lines.replace(inLesson, address) : lines);
        button.textContent = address && lines.match(inLesson) ? `Copied, for ${address}` : "Copied";
      } catch {
        button.textContent = "The browser does not allow it";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    }
  }
  return {
    status(status) {
      address = status.phase === "serving" ? status.address : "";
    },
  };
}

function commands(block) {
  return [...block.querySelectorAll("b")]
    .map((line) => line.textContent.trimEnd().replace(/^[$>] /, ""))
    .filter((line) => !line.includes("=…"));
}
