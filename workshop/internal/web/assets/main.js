// What every page does, and what each page has of its own.
import { follow } from "./stream.js";
import { showStates, announce, showNext } from "./progress.js";
import { exercisePanel } from "./exercise.js";
import { quiz } from "./quiz.js";
import { reader } from "./token.js";
import { serverPanel } from "./server.js";
import { onPress } from "./ask.js";
import { copyButtons } from "./copy.js";

const panel = exercisePanel();
const copying = copyButtons();
const server = serverPanel();
quiz();
reader();
onPress("again", "/again");

follow({
  report(report) {
    showStates(report);
    announce(report);
    showNext(report);
    panel?.report(report);
  },
  now(now) {
    panel?.now(now);
    showNext(null, now);
  },
  server(status) {
    server?.status(status);
    copying.status(status);
  },
});
