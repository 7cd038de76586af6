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
  const opened = new Map(); // the hints that the learner has asked for, by exercise and first red test

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
    const red = exercise.tests.find((t) => t.result === "fail")?.name ?? "";
    const asked = `${exercise.id} ${red}`;
    if (!opened.has(asked)) opened.set(asked, hints(exercise.id, red));
    const broken = report.build.filter((b) => b.step === exercise.step || b.step === "");
    box.replaceChildren(
      el("h2", {}, el("a", { class: "id", href: `#exercise-${exercise.id}`, title: "Its section of the lesson" }, exercise.id), ` ${exercise.title} `, el("span", { class: "state", "data-state": exercise.state }, exercise.state)),
      el("p", { class: "place" }, `${exercise.file}:${exercise.line}`, exercise.state === "todo" ? ` · about ${exercise.minutes} min` : ""),
      ...(broken.length ? buildErrors(broken) : verdicts(exercise)),
      ...(exercise.state === "green" ? goOn(report, exercise) : []),
      opened.get(asked),
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

// goOn leads to what is to read and to do after an exercise, and after a step.
function goOn(report, exercise) {
  const all = [];
  const happened = explanation(exercise.id);
  const show = () => {
    happened.open = true;
    happened.scrollIntoView({ block: "center" });
    happened.querySelector("summary").focus();
  };
  if (happened) all.push(el("button", { type: "button", class: "quiet happened", click: show }, `What just happened in ${exercise.id}`));
  const at = report.steps.find((s) => s.name === exercise.step);
  const next = report.next;
  if (at.green < at.total) {
    all.push(el("a", { href: `${base}/step/${next.exercise.split(".")[0]}#exercise-${next.exercise}` }, `Next: ${next.exercise}  ${next.title}`));
  } else {
    const trial = [...document.querySelectorAll(".lesson h2")].find((h) => h.textContent.includes("Try it for real"));
    if (trial) all.push(el("a", { href: `#${trial.id}` }, "Try it for real"));
    if (at.quiz) all.push(el("a", { href: `${base}/step/${at.number}/quiz` }, "Quick check"));
    if (at.next_lesson) all.push(el("a", { href: `${base}/step/${at.number + 1}` }, `The next lesson: step ${at.number + 1}`));
  }
  return [el("ul", { class: "lead-on" }, all.map((one) => el("li", {}, one)))];
}

// explanation is the box of the lesson that explains an exercise to those who have
// done it.
function explanation(id) {
  for (let e = document.getElementById(`exercise-${id}`)?.nextElementSibling; e && !/^H[1-3]$/.test(e.tagName); e = e.nextElementSibling) {
    if (e.tagName === "DETAILS" && e.querySelector("summary").textContent === "What just happened") return e;
  }
  return null;
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
  if (exercise.state === "green") parts.push(el("p", { class: "won" }, `All ${exercise.tests.length} promises are kept. Well done!`));
  if (exercise.why) parts.push(el("p", { class: "failure" }, exercise.why));
  if (failed.length) parts.push(failure(failed[0]));
  if (exercise.tests.length) {
    parts.push(
      el("details", { class: "tests", "data-test": "all" },
        el("summary", {}, `${passed} of ${exercise.tests.length} promises kept`),
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
