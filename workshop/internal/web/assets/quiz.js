// The quick check: each answer is explained, and the score comes at the end.
import { $, el, spans } from "./dom.js";
import { get } from "./ask.js";

const letter = (choice) => String.fromCharCode("a".charCodeAt(0) + choice - 1);

export function quiz() {
  const form = $("quiz");
  if (!form) return;
  const questions = [...form.querySelectorAll("fieldset")];
  let answered = 0;
  let right = 0;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = event.submitter?.closest("fieldset") ?? questions.find((q) => !q.disabled);
    const choice = question?.querySelector("input:checked");
    const explained = question?.querySelector(".explained");
    if (!question || question.dataset.done) return;
    if (!choice) {
      explained.replaceChildren(el("p", {}, "Pick one first."));
      return;
    }
    question.dataset.done = "yes";
    const verdict = await get(`/quiz/${form.dataset.quiz}/${question.dataset.question}/${choice.value}`);
    if (verdict.problem) {
      delete question.dataset.done;
      explained.replaceChildren(el("p", {}, verdict.problem));
      return;
    }
    answered++;
    if (verdict.right) right++;
    for (const input of question.querySelectorAll("input")) {
      input.disabled = true;
      if (Number(input.value) === verdict.answer) input.closest("label").classList.add("right");
      else if (input.checked) input.closest("label").classList.add("wrong");
    }
    question.querySelector(".actions").remove();
    explained.replaceChildren(
      ...(verdict.right ? [] : [el("p", { class: "wrong" }, el("b", {}, `✗ ${letter(Number(choice.value))} `), spans(verdict.why))]),
      el("p", { class: "right" }, el("b", {}, `✓ ${letter(verdict.answer)} `), spans(verdict.reason)),
    );
    explained.tabIndex = -1;
    explained.focus(); // as the button has gone
    if (answered === questions.length) finish();
  });

  // nextLesson leads on, if this step is not the last.
  function nextLesson() {
    const link = document.querySelector(`[data-nav="${Number(form.dataset.quiz) + 1}"]`);
    return link ? [el("p", {}, el("a", { href: link.href }, `The next lesson: step ${Number(form.dataset.quiz) + 1}`))] : [];
  }

  function finish() {
    const again = el("button", { type: "button", click: () => location.reload() }, "Once more");
    $("score").hidden = false;
    $("score").replaceChildren(
      el("h2", {}, `${right} of ${questions.length} right`),
      el("p", {}, right === questions.length ? "All of them: well done!" : "The lesson has more on each of them."),
      ...nextLesson(),
      el("p", { class: "actions" }, again),
    );
  }
}
