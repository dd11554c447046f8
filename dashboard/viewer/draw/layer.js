// The drawings over the panes: painted, counted at the slice's number, and jumped to.

import { paint, paintBegun, paintCrosshair, paintRim } from "./renderer.js";
import { Pictures } from "./mask_canvas.js";
import { isOn, same } from "./store.js";
import { element } from "../base/dom.js";

export class View {
  constructor(book) {
    this.book = book;
    this.pictures = new Pictures();
    this.marks = new Map(); // pane → the element that tells how many drawings its stack holds
  }

  ink = (context, pane) => this.paint(context, pane);

  /** A pane that is new. */
  attach(pane) {
    const mark = element("div", "rv-marks");
    pane.node.append(mark);
    this.marks.set(pane, mark);
    pane.inks.push(this.ink);
    pane.onShown.push(() => this.shown(pane));
    pane.node.addEventListener("pointerleave", () => this.book.on && this.redraw());
  }

  shown(pane) {
    this.book.slid(pane);
    this.mark(pane);
    pane.redrawInk();
  }

  /** Once a frame, however much has changed. */
  redraw() {
    this.frameRequest ??= requestAnimationFrame(() => {
      this.frameRequest = null;
      for (const pane of this.book.viewer.panes) if (pane.stack) pane.redrawInk();
    });
  }

  paint(context, pane) {
    const { book } = this;
    if (!pane.painted || book.closed) return false;
    const seen = book.hidden ? [] : this.seen(pane);
    for (const drawing of seen) paint(context, pane, drawing);
    if (book.on && pane === book.viewer.active) this.paintHand(context, pane);
    return seen.length > 0 || book.on;
  }

  /** What is painted on a pane: as it stands, or as it is being changed; the chosen one over the others. */
  seen(pane) {
    const { book } = this;
    const { edit } = book.hands.chooser;
    const { work, busy } = book.hands.brush;
    const all = book.of(pane.slice).map((drawing) => (edit?.key === drawing.key ? { ...drawing, ...edit } : drawing));
    if (busy && same(work.slice, pane.slice) && !book.standing(work.key))
      all.push({ key: work.key, shape: "mask", label: book.label, reader: book.reader });
    const dressed = all.map((drawing) => this.dress(drawing, pane));
    return dressed.sort((a, b) => a.chosen - b.chosen);
  }

  dress(drawing, pane) {
    const { book } = this;
    const colour = book.colourOf(drawing.label);
    const chosen = book.on && drawing.key === book.selected;
    const theirs = drawing.reader && drawing.reader !== book.reader ? drawing.reader : "";
    const words = [book.titleOf(drawing.label), theirs].filter(Boolean).join(" · ");
    const dressed = { ...drawing, colour, chosen, words, handled: chosen && book.tool.hand === "chooser" };
    if (drawing.shape === "mask") dressed.picture = this.picture(drawing, pane, colour);
    return dressed;
  }

  picture({ key, geometry }, pane, colour) {
    const { work, busy } = this.book.hands.brush;
    const isEdited = work?.key === key && work.colour === colour && (busy || work.geometry === geometry);
    return isEdited ? work.picture : this.pictures.of(geometry, pane.slice.image, colour);
  }

  paintHand(context, pane) {
    const { book } = this;
    const { begun } = book.hands.hand;
    const colour = book.colourOf(book.label);
    if (begun && same(begun.slice, pane.slice)) paintBegun(context, pane, begun, colour);
    const at = book.crosshair.seen ? book.crosshair.at : pane.pointer && pane.toImage(pane.pointer);
    if (book.tool.shape === "mask" && at) paintRim(context, pane, at, book.hands.brush.radius, colour);
    if (book.crosshair.seen) paintCrosshair(context, pane, book.crosshair.at);
  }

  /** The slices of a pane's stack that hold drawings, in order, and how many drawings they hold together. */
  marked(pane) {
    const places = new Map(pane.stack.slices.map(({ image, frame }, index) => [`${image.id}:${frame}`, index]));
    const all = [...this.book.store.standing.values()].map(({ image, frame }) => places.get(`${image}:${frame}`));
    const known = all.filter((index) => index !== undefined);
    return { count: known.length, slices: [...new Set(known)].sort((a, b) => a - b) };
  }

  mark(pane) {
    const { count } = pane.stack ? this.marked(pane) : { count: 0 };
    const drawings = count === 1 ? "1 drawing" : `${count} drawings`;
    const keys = pane.stack?.slices.length > 1 ? "  < >" : "";
    this.marks.get(pane).textContent = count ? drawings + keys : "";
  }

  markAll() {
    for (const pane of this.book.viewer.panes) if (this.marks.has(pane)) this.mark(pane);
  }

  /** To the slice before or after that holds a drawing; says whether there are any in a stack. */
  jump(step) {
    const pane = this.book.viewer.active;
    if (!pane.stack || pane.stack.slices.length < 2) return false;
    const { slices } = this.marked(pane);
    const ahead = step > 0 ? slices.find((at) => at > pane.at) : slices.findLast((at) => at < pane.at);
    if (ahead !== undefined) this.book.viewer.scroll(ahead - pane.at);
    else this.book.say(slices.length ? `No drawing on ${step > 0 ? "later" : "earlier"} slices.` : "No drawing in this stack.");
    return true;
  }

  /** Show the slice of a drawing where no pane does. */
  goTo(drawing) {
    const pane = this.book.viewer.active;
    if (this.book.viewer.panes.some((other) => other.slice && isOn(drawing, other.slice))) return;
    const index = pane.stack?.slices.findIndex((slice) => isOn(drawing, slice)) ?? -1;
    if (index >= 0) this.book.viewer.scroll(index - pane.at);
  }

  close() {
    for (const [pane, mark] of this.marks) {
      pane.inks = pane.inks.filter((ink) => ink !== this.ink);
      mark.remove();
    }
  }
}
