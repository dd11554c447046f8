// Why a case cannot be assessed: 0, then a digit for the reason; Enter or 0 again for none.

import { button } from "./answers.js";
import { element } from "../base/dom.js";

export class Reasons {
  /** `choose(name)` hears of the reason, "" for none; `say` takes a sentence. */
  constructor(column, reasons, choose, say) {
    this.column = column;
    this.names = reasons.map(({ name }) => name);
    this.choose = choose;
    this.say = say;
    this.node = element("div", "rv-reasons", "", { role: "group", "aria-label": "Why it cannot be assessed" });
    this.node.append(element("div", "rv-question", "Cannot be assessed, because of …"));
    for (const [index, { name, title }] of reasons.entries())
      this.node.append(button(String(index + 1), title, () => this.done(name)));
    this.node.append(button("0", "no reason given", () => this.done("")), button("Esc", "back", () => this.close()));
    this.node.hidden = true;
  }

  get opened() {
    return !this.node.hidden;
  }

  open() {
    const focused = this.hasFocus();
    this.node.hidden = false;
    this.column.classList.add("rv-asking");
    if (focused) this.node.querySelector("button").focus();
  }

  close() {
    if (!this.opened) return;
    const focused = this.hasFocus();
    this.node.hidden = true;
    this.column.classList.remove("rv-asking");
    if (focused) this.column.querySelector("button:not([disabled]):not([hidden])")?.focus();
  }

  hasFocus() {
    return this.column.contains(this.column.getRootNode().activeElement);
  }

  done(name) {
    this.close();
    this.choose(name);
  }

  /** While it is open a digit is a reason, never an answer; whether the key was ours. */
  onKey(key) {
    if (!this.opened) return false;
    if (/^[1-9]$/.test(key)) {
      const name = this.names[Number(key) - 1];
      if (name) this.done(name);
      else this.say(`There is no reason ${key}. Press 0 for no reason, Esc to go back.`);
      return true;
    }
    if (key === "0" || key === "Enter") return this.done(""), true;
    if (["Escape", "Backspace", "u"].includes(key)) return this.close(), true;
    return key === "a" || key === "n";
  }
}
