// A button at each console block copies what is typed there: no "$ ", and nothing
// that is printed. Lines in which something has to be filled in, with …, are left
// out.
import { el } from "./dom.js";

export function copyButtons() {
  for (const block of document.querySelectorAll("pre.console")) {
    const typed = commands(block);
    if (typed.length === 0) continue;
    const button = el("button", { type: "button", class: "quiet copy", click: copy }, "Copy");
    block.before(el("div", { class: "copyable" }, button));
    async function copy() {
      try {
        await navigator.clipboard.writeText(typed.join("\n"));
        button.textContent = "Copied";
      } catch {
        button.textContent = "The browser does not allow it";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    }
  }
}

function commands(block) {
  return [...block.querySelectorAll("b")]
    .map((line) => line.textContent.trimEnd().replace(/^[$>] /, ""))
    .filter((line) => !line.includes("=…"));
}
