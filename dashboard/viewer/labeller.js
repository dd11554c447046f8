// Labelling: the key is answered before the network. The next image is painted, the answer travels behind.

import { Drawings } from "./drawings.js";
import { element } from "./frame.js";
import { prefetch, sentence, trouble } from "./loader.js";
import { Outbox } from "./outbox.js";
import { Viewer } from "./viewer.js";

const AHEAD = 4;

export class Labeller extends Viewer {
  constructor(root, data, send) {
    super(root, data, send);
    this.cases = data.cases;
    this.index = 0;
    this.done = []; // cases answered here, in order: undo steps back through them
    this.progress = data.progress;
    this.refused = 0;
    this.makeAnswers();
    this.outbox = new Outbox(`${data.home}-${data.task.id}-${data.note}`, data.api, (news) => this.hear(news));
    if (data.drawing) this.drawings = new Drawings(this, { ...data.drawing, outbox: this.outbox });
    this.goTo(0);
    this.hear({ waiting: this.outbox.waiting });
  }

  makeAnswers() {
    this.buttons = new Map();
    const question = this.data.task.question || this.data.task.name;
    this.parts.answers.append(element("div", "rv-question", question));
    for (const one of this.data.task.classes) {
      const button = this.makeButton(one.position + 1, one.title, () => this.answer("label", one.position));
      button.querySelector(".rv-dot").style.background = one.colour;
      this.buttons.set(one.position, button);
    }
    this.buttons.set("unreadable", this.makeButton(0, "cannot be read", () => this.answer("unreadable", null)));
    this.parts.answers.append(element("div", "rv-gap"));
    const undo = element("button", "rv-answer rv-undo", "", { type: "button" });
    undo.append(element("kbd", "rv-key", "u"), element("span", "", "undo"));
    undo.addEventListener("click", () => this.undo());
    this.parts.answers.append(undo);
  }

  makeButton(key, title, act) {
    const button = element("button", "rv-answer", "", { type: "button", "aria-pressed": "false" });
    button.append(element("kbd", "rv-key", String(key)), element("span", "rv-dot"), element("span", "", title));
    button.addEventListener("click", act);
    this.parts.answers.append(button);
    return button;
  }

  goTo(index) {
    this.index = index;
    const shown = this.cases[index];
    this.fetchMore();
    if (!shown) return this.end();
    this.show(shown);
    this.mark();
    const near = [1, 2, 3, -1].map((step) => this.cases[index + step]).filter(Boolean);
    prefetch(near.flatMap((one) => middle(one)));
  }

  end() {
    this.blank("end");
    this.say(this.fetching ? "Loading the next cases …" : this.atTheEnd());
    this.mark();
  }

  atTheEnd() {
    const open = this.progress.total - this.progress.labelled;
    if (open > 0) return `This was the last case here; ${open} ${open === 1 ? "has" : "have"} no answer. Step back with ←.`;
    return "Everything here has an answer. Step back with ←, or undo with u.";
  }

  /** A key counts only for the image that is on the screen. */
  answer(answer, label) {
    if (!this.shown || this.painted !== this.shown.id) return;
    const shown = this.shown;
    const counted = shown.answer !== "label" && shown.answer !== "unreadable";
    Object.assign(shown, { answer, label });
    if (counted) this.progress.labelled++;
    this.done.push(shown);
    this.outbox.post("labels", { case: shown.id, answer, label });
    this.goTo(this.index + 1);
  }

  undo() {
    const last = this.done.pop();
    if (!last) return this.flash("There is nothing to undo here.");
    Object.assign(last, { answer: "withdrawn", label: null });
    this.progress.labelled--;
    this.outbox.post("undo", { case: last.id });
    this.goTo(this.cases.indexOf(last));
  }

