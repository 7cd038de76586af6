// The server of a step: started, stopped and read from the page.
import { $, el } from "./dom.js";
import { act, actFor } from "./ask.js";

// serverPanel returns the panel, if the page has one.
export function serverPanel() {
  const box = $("server");
  if (!box) return null;
  const step = Number(box.dataset.server);

  const press = async (button, path) => {
    button.disabled = true;
    $("server-problem").textContent = await act(path);
    button.disabled = false;
  };
  $("start").addEventListener("click", () => press($("start"), `/server/${step}/start`));
  $("stop").addEventListener("click", () => press($("stop"), "/server/stop"));

  $("attack").addEventListener("click", async () => {
    $("attack").disabled = true;
    $("attacked").replaceChildren(el("p", {}, "Attacking …"));
    const report = await actFor(`/server/${step}/attack`);
    $("attacked").replaceChildren(...(report.problem ? [el("p", { class: "problem" }, report.problem)] : attacked(report)));
    $("attack").disabled = false;
  });

  return {
    status(status) {
      const mine = status.step === step;
      const running = mine && (status.phase === "starting" || status.phase === "serving");
      $("start").textContent = running ? "Restart" : "Start";
      $("stop").hidden = !running;
      $("attack").hidden = !(mine && status.phase === "serving");
      const says = phase(status, mine);
      if ($("phase").textContent !== says) $("phase").textContent = says;
      $("phase").dataset.phase = mine ? status.phase : "stopped";
      $("links").replaceChildren(...links(mine ? status : null));
      if (mine) {
        const output = $("output");
        const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 8;
        output.textContent = status.output || "Nothing yet.";
        if (atEnd) output.scrollTop = output.scrollHeight;
      }
    },
  };
}

function phase(status, mine) {
  if (!mine) {
    const other = status.phase === "starting" || status.phase === "serving";
    return other ? `Not running. The server of step ${status.step} is; starting this one stops it.` : "Not running.";
  }
  const old = status.old ? " You have saved since: restart it to try what you wrote." : "";
  switch (status.phase) {
    case "starting":
      return "Starting …";
    case "serving":
      return `Serving at ${status.address}.${old}`;
    case "ended":
      return "It has ended by itself. Below it says why.";
    default:
      return "Stopped.";
  }
}

function links(status) {
  if (status?.phase !== "serving") return [];
  const link = (path, text) => el("a", { href: status.address + path, target: "_blank", rel: "noopener noreferrer" }, text, el("span", { class: "unseen" }, " (in another tab)"));
  const all = [link("/books", "The books")];
  if (status.docs) all.push(" ", link("/docs", "Its page /docs"));
  return all;
}

// attacked shows what an attack found: what broke as a whole, the rest in a line each.
function attacked(report) {
  const broken = report.results.filter((one) => one.verdict === "broken");
  const rest = report.results.filter((one) => one.verdict !== "broken");
  return [
    el("p", {}, `${report.held} held, ${report.broken} broken, ${report.cannot_tell} cannot be told, with ${report.requests} requests.`),
    ...broken.map((one) =>
      el(
        "section",
        {},
        el("h3", {}, `✗ ${one.title}`),
        el("p", {}, one.got),
        el("pre", { tabindex: "0" }, el("code", {}, one.curl.join("\n"))),
        el(
          "p",
          {},
          one.same_as ? `The cause is that of (${one.same_as}): mend that one, and attack again.` : `CWE-${one.cwe}, ${one.source}. ${one.mend} Exercise ${one.exercise} teaches it.`,
        ),
      ),
    ),
    el("ul", {}, ...rest.map((one) => el("li", {}, `${one.verdict === "held" ? "✓" : "?"} ${one.title}: ${one.why}`))),
  ];
}
