// The keys of labelling: what is open beside the image comes first, then answers, then going to and fro.

import { press as typed } from "./number_input.js";
import { isNumber } from "./case_state.js";

const DIGIT = /^[0-9]$/;

/** Whether the key is of labelling, which then has acted. A key held down answers once. */
export function press(labeller, key, repeat, event) {
  if (labeller.reasons.opened && labeller.reasons.onKey(key)) return true;
  if (labeller.guideline.onKey(key) || answer(labeller, key, repeat, event)) return true;
  if (key === "u" || key === "Backspace") return repeat || labeller.undo(), true;
  if (key === "n") return repeat || labeller.comments.write(), true;
  if (event?.shiftKey) return false; // with it the arrows pan
  if (key === "ArrowRight" && labeller.index < labeller.cases.length) return labeller.goTo(labeller.index + 1), true;
  if (key === "ArrowLeft") return labeller.index > 0 && labeller.goTo(labeller.index - 1), true;
  return false;
}

function answer(labeller, key, repeat, event) {
  if (isNumber(labeller.data.task)) return typed(labeller, key, repeat);
  const several = labeller.data.task.kind === "multi";
  const absent = several && event?.shiftKey && !DIGIT.test(key) && event.code?.match(/^Digit([1-9])$/)?.[1];
  if (!DIGIT.test(key) && !absent && !(several && (key === "a" || key === "Enter"))) return false;
  if (repeat) return true;
  if (key === "a") labeller.others();
  else if (key === "Enter") labeller.finish();
  else if (key === "0") labeller.ask();
  else digit(labeller, Number(absent || key), several, absent);
  return true;
}

function digit(labeller, number, several, absent) {
  const position = number - 1;
  if (!labeller.answers.takes(position)) labeller.flash(`There is no answer ${number} in this task.`);
  else if (!several) labeller.give({ answer: "label", label: position });
  else if (absent) labeller.sayOf(position, "absent");
  else labeller.sayOf(position);
}
