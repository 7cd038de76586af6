// Hints for what is red: one at a time, and the next only on request.
import { el, prose } from "./dom.js";
import { get } from "./ask.js";

// hints is a list for an exercise whose first red test has this name, or "". No
// hint is shown yet.
export function hints(exercise, red) {
  let shown = 0;
  const list = el("ol", { class: "hints", "aria-live": "polite" });
  const more = el("button", { type: "button", click: next }, "A hint");
  const box = el("div", { class: "help" }, list, el("p", { class: "actions" }, more));

  async function next() {
    more.disabled = true;
    const answer = await get(`/hint/${exercise}/${shown + 1}?red=${encodeURIComponent(red)}`);
    more.disabled = false;
    if (answer.problem) {
      list.append(el("li", { class: "problem" }, answer.problem));
      return;
    }
    shown = answer.number;
    const about = answer.test ? `, for ${answer.test}` : "";
    list.append(el("li", { "data-hint": shown }, el("p", { class: "kind" }, `Hint ${shown} of ${answer.of}: ${answer.kind}${about}`), prose(answer.hint)));
    if (shown === answer.of) {
      more.remove();
      list.lastElementChild.tabIndex = -1;
      list.lastElementChild.focus();
    } else {
      more.textContent = `Next hint: ${answer.next}`;
      more.focus();
    }
  }
  return box;
}
