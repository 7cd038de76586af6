// How far the learner is: in the header, in lists of exercises, and beside the
// headings of a lesson.
import { $, el, clipped } from "./dom.js";

const { base } = document.documentElement.dataset;

export function showStates(report) {
  const own = report.progress.green - report.progress.reference;
  $("progress").value = own;
  $("progress").max = report.progress.total;
  $("count").textContent = `${own} of ${report.progress.total} green`;
  for (const exercise of report.exercises) {
    const heading = document.querySelector(`[data-exercise="${CSS.escape(exercise.id)}"]`);
    if (heading && !heading.querySelector(".state")) {
      heading.append(" ", el("span", { class: "state", "data-state-of": exercise.id }));
    }
    for (const pill of document.querySelectorAll(`[data-state-of="${CSS.escape(exercise.id)}"]`)) {
      pill.dataset.state = exercise.state;
      pill.textContent = exercise.state;
    }
  }
  for (const step of report.steps) {
    const done = step.green === step.total;
    document.querySelector(`[data-nav="${step.number}"]`)?.classList.toggle("done", done);
    const why = document.querySelector(`[data-why="${CSS.escape(step.name)}"]`);
    if (why) {
      why.textContent = step.why;
      why.hidden = !step.why;
    }
  }
}

let before = null; // the states that were announced last

// announce says what has changed, for those who do not see it.
export function announce(report) {
  const states = Object.fromEntries(report.exercises.map((e) => [e.id, e.state]));
  if (before) {
    const changed = report.exercises.filter((e) => before[e.id] !== e.state).map((e) => `${e.id} is ${e.state}.`);
    const next = report.next;
    if (changed.length) changed.push(next ? `Next: ${next.exercise}, ${next.title}. ${next.failure}` : "All are green: well done!");
    else if (next) changed.push(`Tests have run. ${next.exercise}: ${next.failure}`);
    $("verdict").textContent = changed.join(" ");
  }
  before = states;
}

let known = null;

// showNext shows the one next thing to do, on the map.
export function showNext(report, now = null) {
  const box = $("next");
  if (!box) return;
  if (now?.problem) {
    box.replaceChildren(el("p", { class: "failure" }, now.problem));
    known = null;
    return;
  }
  if (!report) {
    if (known === null) box.replaceChildren(el("p", { class: "doing" }, now?.doing ? `Running the tests: ${now.doing}` : "Running the tests …"));
    return;
  }
  known = report;
  const next = report.next;
  if (!next) {
    box.replaceChildren(el("p", {}, "All are green: well done!"));
    return;
  }
  const attack = next.failure.includes("ATTACK SUCCEEDED");
  box.replaceChildren(
    el("p", { class: "title" }, el("a", { href: `${base}/step/${next.exercise.split(".")[0]}#exercise-${next.exercise}` }, `${next.exercise}  ${next.title}`)),
    el("p", { class: "place" }, `${next.file}:${next.line}`),
    el("p", { class: attack ? "failure attack" : "failure" }, clipped(next.failure, 6)),
  );
}
