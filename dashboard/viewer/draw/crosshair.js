// Drawing by keyboard alone: a crosshair on the active pane that arrows move and Enter sets.

import { within } from "./geometry.js";

const MARGIN = 24; // CSS pixels from a pane's edge at which the picture follows the crosshair

/** A step to the right on the screen, as one of the image: a picture may be flipped or turned. */
export function asSeen(pane, [dx, dy]) {
  const [[fromX, fromY], [toX, toY]] = [pane.toImage([0, 0]), pane.toImage([dx, dy])];
  const [across, down] = [toX - fromX, toY - fromY];
  const far = Math.abs(dx) + Math.abs(dy);
  return Math.abs(across) > Math.abs(down) ? [Math.sign(across) * far, 0] : [0, Math.sign(down) * far];
}

export class Crosshair {
  constructor(book) {
    this.book = book;
    this.at = null;
    this.isDown = false; // Enter "holds the button down" until the next Enter
  }

  get seen() {
    return Boolean(this.at) && this.pane === this.book.viewer.active && Boolean(this.pane.slice);
  }

  /** By so many pixels of the image in the direction seen on the screen; the first key only shows it. */
  move(step) {
    if (!this.seen) return this.place();
    const [dx, dy] = asSeen(this.pane, step);
    this.at = within([this.at[0] + dx, this.at[1] + dy], this.pane.slice.image);
    this.follow();
    if (this.pane.painted) this.book.inHand.pass(this.pane, this.at, this.isDown);
    this.book.redraw();
  }

  /** In the middle of what the active pane shows. */
  place() {
    this.pane = this.book.viewer.active;
    if (!this.pane.painted) return;
    const { clientWidth, clientHeight } = this.pane.node;
    const middle = within(this.pane.toImage([clientWidth / 2, clientHeight / 2]), this.pane.slice.image);
    this.at = middle;
    this.snap();
  }

  /** For the tool in hand: on a corner of pixels, for a point or a brush on a pixel's middle. */
  snap() {
    const half = /point|mask/.test(this.book.tool.shape) ? 0.5 : 0;
    this.at = this.at.map((part) => Math.floor(part) + half);
    this.isDown = false;
    this.book.redraw();
  }

  follow() {
    const { pane } = this;
    const [x, y] = pane.toScreen(this.at);
    const into = (part, size) => Math.min(0, size - MARGIN - part) + Math.max(0, MARGIN - part);
    const [dx, dy] = [into(x, pane.node.clientWidth), into(y, pane.node.clientHeight)];
    if ((dx || dy) && pane.view.zoom) pane.pan(dx, dy);
  }

  set({ shift }) {
    const { book, pane } = this;
    if (!book.ready(pane)) return;
    const hand = book.inHand;
    if (this.isDown) hand.leave(pane, this.at, true);
    else hand.press(pane, this.at, { shift });
    this.isDown = !this.isDown && Boolean(book.tool.holds);
  }

  hide() {
    this.at = null;
    this.isDown = false;
  }
}
