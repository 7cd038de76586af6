// The learner's function beside the reference: in words first, then by line.
import { $, el, spans } from "./dom.js";
import { get } from "./ask.js";

// compare shows the comparison. Before the exercise is green it asks first.
export async function compare(exercise) {
  const answer = await get(`/diff/${exercise.id}`);
  if (answer.problem) {
    sheet(exercise, [
      el("p", {}, answer.problem),
      el("p", { class: "actions" }, el("button", { type: "button", class: "quiet", id: "spoil", click: () => spoil(exercise) }, "Show it all the same")),
    ]);
    return;
  }
  sheet(exercise, comparison(answer));
}

async function spoil(exercise) {
  const answer = await get(`/diff/${exercise.id}?spoil=yes`);
  sheet(exercise, answer.problem ? [el("p", {}, answer.problem)] : comparison(answer));
}

function sheet(exercise, parts) {
  $("sheet-title").textContent = `${exercise.id}  ${exercise.title}`;
  $("sheet-text").replaceChildren(...parts);
  if (!$("sheet").open) $("sheet").showModal();
}

$("sheet-close")?.addEventListener("click", () => $("sheet").close());

const signs = { both: "  ", yours: "- ", reference: "+ " };
const kinds = { both: "both", yours: "gone", reference: "added" };

function comparison(answer) {
  const parts = answer.functions.flatMap((f) => [
    ...f.words.map((sentence) => el("p", { class: "words" }, spans(sentence))),
    el("p", { class: "legend" }, el("span", { class: "gone" }, `- yours, ${f.own}`), el("span", { class: "added" }, `+ the reference, ${f.reference}`)),
    f.lines.length ? el("pre", { class: "diff", tabindex: "0" }, el("code", {}, f.lines.map((l) => el("span", { class: kinds[l.in] }, `${signs[l.in]}${l.text}\n`)))) : null,
  ]);
  for (const helper of answer.helpers) {
    parts.push(el("p", {}, `The reference's own helper, ${helper.where}`));
    parts.push(el("pre", { class: "diff", tabindex: "0" }, el("code", {}, helper.text.split("\n").map((l) => el("span", { class: "added" }, `+ ${l}\n`)))));
  }
  return parts.filter(Boolean);
}
