// Labelling: the key is answered before the network. The next image is painted, the answer travels behind.

import { Answers, button } from "./answers.js";
import { Comments } from "./comments.js";
import { Drawings } from "../draw/controller.js";
import { Filmstrip } from "./filmstrip.js";
import { alike, next, othersAbsent, put as putFinding } from "./findings.js";
import { element } from "../base/dom.js";
import { afterFrame } from "../base/frames.js";
import { Guideline } from "./guideline.js";
import { press } from "./keys.js";
import { hear } from "./outbox_events.js";
import { prefetch } from "../base/loader.js";
import { finish as finishNumber, type } from "./number_input.js";
import { Outbox } from "../base/outbox.js";
import { Queue } from "./queue.js";
import { Reasons } from "./reasons.js";
import { isAnswered, isNumber, put, standing, describe } from "./case_state.js";
import { Viewer } from "../view/viewer.js";

const SILENT = "No finding is set yet: press a digit to set one, or a to set all as absent.";

export class Labeller extends Viewer {
  constructor(root, data, send) {
    super(root, data, send);
    this.index = 0;
    this.done = []; // what was answered here and what stood before, in order: undo steps back through it
    this.progress = data.progress;
    this.notTaken = new Set(); // keys of the refused
    this.queue = new Queue(data.cases, {
      url: () => this.data.api.queue, came: () => this.more(), away: (why) => this.shown || this.say(why),
    }); // prettier-ignore
    this.makeParts();
    this.outbox = new Outbox(`${data.home}-${data.task.id}-${data.note}`, data.api, (news) => this.hear(news));
    this.comments = new Comments(this, this.outbox, data.note, (words) => this.flash(words));
    if (data.drawing) this.drawings = new Drawings(this, { ...data.drawing, outbox: this.outbox });
    this.goTo(0);
    this.hear({ waiting: this.outbox.waiting });
  }

  get cases() {
    return this.queue.cases;
  }

  makeParts() {
    const { answers, light, film } = this.parts;
    this.panel = element("div", "rv-panel");
    this.film = new Filmstrip(film, (index) => this.goTo(index), (item) => this.tellOf(item));
    this.guideline = new Guideline(light, (words) => this.flash(words));
    this.foot = element("div", "rv-row");
    this.guide = button("g", "guideline", () => this.guideline.toggle());
    this.foot.append(button("u", "undo", () => this.undo(), "rv-undo"), this.guide);
    answers.append(this.panel, this.foot);
    this.tellTask();
  }

  /** The question, its answers and its guideline, as they are now. */
  tellTask() {
    const { task } = this.data;
    this.task = JSON.stringify(task);
    this.reasons?.node.remove();
    const choose = (name) => this.unassessable(name);
    this.reasons = new Reasons(this.parts.answers, task.reasons, choose, (words) => this.flash(words));
    this.panel.after(this.reasons.node);
    this.answers = new Answers(this.panel, task, {
      answer: (position) => this.give({ answer: "label", label: position }),
      finding: (position) => this.sayOf(position), others: () => this.others(), done: () => this.finish(),
      typed: (text) => type(this, text),
      unassessable: () => this.ask(),
    }); // prettier-ignore
    this.guideline.tell(task.guideline);
    this.guide.hidden = !task.guideline;
  }

  goTo(index) {
    this.reasons.close();
    this.index = index;
    const shown = this.cases[index];
    this.queue.fetch(index);
    this.comments.open(shown);
    if (!shown) return this.end();
    this.show(shown);
    this.mark();
    const near = [1, 2, 3, -1].map((step) => this.cases[index + step]).filter(Boolean);
    prefetch(near.flatMap(middle));
  }

  end() {
    this.blank("end");
    this.say(this.queue.fetching ? "Loading the next cases …" : this.atTheEnd());
    this.mark();
  }

  atTheEnd() {
    const open = this.progress.total - this.progress.labelled;
    const have = open === 1 ? "has" : "have";
    if (open > 0) return `Last case of this list; ${open} ${have} no answer. Press ← to go back.`;
    return "All cases of this list are answered. Press ← to go back, or u to undo.";
  }

