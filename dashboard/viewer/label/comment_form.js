// The small form of a comment: it takes the keys, so that what is typed never answers.

import { element } from "../base/dom.js";

const LONGEST = 2000; // as the server takes it

export class CommentForm {
  /** `keep(text, place)` hears of a comment; `left(text)` of one that was not kept. */
  constructor(over, keep, left) {
    this.keep = keep;
    this.left = left;
    this.node = element("form", "rv-comment-form", "", { role: "dialog", "aria-label": "Comment" });
    this.about = element("strong");
    this.text = element("textarea", "", "", { rows: "4", maxlength: String(LONGEST), "aria-label": "Comment" });
    this.whole = this.button("On the case", "button", () => this.aim(null));
    const row = element("div", "rv-head");
    const leave = this.button("Cancel", "button", () => this.leave(), "Esc");
    row.append(this.button("Save", "submit", null, "Enter"), this.whole, leave);
    this.node.append(this.about, this.text, row);
    this.node.addEventListener("submit", (event) => (event.preventDefault(), this.done()));
    this.node.addEventListener("keydown", (event) => this.onKey(event));
    this.node.hidden = true;
    over.append(this.node);
  }

  button(title, type, act, key = "") {
    const made = element("button", "rv-tool", title, { type });
    if (key) made.append(element("kbd", "rv-key", key));
    if (act) made.addEventListener("click", act);
    return made;
  }

  open(text, place) {
    this.before = this.node.getRootNode().activeElement;
    this.node.hidden = false;
    this.text.value = text;
    this.aim(place);
  }

  aim(place) {
    this.place = place;
    this.whole.hidden = !place;
    const where = place ? `at ${Math.floor(place.x)}, ${Math.floor(place.y)}` : "on the case";
    this.about.textContent = `Comment ${where}`;
    this.text.focus();
  }

  onKey(event) {
    event.stopPropagation(); // Streamlit's own keys are none while somebody writes
    if (event.key === "Escape") this.leave();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === this.text) this.done();
    else return;
    event.preventDefault();
  }

  done() {
    const text = this.text.value.trim();
    if (!text) return this.text.focus();
    this.close();
    this.keep(text, this.place);
  }

  leave() {
    if (this.node.hidden) return;
    this.close();
    this.left(this.text.value);
  }

  close() {
    this.node.hidden = true;
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
  }
}
