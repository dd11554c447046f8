// Masks as pictures: a canvas at the image's resolution, of which only a changed rectangle is written again.

import { Mask } from "./mask.js";

const KEPT = 16;
const FILL = 96; // of 255: what lies under it stays readable
const EDGE = 255;

const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** A part of a mask on a canvas of its own: the whole for a brush, what is set for one that only stands there. */
export class Picture {
  constructor(mask, colour, part = { left: 0, top: 0, right: mask.columns, bottom: mask.rows }) {
    this.mask = mask;
    this.colour = rgb(colour);
    this.part = part;
    this.canvas = document.createElement("canvas");
    this.canvas.width = Math.max(1, part.right - part.left);
    this.canvas.height = Math.max(1, part.bottom - part.top);
    this.measure();
    this.write(this.extent);
  }

  /** What is set now lies in this rectangle. */
  measure() {
    this.extent = this.mask.extent();
  }

  /** Write a rectangle anew, a pixel more on each side, where edges may have come or gone. */
  write({ left, top, right, bottom }) {
    const { part, mask } = this;
    const [x0, y0] = [Math.max(part.left, left - 1), Math.max(part.top, top - 1)];
    const [x1, y1] = [Math.min(part.right, right + 1), Math.min(part.bottom, bottom + 1)];
    if (x1 <= x0 || y1 <= y0) return;
    const picture = new ImageData(x1 - x0, y1 - y0);
    const [red, green, blue] = this.colour;
    for (let x = x0; x < x1; x++)
      for (let y = y0; y < y1; y++) {
        if (!mask.bits[x * mask.rows + y]) continue;
        const at = ((y - y0) * (x1 - x0) + x - x0) * 4;
        picture.data[at] = red;
        picture.data[at + 1] = green;
        picture.data[at + 2] = blue;
        picture.data[at + 3] = this.isEdge(x, y) ? EDGE : FILL;
      }
    this.canvas.getContext("2d").putImageData(picture, x0 - part.left, y0 - part.top);
  }

  isEdge(x, y) {
    const { bits, rows, columns } = this.mask;
    const at = x * rows + y;
    const inner = x > 0 && y > 0 && x < columns - 1 && y < rows - 1;
    return !inner || !(bits[at - 1] && bits[at + 1] && bits[at - rows] && bits[at + rows]);
  }
}

/** Pictures of masks that stand, the last few used: by geometry, which is never changed in place. */
export class Pictures {
  constructor() {
    this.cached = new Map();
  }

  of(geometry, image, colour) {
    const known = this.cached.get(geometry);
    this.cached.delete(geometry);
    const entry = known?.colour === colour ? known : { colour, picture: this.make(geometry, image, colour) };
    this.cached.set(geometry, entry);
    if (this.cached.size > KEPT) this.cached.delete(this.cached.keys().next().value);
    return entry.picture;
  }

  make(geometry, image, colour) {
    const mask = new Mask(image, geometry.counts);
    const picture = new Picture(mask, colour, mask.extent());
    picture.mask = null; // its bytes are not wanted any more
    return picture;
  }
}