  more() {
    if (!this.shown) this.goTo(this.index);
    else this.mark();
  }

  /** A key counts only for the image that is on the screen. */
  get ready() {
    return Boolean(this.shown) && this.painted === this.shown.id;
  }

  give(said) {
    if (!this.ready) return;
    const { shown } = this;
    const before = standing(shown);
    put(shown, said);
    if (!isAnswered(before)) this.progress.labelled++;
    this.unread = "";
    this.done.push({ shown, before, key: this.outbox.post("labels", { case: shown.id, ...said }) });
    this.goTo(this.index + 1);
  }

  /** 0: a digit for the reason follows. */
  ask() {
    if (this.ready) this.reasons.open();
  }

  unassessable(reason) {
    this.give({ answer: "unassessable", label: null, reason });
  }

  get findings() {
    return this.shown?.draft || this.shown?.findings || {};
  }

  /** What is said of findings waits on the page until Enter gives it. */
  draft(findings) {
    if (!this.ready) return;
    this.shown.draft = alike(findings, this.shown.findings) ? null : findings;
    if (this.flashed) this.flash("");
    this.mark();
  }

  sayOf(position, presence = next(this.findings[position])) {
    this.draft(putFinding(this.findings, position, presence));
  }

  others() {
    this.draft(othersAbsent(this.findings, this.data.task.classes));
  }

  finish() {
    if (!this.ready) return;
    if (isNumber(this.data.task)) return finishNumber(this);
    if (!this.shown.draft && isAnswered(this.shown)) return this.goTo(this.index + 1);
    const { findings } = this;
    if (!Object.keys(findings).length) return this.flash(SILENT);
    this.give({ answer: "findings", label: null, findings });
  }

  undo() {
    if (this.shown?.draft) return (this.shown.draft = null), this.mark();
    const last = this.done.pop();
    if (!last) return this.flash("There is nothing to undo.");
    put(last.shown, last.before);
    if (!isAnswered(last.before)) this.progress.labelled--;
    this.outbox.post("undo", { case: last.shown.id });
    this.goTo(this.cases.indexOf(last.shown));
  }

  hear(news) {
    this.drawings?.hear(news);
    this.comments?.hear(news);
    hear(this, news);
    if (this.comments) this.mark();
  }

  /** The next image does not take away what is still so, nor what nobody can have read. */
  onPainted() {
    if (this.away || this.unread) this.flash(this.away || this.unread);
    if (this.comments) afterFrame(() => this.comments.fetch());
  }

  flash(words) {
    this.flashed = Boolean(words);
    this.say(words);
  }

  mark() {
    const { parts, shown } = this;
    parts.title.textContent = `${this.data.task.name} · ${this.progress.labelled} of ${this.progress.total}`;
    this.answers.mark(shown, this.findings, Boolean(shown?.draft));
    parts.now.textContent = shown ? `${shown.patient}: ${describe(shown, this.data.task).words}` : "";
    this.film.soon(this.cases, this.index);
  }

  /** A case as the strip tells of it. */
  tellOf(one) {
    const waits = this.outbox?.waitsFor(one.id);
    const answered = isAnswered(one) && !one.draft;
    const sent = waits ? "waiting" : one.refused && !answered ? "refused" : answered ? "sent" : "";
    return { ...describe(one, this.data.task), sent };
  }

  onKey(key, repeat, event) {
    return press(this, key, repeat, event) || super.onKey(key, repeat, event);
  }

  /** A rerun of the page brings fresh signatures, and perhaps another guideline; the queue in hand stays as it is. */
  update(data) {
    this.data = { ...this.data, api: data.api, task: data.task };
    if (this.task !== JSON.stringify(data.task)) {
      this.tellTask();
      this.mark();
    }
    this.outbox.urls = data.api;
    this.outbox.send();
  }

  destroy() {
    super.destroy();
    this.queue.closed = true;
    this.outbox.close();
  }
}

const middle = ({ images }) => {
  const slices = images.flatMap((image) => image.urls.map((url) => ({ image, url })));
  return slices.slice(Math.floor(slices.length / 2), Math.floor(slices.length / 2) + 1);
};
