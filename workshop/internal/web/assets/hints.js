// Hints: one rung at a time, and the next only on request.
import { el, prose } from "./dom.js";
import { get } from "./ask.js";

const rungs = ["a question", "where to read", "nearly the code"];

// hints is a ladder for an exercise, of which nothing is shown yet.
export function hints(exercise) {
  let shown = 0;
  const list = el("ol", { class: "hints", "aria-live": "polite" });
  const more = el("button", { type: "button", click: climb }, `A hint: ${rungs[0]}`);
  const ladder = el("div", { class: "ladder" }, list, el("p", { class: "actions" }, more));

  async function climb() {
    more.disabled = true;
    const answer = await get(`/hint/${exercise}/${shown + 1}`);
    more.disabled = false;
    if (answer.problem) {
      list.append(el("li", { class: "problem" }, answer.problem));
      return;
    }
    shown = answer.rung;
    list.append(el("li", { "data-rung": shown }, el("p", { class: "rung" }, `Hint ${shown} of ${answer.of}: ${rungs[shown - 1]}`), prose(answer.hint)));
    if (shown === answer.of) {
      more.remove();
      list.lastElementChild.tabIndex = -1;
      list.lastElementChild.focus();
    } else {
      more.textContent = `The next rung: ${rungs[shown]}`;
      more.focus();
    }
  }
  return ladder;
}
