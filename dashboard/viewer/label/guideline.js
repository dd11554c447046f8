// The guideline of a task, beside the image: text only, closed by its key or by Esc. One labels on while it is open.

import { element } from "../base/dom.js";

const SCROLLS = { ArrowUp: -40, ArrowDown: 40, PageUp: -300, PageDown: 300, Home: -1e6, End: 1e6 };

export class Guideline {
  constructor(over, say) {
    this.say = say;
    this.text = "";
    this.words = element("div", "rv-words");
    this.node = element("div", "rv-guideline", "", { role: "dialog", "aria-label": "Guideline", tabindex: "0" });
    const close = element("button", "rv-tool", "Close", { type: "button" });
    close.append(element("kbd", "rv-key", "g"));
    close.addEventListener("click", () => this.toggle());
    const head = element("div", "rv-head");
    head.append(element("strong", "", "Guideline"), close);
    this.node.append(head, this.words);
    this.node.hidden = true;
    over.append(this.node);
  }

  tell(text) {
    this.text = text || "";
    this.words.textContent = this.text;
    if (!this.text) this.node.hidden = true;
  }

  toggle() {
    if (!this.text) return this.say("This task has no guideline yet; write one in the sidebar.");
    this.node.hidden = !this.node.hidden;
  }

  onKey(key) {
    if (key === "g") return this.toggle(), true;
    if (this.node.hidden) return false;
    if (key === "Escape") return this.toggle(), true;
    if (!(key in SCROLLS) || !this.node.contains(this.node.getRootNode().activeElement)) return false;
    this.node.scrollBy(0, SCROLLS[key]);
    return true;
  }
}
