// Drawing on the image: what stands on a case, which tool is in hand, what is chosen, and what each act becomes.

import { DrawBar, TOOLS } from "./toolbar.js";
import { Crosshair, asSeen } from "./crosshair.js";
import { Hand } from "./create_tool.js";
import { History } from "./history.js";
import { press } from "./keys.js";
import { Brush } from "./brush_tool.js";
import { pointer } from "./pointer.js";
import { Chooser } from "./select_tool.js";
import { Store, isOn, same } from "./store.js";
import { View } from "./layer.js";
import { tool } from "../base/dom.js";
import { newKey } from "../base/outbox.js";

const NO_CLASS = "#ffffff";

export class Drawings {
  /** The `task` and its `classes`, the `reader` who draws, the `outbox` that carries what is drawn. */
  constructor(viewer, { task, classes, reader, outbox }) {
    Object.assign(this, { viewer, task, classes, reader, outbox });
    [this.on, this.hidden, this.spaced, this.spoke] = [false, false, false, false];
    this.tool = TOOLS[0];
    this.label = null;
    this.histories = new Map();
    this.hands = { chooser: new Chooser(this), hand: new Hand(this), brush: new Brush(this) };
    this.crosshair = new Crosshair(this);
    this.store = new Store(outbox, reader, () => this.changed(), (words) => this.say(words)); // prettier-ignore
    this.view = new View(this);
    this.bar = new DrawBar(this);
    viewer.parts.bar.after(this.bar.node);
    this.button = tool("Draw", "d", "Draw on the image", (event) => (this.toggle(), this.focus(event)), "rv-tool-draw");
    viewer.parts.tools.prepend(this.button);
    this.ask = (key, event) => press(this, key, event);
    viewer.keymaps.push(this.ask);
    for (const pane of viewer.panes) this.attach(pane);
    this.listen();
  }

  listen() {
    this.gone = new AbortController();
    const { signal } = this.gone;
    window.addEventListener("keyup", ({ key }) => key === " " && this.space(false), { signal });
    window.addEventListener("blur", () => this.space(false), { signal });
    window.addEventListener("pagehide", () => this.hands.chooser.settle(), { signal }); // into the outbox, which keeps
  }

  attach(pane) {
    this.view.attach(pane);
    if (this.on) pane.tool = pointer(this, pane);
  }

  /** Another case is shown, or none. */
  open(shown) {
    this.settle();
    this.hands.brush.forget();
    this.crosshair.hide();
    this.selected = null;
    this.store.open(shown);
  }

  /** A pane shows another slice: a brush's mask of the last one is put away. */
  slid(pane) {
    const { brush } = this.hands;
    if (pane === this.viewer.active && brush.work && !brush.busy && !same(brush.work.slice, pane.slice)) brush.forget();
  }

  get inHand() {
    return this.hands[this.tool.hand];
  }

  get chosen() {
    return this.store.standing.get(this.selected) || null;
  }

  get history() {
    if (!this.histories.has(this.store.case)) this.histories.set(this.store.case, new History());
    return this.histories.get(this.store.case);
  }

  get chosenHere() {
    const { slice, painted } = this.viewer.active;
    return this.chosen && painted && isOn(this.chosen, slice) ? this.chosen : null;
  }

  standing = (key) => this.store.standing.get(key);
  of = (slice) => [...this.store.standing.values()].filter((drawing) => isOn(drawing, slice));
  classAt = (label) => this.classes.find(({ position }) => position === label);
  colourOf = (label) => this.classAt(label)?.colour || NO_CLASS;
  titleOf = (label) => this.classAt(label)?.title || "";
  redraw = () => this.view.redraw();
  jump = (step) => this.view.jump(step);

  /** Whether the pane shows what would be drawn on: never on a picture that is not painted. */
  ready(pane) {
    const right = pane.painted && this.store.case !== null && this.store.case === this.viewer.shown?.id;
    if (!right) this.say("The image is still loading; draw when it is shown.");
    return right;
  }

  changed() {
    this.bar.tell();
    this.view.markAll();
    this.redraw();
  }

  say(words) {
    this.spoke = Boolean(words);
    return this.viewer.say(words);
  }

  /** What drawing said last is over with the next act. */
  quiet() {
    if (this.spoke) this.say("");
  }

  toggle() {
    this.settle();
    this.on = !this.on;
    this.hidden = false;
    this.selected = null;
    this.crosshair.hide();
    this.space(false);
    if (this.on) this.viewer.unmeasure();
    for (const pane of this.viewer.panes) pane.tool = this.on ? pointer(this, pane) : null;
    this.viewer.root.dataset.tool = this.on ? "draw" : "";
    this.button.setAttribute("aria-pressed", String(this.on));
    this.take(TOOLS[0]);
  }

  /** Nothing stays half done: a move becomes a version, what was begun is dropped. */
  settle() {
    this.hands.chooser.settle();
    for (const hand of Object.values(this.hands)) hand.cancel();
  }