  async fetchMore() {
    if (this.fetching || this.exhausted || this.gone || this.index + AHEAD < this.cases.length) return;
    this.fetching = true;
    try {
      const last = this.cases[this.cases.length - 1]?.id || 0;
      const answer = await fetch(`${this.data.api.queue}&after=${last}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { cases } = await answer.json();
      this.exhausted = cases.length === 0;
      this.cases.push(...cases);
    } catch (error) {
      // Still "fetching" until then: the end of the list would otherwise ask again at once, and again.
      if (!this.shown) this.say(trouble(error, "; the list goes on when it does."));
      setTimeout(() => this.fetchAgain(), 2000);
      return;
    }
    this.fetching = false;
    if (!this.shown) this.goTo(this.index);
    else this.mark();
  }

  fetchAgain() {
    this.fetching = false;
    this.fetchMore();
  }

  hear(news) {
    this.drawings?.hear(news);
    if (news.refused) this.takeBack(news.refused, news.error);
    this.root.dataset.waiting = news.waiting;
    const notTaken = this.refused ? `${this.refused} not taken` : "sent ✓";
    this.parts.sent.textContent = news.waiting ? `${news.waiting} waiting` : notTaken;
    this.parts.sent.classList.toggle("rv-waits", news.waiting > 0 || this.refused > 0);
    if (news.progress && !news.waiting) this.progress = news.progress;
    if (news.case) {
      const told = this.cases?.find((one) => one.id === news.case.id);
      if (told && !news.waiting) Object.assign(told, { answer: news.case.answer, label: news.case.label });
    }
    if (news.sent || !news.waiting) this.away = "";
    else if (news.error && !news.refused) this.away = news.error;
    if (news.error) this.flash(news.error);
    else if (news.sent && this.flashed && this.painted) this.flash("");
    if (this.buttons) this.mark();
  }

  /** The next image does not take away what is still so. */
  onPainted() {
    if (this.away) this.flash(this.away);
  }

  /** The server will never have this answer: the page must not show it as given. */
  takeBack({ kind, said }, why) {
    this.refused++;
    this.parts.sent.title = why;
    const told = this.cases.find((one) => one.id === said.case);
    if (kind !== "labels" || !told) return;
    if (told.answer === said.answer && told.label === said.label) Object.assign(told, { answer: null, label: null });
    this.progress.labelled--;
    this.done = this.done.filter((one) => one !== told);
  }

  flash(words) {
    this.flashed = Boolean(words);
    this.say(words);
  }

  mark() {
    const { parts, shown } = this;
    parts.title.textContent = `${this.data.task.name} · ${this.progress.labelled} of ${this.progress.total}`;
    for (const [answer, button] of this.buttons) {
      const pressed = shown && (shown.answer === "label" ? shown.label === answer : shown.answer === answer);
      button.setAttribute("aria-pressed", String(Boolean(pressed)));
    }
    parts.before.textContent = this.cases[this.index - 1] ? `← ${this.words(this.cases[this.index - 1])}` : "";
    parts.now.textContent = shown ? this.words(shown) : "";
    parts.after.textContent = this.cases[this.index + 1] ? `${this.words(this.cases[this.index + 1])} →` : "";
  }

  words(one) {
    const found = one.answer === "label" && this.data.task.classes.find((each) => each.position === one.label);
    const said = found ? found.title : one.answer === "unreadable" ? "cannot be read" : "no answer";
    return `${one.patient}: ${said}`;
  }

  onKey(key, repeat, event) {
    if (event?.shiftKey && key.startsWith("Arrow")) return super.onKey(key, repeat, event);
    if (/^[0-9]$/.test(key)) {
      const position = Number(key) - 1;
      if (repeat) return true; // a key held down answers once
      if (key === "0") this.answer("unreadable", null);
      else if (this.buttons.has(position)) this.answer("label", position);
      else this.flash(`There is no answer ${key} in this task.`);
      return true;
    }
    if (key === "u" || key === "Backspace") return repeat || this.undo(), true;
    if (key === "ArrowRight" && this.index < this.cases.length) return this.goTo(this.index + 1), true;
    if (key === "ArrowLeft") return this.index > 0 && this.goTo(this.index - 1), true;
    return super.onKey(key, repeat, event);
  }

  /** A rerun of the page brings fresh signatures; the queue in hand stays as it is. */
  update(data) {
    this.data = { ...this.data, api: data.api };
    this.outbox.urls = data.api;
    this.outbox.send();
  }

  destroy() {
    super.destroy();
    this.gone = true;
    this.outbox.close();
  }
}

const middle = (one) => {
  const slices = one.images.flatMap((image) => image.urls.map((url) => ({ image, url })));
  return slices.slice(Math.floor(slices.length / 2), Math.floor(slices.length / 2) + 1);
};
