// The hand that chooses and changes: a click finds a drawing, a drag moves it or one of its handles, arrows nudge it.

import { Mask, isSet } from "./mask.js";
import { dragged, handles, moved, stretched, turnedBy, without } from "./edit.js";
import { area, fromOutline, inside, outline } from "./geometry.js";
import { isOn, same } from "./store.js";

const GRIP = 9; // CSS pixels around a handle
const LINE = 6; // and beside a line
export const REACH = 26; // from an ellipse to the handle that turns it
const REST_MS = 600; // after the last arrow a move is one version

/** A length in CSS pixels as one in pixels of the image, along its columns. */
export function inImage(pane, length) {
  const [[ax, ay], [bx, by]] = [pane.toScreen([0, 0]), pane.toScreen([0, 1])];
  return length / Math.hypot(bx - ax, by - ay);
}

/** The drawing under a place of the pane: the nearest line first, else the smallest that holds the place. */
export function find(drawings, pane, at) {
  const place = pane.toScreen(at);
  const near = drawings.map((drawing) => ({ drawing, ...apart(drawing, pane, at, place) }));
  const hits = near.filter(({ away }) => away < Infinity);
  hits.sort((a, b) => a.away - b.away || a.size - b.size);
  return hits[0]?.drawing || null;
}

function apart({ shape, geometry }, pane, at, place) {
  if (shape === "mask") {
    const { columns, rows } = pane.slice.image;
    const [column, row] = at.map(Math.floor);
    const seen = column >= 0 && row >= 0 && column < columns && row < rows;
    const holds = seen && isSet(geometry.counts, rows, column, row);
    return { away: holds ? LINE : Infinity, size: 0 };
  }
  const points = outline(shape, geometry).map((point) => pane.toScreen(point));
  const away = fromOutline(place, points);
  if (away <= (shape === "point" ? GRIP : LINE)) return { away, size: 0 };
  return { away: shape !== "point" && inside(place, points) ? LINE + 1 : Infinity, size: area(points) };
}

const isFlat = (shape, { points }) =>
  (shape === "box" || shape === "ellipse") && (points[0][0] === points[1][0] || points[0][1] === points[1][1]);

export class Chooser {
  constructor(book) {
    this.book = book;
    this.grip = null; // {drawing, handle?, from}: what the pointer holds
    this.edit = null; // {key, slice, geometry, by?}: how it looks meanwhile; of a mask by how much it is moved
  }

  get busy() {
    return Boolean(this.grip || this.edit);
  }

  press(pane, at, { alt }) {
    this.settle();
    const { chosen } = this.book;
    const place = pane.toScreen(at);
    const near = ({ at: [x, y] }) => Math.hypot(x - place[0], y - place[1]);
    const grips = chosen && isOn(chosen, pane.slice) ? handles(chosen, inImage(pane, REACH)) : [];
    const seen = grips.map((handle) => ({ handle, away: near({ at: pane.toScreen(handle.at) }) }));
    const [best] = seen.filter(({ away }) => away <= GRIP).sort((a, b) => a.away - b.away);
    if (best && alt && best.handle.kind === "corner") return this.takeOut(chosen, best.handle);
    const drawing = best ? chosen : find(this.book.of(pane.slice), pane, at);
    this.book.choose(drawing);
    this.grip = drawing && { drawing, handle: best?.handle, from: at, slice: pane.slice };
  }

  takeOut(drawing, { index }) {
    const geometry = without(drawing.geometry, index);
    if (geometry === drawing.geometry) this.book.say("A polygon needs at least three corners; Delete erases the drawing.");
    else this.book.change(drawing, { geometry });
  }

  pass(pane, at, isDown) {
    const { grip } = this;
    if (!grip || !isDown || !same(pane.slice, grip.slice)) return;
    const { drawing, handle, from } = grip;
    const { image } = pane.slice;
    const by = [at[0] - from[0], at[1] - from[1]];
    if (drawing.shape === "mask") this.edit = { ...drawing, slice: pane.slice, by: by.map(Math.round) };
    else {
      const geometry = handle ? dragged(drawing, handle, at, image) : moved(drawing.geometry, by, image);
      this.edit = { ...drawing, slice: pane.slice, geometry };
    }
    this.book.redraw();
  }

  leave(pane, _at, far) {
    const { grip } = this;
    this.grip = null;
    if (grip && !same(pane.slice, grip.slice)) this.book.say("The image has changed; nothing was moved.");
    if (!far || !grip || !same(pane.slice, grip.slice)) this.edit = null;
    this.settle();
  }

  /** Arrows: move the chosen drawing, or (`larger`) its right and lower side; a burst of them is one version. */
  nudge(slice, step, larger) {
    const { chosen } = this.book;
    const now = this.edit?.key === chosen.key ? this.edit : { ...chosen, slice };
    const { image } = slice;
    if (chosen.shape === "mask") {
      if (larger) return this.book.say("Use the brush (m) to enlarge a mask.");
      const [dx, dy] = now.by || [0, 0];
      this.edit = { ...now, by: [dx + step[0], dy + step[1]] };
    } else this.edit = { ...now, geometry: (larger ? stretched : moved)(now.geometry, step, image) };
    this.later();
  }

  turn(slice, degrees) {
    const { chosen } = this.book;
    const now = this.edit?.key === chosen.key ? this.edit : { ...chosen, slice };
    this.edit = { ...now, geometry: turnedBy(now.geometry, degrees) };
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), REST_MS);
    this.book.redraw();
  }

  /** What was moved becomes a version. */
  settle() {
    clearTimeout(this.timer);
    const { edit } = this;
    this.edit = null;
    const drawing = edit && this.book.standing(edit.key);
    if (drawing) {
      const geometry = edit.by ? this.shifted(edit) : edit.geometry;
      if (!geometry) this.book.say("The mask cannot be moved outside the image.");
      else if (isFlat(drawing.shape, geometry)) this.book.say(`The ${drawing.shape} would have no area; it stays as it was.`);
      else if (JSON.stringify(geometry) !== JSON.stringify(drawing.geometry)) this.book.change(drawing, { geometry });
    }
    this.book.redraw();
  }

  shifted({ slice, geometry, by }) {
    const mask = new Mask(slice.image, geometry.counts).moved(by);
    return mask.empty ? null : mask.geometry;
  }

  back() {
    return false;
  }

  cancel() {
    const { busy } = this;
    clearTimeout(this.timer);
    this.grip = this.edit = null;
    this.book.redraw();
    return busy;
  }
}
