// The answers beside the image: one of several, a step of a scale, a state of each finding, or a number.

import { element } from "../base/dom.js";
import { SIGNS, WORDS } from "./findings.js";
import { NumberField } from "./number_input.js";
import { isNumber } from "./case_state.js";

export class Answers {
  /** `act`: what the buttons do: {answer(position), finding(position), others(), done(), typed(text), unassessable()}. */
  constructor(node, task, act) {
    this.several = task.kind === "multi";
    this.buttons = new Map();
    node.replaceChildren(element("div", "rv-question", task.question || task.name));
    const list = element("div", `rv-list rv-list-${task.kind}`, "", { role: "group", "aria-label": "Answers" });
    for (const item of task.classes) list.append(this.makeChoice(item, act));
    node.append(list);
    if (isNumber(task)) {
      this.number = new NumberField(task, act);
      this.done = button("Enter", "done", () => act.done(), "rv-done");
      node.append(this.number.node, this.done);
    }
    if (this.several) {
      this.done = button("Enter", "done", () => act.done(), "rv-done");
      const row = element("div", "rv-row");
      row.append(button("a", "others absent", () => act.others(), "rv-others"), this.done);
      node.append(row);
    }
    this.unassessable = choice(isNumber(task) ? "q" : 0, "cannot be assessed", () => act.unassessable());
    node.append(this.unassessable);
  }

  makeChoice(item, act) {
    const made = choice(item.position + 1, item.title, () =>
      this.several ? act.finding(item.position) : act.answer(item.position),
    );
    made.querySelector(".rv-dot").style.background = item.colour;
    if (this.several) {
      made.removeAttribute("aria-pressed");
      made.append(element("span", "rv-presence"));
    }
    if (item.retired) {
      made.disabled = true;
      made.append(element("span", "rv-retired", "retired"));
    }
    this.buttons.set(item.position, { node: made, item });
    return made;
  }

  /** Whether a key of this position answers. */
  takes(position) {
    return this.buttons.has(position) && !this.buttons.get(position).item.retired;
  }

  /** Show what is said of a case, or of none. */
  mark(shown, findings, waits) {
    for (const [position, { node, item }] of this.buttons) {
      const presence = findings[position] || "";
      const chosen = this.several ? Boolean(presence) : shown?.answer === "label" && shown.label === position;
      node.hidden = item.retired && !chosen; // a retired class is shown only where it was answered
      if (this.several) tellPresence(node, item, presence);
      else node.setAttribute("aria-pressed", String(chosen));
    }
    this.number?.mark(shown);
    this.unassessable.setAttribute("aria-pressed", String(shown?.answer === "unassessable"));
    this.done?.classList.toggle("rv-ready", waits);
  }
}

function tellPresence(node, item, presence) {
  node.dataset.presence = presence;
  node.querySelector(".rv-presence").textContent = `${SIGNS[presence]} ${WORDS[presence]}`;
  node.setAttribute("aria-label", `${item.title}: ${WORDS[presence]}`);
}

function choice(key, title, act) {
  const made = button(String(key), title, act, "", { "aria-pressed": "false" });
  made.querySelector(".rv-key").after(element("span", "rv-dot"));
  return made;
}

/** A button with its key. The mouse presses it and leaves the focus where it is: Enter stays the reader's. */
export function button(key, title, act, name = "", more = {}) {
  const made = element("button", `rv-answer ${name}`.trim(), "", { type: "button", ...more });
  made.append(element("kbd", "rv-key", key), element("span", "rv-name", title));
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", act);
  return made;
}
