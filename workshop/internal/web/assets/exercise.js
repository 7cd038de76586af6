// The panel beside a lesson: one exercise, and what its tests say.
import { $, el, clipped } from "./dom.js";
import { hints } from "./hints.js";
import { compare } from "./diff.js";

const { base, step } = document.documentElement.dataset;

// exercisePanel returns the panel, if the page has one.
export function exercisePanel() {
  const box = $("exercise");
  if (!box) return null;
  let report = null;
  let now = { stale: [], doing: "", saved: "", problem: "" };
  let picked = /^#exercise-([0-9.]+)$/.exec(location.hash)?.[1] ?? "";
  let shown = null; // the exercise as it was shown last
  const opened = new Map(); // by exercise, what the learner has asked for

  const show = () => {
    mark(picked);
    if (now.problem) {
      box.replaceChildren(el("h2", {}, "The tests could not be run"), el("p", { class: "failure" }, now.problem));
      return;
    }
    if (!report) {
      box.replaceChildren(el("h2", {}, "Running the tests"), el("p", {}, "The first time takes a minute, as Go compiles everything."));
      return;
    }
    const mine = report.exercises.filter((e) => Number(e.id.split(".")[0]) === Number(step));
    const exercise = mine.find((e) => e.id === picked) ?? mine.find((e) => e.id === report.next?.exercise) ?? mine.find((e) => e.state !== "green") ?? mine.at(-1);
    if (!exercise) return;
    mark(exercise.id);
    shown = exercise;
    $("peek").hidden = false;
    $("peek").replaceChildren(el("span", {}, `${exercise.id}  ${exercise.title}`), el("span", { class: "state", "data-state": exercise.state }, exercise.state));
    if (!opened.has(exercise.id)) opened.set(exercise.id, hints(exercise.id));
    const broken = report.build.filter((b) => b.step === exercise.step || b.step === "");
    box.replaceChildren(
      el("h2", {}, el("span", { class: "id" }, exercise.id), ` ${exercise.title} `, el("span", { class: "state", "data-state": exercise.state }, exercise.state)),
      el("p", { class: "place" }, `${exercise.file}:${exercise.line}`, exercise.state === "todo" ? ` · about ${exercise.minutes} min` : ""),
      ...(broken.length ? buildErrors(broken) : verdicts(exercise)),
      ...(exercise.state === "green" ? goOn(report.next) : []),
      opened.get(exercise.id),
      el("p", { class: "actions" }, el("button", { type: "button", class: "quiet", click: () => compare(exercise) }, "Compare with the reference")),
      el("p", { class: "command" }, "The same in a terminal ", el("code", {}, exercise.command)),
    );
  };

  const showDoing = () => {
    $("doing").textContent = now.doing ? `Testing ${now.doing}` : now.saved ? `Tested since ${now.saved} was saved` : "Save in your editor, and this follows";
    $("doing").classList.toggle("busy", now.doing !== "");
    box.classList.toggle("stale", now.stale.includes(report?.steps.find((s) => s.number === Number(step))?.name));
  };

  for (const link of document.querySelectorAll("[data-pick]")) {
    link.addEventListener("click", () => {
      picked = link.dataset.pick;
      show();
    });
  }
  window.addEventListener("hashchange", () => {
    const there = /^#exercise-([0-9.]+)$/.exec(location.hash)?.[1];
    if (!there) return;
    picked = there;
    show();
  });
  show();
  return {
    report(next) {
      report = next;
      const state = report.exercises.find((e) => e.id === shown?.id)?.state;
      if (shown && state === "green" && shown.state !== "green") picked = shown.id; // to be seen before the next one comes
      if (shown && state !== shown.state) $("results").scrollTop = 0;
      keepingOpen(box, show);
      showDoing();
    },
    now(next) {
      const problem = now.problem;
      now = next;
      showDoing();
      if (problem !== now.problem) show();
    },
  };
}

// goOn leads to the next exercise.
function goOn(next) {
  if (!next) return [el("p", {}, "All exercises are green. Now try it for real.")];
  return [el("p", {}, "Next: ", el("a", { href: `${base}/step/${next.exercise.split(".")[0]}#exercise-${next.exercise}` }, `${next.exercise}  ${next.title}`))];
}

// mark says which exercise is shown.
function mark(id) {
  for (const link of document.querySelectorAll("[data-pick]")) {
    if (link.dataset.pick === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// keepingOpen shows anew, and leaves open what was open, and the focus where it
// was.
function keepingOpen(box, show) {
  const open = new Set([...box.querySelectorAll("details[open][data-test]")].map((d) => d.dataset.test));
  const focused = box.contains(document.activeElement) ? document.activeElement.textContent : null;
  show();
  for (const details of box.querySelectorAll("details[data-test]")) details.open ||= open.has(details.dataset.test);
  if (focused !== null) [...box.querySelectorAll("button, summary, pre")].find((e) => e.textContent === focused)?.focus();
}

function buildErrors(errors) {
  return [
    el("p", { class: "failure" }, "It does not build:"),
    ...errors.slice(0, 5).map((e) => el("pre", { class: "output", tabindex: "0" }, e.file ? `${e.file}:${e.line}:${e.column}: ${e.message}` : e.message)),
    errors.length > 5 ? el("p", {}, `… and ${errors.length - 5} more`) : null,
  ].filter(Boolean);
}

function verdicts(exercise) {
  const failed = exercise.tests.filter((t) => t.result === "fail");
  const passed = exercise.tests.filter((t) => t.result === "pass").length;
  const parts = [];
  if (exercise.state === "green") parts.push(el("p", { class: "won" }, `All ${exercise.tests.length} tests pass. Well done!`));
  if (exercise.why) parts.push(el("p", { class: "failure" }, exercise.why));
  if (failed.length) parts.push(failure(failed[0]));
  if (exercise.tests.length) {
    parts.push(
      el("details", { class: "tests", "data-test": "all" },
        el("summary", {}, `All tests: ${passed} of ${exercise.tests.length} pass`),
        el("ul", {}, exercise.tests.map(row))),
    );
  }
  return parts;
}

// failure is what is read aloud: the promise that is broken, or what mallory got.
function failure(test) {
  const attack = test.failure.includes("ATTACK SUCCEEDED");
  const said = test.failure.replace(/^ATTACK SUCCEEDED:?\s*/, "");
  const evidence = test.output.startsWith(test.failure) ? test.output.slice(test.failure.length).trim() : test.output;
  return el("div", { class: attack ? "failure attack" : "failure" },
    attack ? el("p", { class: "alarm" }, "ATTACK SUCCEEDED") : null,
    el("p", { class: "said" }, said || "The test failed and gave no reason."),
    evidence ? el("pre", { tabindex: "0" }, clipped(evidence, 12)) : null,
    el("p", { class: "place" }, `${test.name} · ${test.where}`));
}

const words = { pass: "pass", fail: "fail", skip: "skip", notrun: "did not run" };

function row(test) {
  const name = el("span", {}, el("span", { class: "state", "data-state": { pass: "green", fail: "red" }[test.result] ?? "todo" }, words[test.result]), " ", el("span", { class: "name" }, test.name));
  if (!test.output) return el("li", {}, name);
  return el("li", {}, el("details", { "data-test": test.name }, el("summary", {}, name), el("pre", { class: "output", tabindex: "0" }, test.output)));
}
