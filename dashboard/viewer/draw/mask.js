// A mask: one byte per pixel, column by column, as COCO counts its run lengths; painted only where it changed.

import { fromSegment } from "./geometry.js";

/** Run lengths by columns, starting with how many are clear, to bytes. */
export function decode(counts, size) {
  const bits = new Uint8Array(size);
  let at = 0;
  counts.forEach((count, turn) => {
    if (turn % 2) bits.fill(1, at, at + count);
    at += count;
  });
  return bits;
}

/** Bytes to run lengths: the search for the next change is the browser's own, fast on millions. */
export function encode(bits) {
  const counts = [];
  for (let at = 0, sought = 1; at < bits.length; sought = 1 - sought) {
    const change = bits.indexOf(sought, at);
    const next = change < 0 ? bits.length : change;
    counts.push(next - at);
    at = next;
  }
  return counts;
}

/** Whether a mask's pixel is set. */
export function isSet(counts, rows, column, row) {
  let left = column * rows + row;
  for (const [turn, count] of counts.entries()) {
    if (left < count) return turn % 2 === 1;
    left -= count;
  }
  return false;
}

/** Between which rows a column can come near a line: a long quick stroke is not asked about its whole rectangle. */
function alongColumn(x, [ax, ay], [bx, by], radius) {
  const slope = bx === ax ? 0 : (by - ay) / (bx - ax);
  const near = [x - radius, x + radius].map((at) => Math.min(Math.max(ax, bx), Math.max(Math.min(ax, bx), at)));
  const down = bx === ax ? [ay, by] : near.map((at) => ay + (at - ax) * slope);
  return [Math.min(...down) - radius, Math.max(...down) + radius];
}

/** The mask of an image as the brush paints it. */
export class Mask {
  constructor({ columns, rows }, counts = []) {
    Object.assign(this, { columns, rows });
    this.bits = decode(counts, columns * rows);
  }

  /** Set or clear every pixel whose middle is no further than `radius` from the line; the rectangle that changed. */
  sweep(from, to, radius, value) {
    const left = Math.max(0, Math.floor(Math.min(from[0], to[0]) - radius));
    const right = Math.min(this.columns, Math.ceil(Math.max(from[0], to[0]) + radius));
    const top = Math.max(0, Math.floor(Math.min(from[1], to[1]) - radius));
    const bottom = Math.min(this.rows, Math.ceil(Math.max(from[1], to[1]) + radius));
    for (let x = left; x < right; x++) {
      const [first, last] = alongColumn(x + 0.5, from, to, radius);
      for (let y = Math.max(top, Math.floor(first)); y < Math.min(bottom, Math.ceil(last)); y++)
        if (fromSegment([x + 0.5, y + 0.5], from, to) <= radius) this.bits[x * this.rows + y] = value;
    }
    return { left, top, right: Math.max(left, right), bottom: Math.max(top, bottom) };
  }

  get empty() {
    return this.bits.indexOf(1) < 0;
  }

  get geometry() {
    return { counts: encode(this.bits) };
  }

  /** The smallest rectangle that holds what is set. */
  extent() {
    const { bits, rows } = this;
    const [first, last] = [bits.indexOf(1), bits.lastIndexOf(1)];
    if (first < 0) return { left: 0, top: 0, right: 0, bottom: 0 };
    const [left, right] = [Math.floor(first / rows), Math.floor(last / rows) + 1];
    let [top, bottom] = [rows, 0];
    for (let x = left; x < right; x++) {
      const column = bits.subarray(x * rows, (x + 1) * rows);
      const from = column.indexOf(1);
      if (from < 0) continue;
      top = Math.min(top, from);
      bottom = Math.max(bottom, column.lastIndexOf(1) + 1);
    }
    return { left, top, right, bottom };
  }

  /** The same moved by whole pixels; what leaves the image is lost. */
  moved([dx, dy]) {
    const other = new Mask(this);
    const [across, down] = [Math.round(dx), Math.round(dy)];
    const from = Math.max(0, -down);
    const to = Math.min(this.rows, this.rows - down);
    for (let x = Math.max(0, -across); x < Math.min(this.columns, this.columns - across) && from < to; x++) {
      const column = this.bits.subarray(x * this.rows + from, x * this.rows + to);
      other.bits.set(column, (x + across) * this.rows + from + down);
    }
    return other;
  }
}
