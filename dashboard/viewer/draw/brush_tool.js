// The hand with the brush: strokes into the chosen mask, or into a new one.

import { Mask } from "./mask.js";
import { Picture } from "./mask_canvas.js";
import { isOn, same } from "./store.js";
import { newKey } from "../base/outbox.js";

const LEAST = 0.5; // radius: one pixel
const MOST = 400;

export class Brush {
  constructor(book) {
    this.book = book;
    this.radius = 8; // in pixels of the image
    this.work = null; // {key, slice, mask, picture}: the mask under the brush, at the image's resolution
    this.stroke = null; // {last, value}
  }

  get busy() {
    return Boolean(this.stroke);
  }

  size(factor) {
    const step = Math.max(0.5, Math.abs(this.radius * (factor - 1))) * Math.sign(factor - 1);
    this.radius = Math.min(MOST, Math.max(LEAST, Math.round((this.radius + step) * 2) / 2));
    this.book.redraw();
  }

  press(pane, at, { shift }) {
    this.take(pane.slice);
    if (shift && this.work.mask.empty) return this.book.say("Nothing to erase; paint first, or select a mask.");
    this.stroke = { last: at, value: shift ? 0 : 1 };
    this.pass(pane, at, true);
  }

  pass(pane, at, isDown) {
    const { stroke, work } = this;
    if (stroke && isDown && same(pane.slice, work.slice)) {
      work.picture.write(work.mask.sweep(stroke.last, at, this.radius, stroke.value));
      stroke.last = at;
    }
    this.book.redraw();
  }

  leave(pane) {
    const { stroke, work } = this;
    this.stroke = null;
    if (!stroke) return;
    if (!same(pane.slice, work.slice)) return this.forget("The image has changed; paint again.");
    const before = this.book.standing(work.key);
    if (work.mask.empty) {
      if (before) this.book.erase(before);
      return this.forget();
    }
    const { geometry } = work.mask;
    work.geometry = geometry;
    work.picture.measure();
    if (before) this.book.change(before, { geometry });
    else this.book.finish(work.slice, "mask", geometry, work.key);
  }

  /** Make the chosen mask ready for the brush, else a new one. */
  take(slice) {
    const chosen = this.book.chosen?.shape === "mask" && isOn(this.book.chosen, slice) ? this.book.chosen : null;
    const colour = this.book.colourOf(chosen ? chosen.label : this.book.label);
    const { work } = this;
    if (chosen && work?.geometry === chosen.geometry && work.colour === colour) return;
    const mask = new Mask(slice.image, chosen?.geometry.counts);
    this.work = { key: chosen?.key || newKey(), slice, mask, picture: new Picture(mask, colour), colour };
    this.work.geometry = chosen?.geometry;
  }

  forget(why) {
    this.work = null;
    this.stroke = null;
    if (why) this.book.say(why);
    this.book.redraw();
  }

  back() {
    return this.cancel();
  }

  /** The stroke is not there any more: the mask stands as it did before. */
  cancel() {
    const { busy } = this;
    if (busy) this.forget();
    return busy;
  }
}
