// The hand that draws new shapes: corners set, lines drawn, by the pointer and by the crosshair alike.

import { fromCorners } from "./edit.js";
import { bounds, round, simplify, within } from "./geometry.js";
import { same } from "./store.js";

const CLOSING = 9; // CSS pixels from the first corner at which a polygon closes
const NEAR = 0.6; // CSS pixels that a freehand line may be off

export class Hand {
  constructor(book) {
    this.book = book;
    this.begun = null; // {shape, slice, points, next}: `next` is where the pointer is
  }

  get busy() {
    return Boolean(this.begun);
  }

  /** A button or Enter goes down at a place of the image. */
  press(pane, at, how) {
    const { slice } = pane;
    const { shape } = this.book.tool;
    const place = within(at, slice.image);
    if (this.begun && !same(this.begun.slice, slice)) return this.elsewhere();
    if (shape === "point") return this.point(slice, at, place);
    if (!this.begun) this.begun = { shape, slice, points: [place], next: place };
    else if (shape === "polygon") return this.corner(pane, place, how);
    else Object.assign(this.begun, { next: place, twice: true }); // a click set the first corner: this sets the other
    this.book.redraw();
  }

  /** It moves. `isDown`: with the button down. */
  pass(pane, at, isDown) {
    const { begun } = this;
    if (!begun || !same(begun.slice, pane.slice)) return;
    const place = within(at, begun.slice.image);
    begun.next = place;
    if (begun.shape === "freehand" && isDown) begun.points.push(place);
    this.book.redraw();
  }

  /** It goes up; `far` from where it went down, or not. */
  leave(pane, at, far) {
    const { begun } = this;
    if (!begun || begun.shape === "polygon") return;
    if (!same(begun.slice, pane.slice)) return this.drop("The image has changed; draw again.");
    if (begun.shape === "freehand") return this.line(pane);
    if (begun.twice || far) this.frame(within(at, begun.slice.image));
  }

  point(slice, [x, y], place) {
    const { columns, rows } = slice.image;
    if (x < 0 || y < 0 || x > columns || y > rows) return this.book.say("A point must be on the image.");
    this.book.finish(slice, "point", { points: [place] });
  }

  frame(place) {
    const { shape, slice, points } = this.begun;
    const [left, top, right, bottom] = bounds([points[0], place]);
    if (left === right || top === bottom) return this.drop(`The ${shape} has no area; drag from corner to corner.`);
    this.end(slice, shape, fromCorners(shape, [points[0], place]));
  }

  corner(pane, place, { twice }) {
    const { points } = this.begun;
    const [first, last] = [points[0], points.at(-1)].map((point) => distance(pane, point, place));
    const closes = twice || last < 0.01 || (points.length > 2 && first <= CLOSING);
    if (closes) return this.close();
    points.push(place);
    this.begun.next = place;
    this.book.redraw();
  }

  /** Close the polygon; says whether there was one. */
  close() {
    if (this.begun?.shape !== "polygon") return false;
    const { slice, points } = this.begun;
    if (points.length < 3) this.book.say("A polygon needs at least three corners; add one, or press Esc to cancel.");
    else this.end(slice, "polygon", { points });
    return true;
  }

  line(pane) {
    const { slice, points } = this.begun;
    const [left, right] = [pane.toScreen([0, 0]), pane.toScreen([1, 0])];
    const scale = Math.hypot(right[0] - left[0], right[1] - left[1]);
    const outline = simplify(points, NEAR / scale).filter((point, at, all) => !at || differ(point, all[at - 1]));
    if (outline.length > 1 && !differ(outline[0], outline.at(-1))) outline.pop();
    if (outline.length < 3) return this.drop("The contour encloses no area; draw around the finding.");
    this.end(slice, "freehand", { points: outline.map((point) => point.map(round)) });
  }

  /** Take the last corner back; says whether there was one. */
  back() {
    if (!this.begun) return false;
    if (this.begun.shape !== "polygon" || this.begun.points.length < 2) return this.cancel();
    this.begun.points.pop();
    this.book.redraw();
    return true;
  }

  end(slice, shape, geometry) {
    this.begun = null;
    this.book.finish(slice, shape, geometry);
  }

  drop(why) {
    this.cancel();
    this.book.say(why);
  }

  elsewhere() {
    this.book.say(`The ${this.begun.shape} was started on another image; finish it there, or press Esc to cancel.`);
  }

  cancel() {
    const busy = this.busy;
    this.begun = null;
    this.book.redraw();
    return busy;
  }
}

const differ = ([ax, ay], [bx, by]) => ax !== bx || ay !== by;

function distance(pane, first, second) {
  const [[ax, ay], [bx, by]] = [pane.toScreen(first), pane.toScreen(second)];
  return Math.hypot(ax - bx, ay - by);
}