  take(wanted) {
    this.settle();
    this.tool = wanted;
    if (this.crosshair.seen && wanted.hand !== "chooser") this.crosshair.snap();
    else this.crosshair.hide();
    this.viewer.root.dataset.drawing = this.on ? wanted.name.toLowerCase() : "";
    this.changed();
  }

  hide() {
    this.hidden = !this.hidden;
    this.say(this.hidden ? "Drawings are hidden; press D to show them." : "");
    this.redraw();
  }

  choose(drawing) {
    this.selected = drawing?.key || null;
    this.changed();
  }

  /** The class of the chosen drawing where one is in hand, and of all that is drawn from now on. */
  classify(label) {
    this.hands.chooser.settle();
    this.label = label;
    if (this.tool.hand !== "chooser") this.selected = null; // the brush's next stroke begins a mask of its own
    else if (this.chosen && this.chosen.label !== label) this.change(this.chosen, { label });
    this.changed();
  }

  digit(digit) {
    const known = digit === 0 || (this.classAt(digit - 1) && !this.classAt(digit - 1).retired);
    if (known) this.classify(digit ? digit - 1 : null);
    else this.say(`There is no class ${digit} in this task.`);
  }

  /** A new drawing is finished. */
  finish({ image, frame }, shape, geometry, key = newKey()) {
    const drawing = { key, image: image.id, frame, shape, geometry, label: this.label };
    this.selected = key;
    this.history.add(null, drawing);
    this.store.post(drawing);
  }

  change(drawing, changes) {
    const after = { ...drawing, ...changes };
    this.history.add(drawing, after);
    this.store.post(after);
  }

  erase(drawing) {
    this.history.add(drawing, null);
    this.store.post(drawing, true);
  }

  eraseChosen() {
    this.settle();
    if (this.chosen) this.erase(this.chosen);
    else this.say("No drawing is selected; press Tab to select one.");
  }

  undo() {
    this.hands.chooser.settle();
    if (!this.inHand.back()) this.step(this.history.undo(), "before", "There is nothing to undo in this case.");
  }

  redo() {
    this.settle();
    this.step(this.history.redo(), "after", "There is nothing to redo in this case.");
  }

  /** A step back or forth is one more version; its slice is shown. */
  step(step, which, none) {
    if (!step) return this.say(none);
    const version = step[which];
    const about = step.before || step.after;
    this.view.goTo(about);
    this.selected = version?.key || null;
    this.store.post(version || about, !version);
  }

  /** The next drawing on the picture is chosen; says whether there is one. */
  cycle(step) {
    const { slice, painted } = this.viewer.active;
    const all = painted ? this.of(slice) : [];
    if (!all.length) return false;
    if (this.tool.hand !== "chooser") this.take(TOOLS[0]);
    this.hands.chooser.settle();
    const now = all.findIndex(({ key }) => key === this.selected);
    this.choose(all[(now < 0 && step < 0 ? all.length - 1 : now + step + all.length) % all.length]);
    return true;
  }

  nudge(step, larger) {
    const seen = asSeen(this.viewer.active, step);
    const grows = step[0] + step[1] > 0 ? 1 : -1;
    const by = larger ? seen.map((part) => Math.abs(part) * grows) : seen;
    this.hands.chooser.nudge(this.viewer.active.slice, by, larger);
  }

  widen(factor) {
    this.hands.brush.size(factor);
    this.bar.tell();
  }

  turn(degrees) {
    if (this.chosenHere?.shape === "ellipse") this.hands.chooser.turn(this.viewer.active.slice, degrees);
  }

  back() {
    if (!this.inHand.back()) this.say("No drawing in progress; Delete erases the selected drawing, Ctrl+Z undoes a stroke.");
  }

  /** What is begun, then what is chosen, then drawing itself. */
  escape() {
    this.crosshair.isDown = false;
    if (this.inHand.cancel()) return;
    if (this.selected) this.choose(null);
    else this.toggle();
  }

  space(isDown) {
    this.spaced = isDown;
    for (const pane of this.viewer.panes) pane.node.classList.toggle("rv-grab", isDown);
  }

  /** After a click on the bar the keys are for the picture again. */
  focus(event) {
    if (event.detail) this.viewer.active.node.focus({ preventScroll: true });
  }

  /** News of the outbox. */
  hear(news) {
    if (news.refused?.kind === "drawings") this.histories.get(news.refused.said.case)?.forget(news.refused.said.key);
    this.store.hear(news);
  }

  close() {
    if (this.on) this.toggle();
    this.closed = true;
    this.gone.abort();
    this.store.close();
    this.view.close();
    this.bar.node.remove();
    this.button.remove();
    this.viewer.keymaps = this.viewer.keymaps.filter((ask) => ask !== this.ask);
  }
}
