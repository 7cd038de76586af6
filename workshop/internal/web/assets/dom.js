// Elements are made here and nowhere else, and what they say is text: nothing
// that a test, a lesson or a learner's code prints becomes markup.

export const $ = (id) => document.getElementById(id);

// el makes an element. Of its properties, functions are listeners; null and false
// are left away.
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false));
  return made;
}

// clipped is a text of no more lines than that.
export function clipped(text, lines) {
  const all = text.split("\n");
  return all.length > lines ? all.slice(0, lines).join("\n") + "\n…" : text;
}

// prose shows text that has code in it: lines that begin with four spaces, and
// what stands between backquotes.
export function prose(text) {
  const parts = [];
  let code = [];
  let words = [];
  const close = () => {
    if (code.length) parts.push(el("pre", { tabindex: "0" }, el("code", {}, code.map((l) => l.slice(4)).join("\n").trimEnd())));
    if (words.length) parts.push(el("p", {}, spans(words.join(" "))));
    code = [];
    words = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("    ")) {
      if (words.length) close();
      code.push(line);
    } else if (line.trim() === "") {
      if (code.length) code.push("");
      else close();
    } else {
      if (code.length) close();
      words.push(line);
    }
  }
  close();
  return parts;
}

// spans are the pieces of a sentence, with code between backquotes.
export function spans(text) {
  return text.split("`").map((piece, i) => (i % 2 ? el("code", {}, piece) : piece));
}
