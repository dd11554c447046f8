// A number typed over the picture: digits, a point, Enter. It waits on the page until Enter gives it.

import { element } from "../base/dom.js";
import { isAnswered, measured } from "./case_state.js";

const LONGEST = 16;
const WHOLE = /^-?(\d+(\.\d*)?|\.\d+)$/;
const SILENT = "No number yet: type it, then press Enter.";

/** "0 to 120 years"; "" where every number is taken. */
export function span({ low, high, measure }) {
  if (low !== null && high !== null) return `${low} to ${high} ${measure}`.trim();
  if (low !== null) return `${low} ${measure} or more`.replace("  ", " ");
  return high === null ? "" : `${high} ${measure} or less`.replace("  ", " ");
}

/** The field beside the image: what is typed shows here, and who clicks into it types here. */
export class NumberField {
  /** `act`: {typed(text), done()}. */
  constructor(task, act) {
    this.task = task;
    this.node = element("div", "rv-value");
    const label = element("label", "rv-value-line");
    const more = { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: String(LONGEST) };
    this.input = element("input", "", "", { ...more, "aria-label": task.question || task.name });
    label.append(this.input, element("span", "rv-unit", task.measure));
    this.node.append(label, element("div", "rv-value-span", span(task)));
    this.input.addEventListener("input", () => act.typed(this.input.value));
    this.input.addEventListener("keydown", (event) => this.onKey(event, act));
  }

  onKey(event, act) {
    event.stopPropagation();
    if (event.key === "Enter") act.done();
    else if (event.key === "Escape") this.input.blur();
    else return;
    event.preventDefault();
  }

  /** Show what is typed, or what stands. */
  mark(shown) {
    const text = shown?.draft ?? (shown?.answer === "value" ? String(shown.value) : "");
    if (this.input.value !== text) this.input.value = text;
    this.node.dataset.given = String(Boolean(shown) && !shown.draft && shown.answer === "value");
  }
}

/** Whether the key is part of a number, which then is typed. "." and "-" are so only where a number can have them. */
export function press(labeller, key, repeat) {
  const typed = labeller.shown?.draft || "";
  const { low } = labeller.data.task;
  const digit = /^[0-9]$/.test(key);
  const point = (key === "." || key === ",") && typed && !typed.includes(".");
  const minus = key === "-" && !typed && (low === null || low < 0);
  if (digit || point || minus) {
    if (!repeat) type(labeller, typed + (point ? "." : key));
  } else if (key === "Backspace" && typed) type(labeller, typed.slice(0, -1));
  else if (key === "Enter") return repeat || labeller.finish(), true;
  else if (key === "q") return repeat || labeller.ask(), true;
  else return false;
  return true;
}

/** What is typed becomes the case's draft, on the picture that is on the screen only. */
export function type(labeller, text) {
  if (labeller.ready) labeller.shown.draft = text.replace(",", ".").slice(0, LONGEST) || null;
  if (labeller.flashed) labeller.flash("");
  labeller.mark();
}

/** Enter: give what is typed, or go on where an answer stands. */
export function finish(labeller) {
  const { shown } = labeller;
  const { task } = labeller.data;
  if (!shown.draft) return isAnswered(shown) ? labeller.goTo(labeller.index + 1) : labeller.flash(SILENT);
  const value = Number(shown.draft);
  if (!WHOLE.test(shown.draft)) return labeller.flash(`"${shown.draft}" is no number; write it like 61.5.`);
  if ((task.low !== null && value < task.low) || (task.high !== null && value > task.high))
    return labeller.flash(`${measured(value, task)} is not taken here: give ${span(task)}.`);
  labeller.give({ answer: "value", label: null, value });
}
