// The canvas-2D renderer: a native-resolution canvas through the window's table, drawn zoomed and panned.

import { colours } from "./window.js";

// Scales at which the best interpolation shows no more than the plain one, and costs three times as much.
const NEARLY_AS_IT_IS = { least: 0.75, most: 1.5 };

export class Canvas {
  constructor(screen) {
    this.screen = screen;
    this.native = document.createElement("canvas");
    this.native.getContext("2d", { willReadFrequently: true });
    this.smooth = true;
    this.view = { zoom: 0, x: 0, y: 0 }; // zoom 0: fit
    this.overlay = null;
    this.opacity = 0.45;
  }

  /** Samples of one slice through a window, at native resolution. */
  develop(image, samples, window) {
    const { rows, columns, channels } = image;
    const context = this.native.getContext("2d");
    if (!this.picture || this.picture.width !== columns || this.picture.height !== rows) {
      this.native.width = columns;
      this.native.height = rows;
      this.picture = context.createImageData(columns, rows); // kept: to sweep up one for each look stops the page
    }
    const { picture } = this;
    const pixels = new Uint32Array(picture.data.buffer);
    if (channels === 3) {
      const flip = window.inverted ? 0xffffff : 0;
      for (let at = 0, from = 0; at < pixels.length; at++, from += 3)
        pixels[at] = 0xff000000 | ((samples[from] | (samples[from + 1] << 8) | (samples[from + 2] << 16)) ^ flip);
    } else {
      const shown = colours(image, window);
      for (let at = 0; at < pixels.length; at++) pixels[at] = shown[samples[at]];
    }
    context.putImageData(picture, 0, 0);
    this.image = image;
    this.draw();
  }

  /** Nothing to show. */
  clear() {
    this.image = null;
    this.draw();
  }

  /** How many screen pixels a row is high, and a column wide: pixels need not be square. */
  scale() {
    const aspect = this.image.spacing ? this.image.spacing[0] / this.image.spacing[1] : 1;
    const ratio = globalThis.devicePixelRatio || 1;
    const fit = Math.min(
      this.screen.width / this.native.width,
      this.screen.height / (this.native.height * aspect),
    );
    const across = this.view.zoom ? this.view.zoom * ratio : fit;
    return { across, down: across * aspect };
  }

  /** Where the picture lies on the screen canvas, in its pixels. */
  place() {
    const { across, down } = this.scale();
    const width = this.native.width * across;
    const height = this.native.height * down;
    return {
      x: (this.screen.width - width) / 2 + this.view.x,
      y: (this.screen.height - height) / 2 + this.view.y,
      width,
      height,
    };
  }

  draw() {
    const context = this.screen.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.screen.width, this.screen.height);
    if (!this.image) return;
    const { x, y, width, height } = this.place();
    const { across } = this.scale();
    const nearly = across >= NEARLY_AS_IT_IS.least && across <= NEARLY_AS_IT_IS.most;
    context.imageSmoothingEnabled = this.smooth;
    context.imageSmoothingQuality = nearly ? "low" : "high";
    context.drawImage(this.native, x, y, width, height);
    if (this.overlay && this.opacity > 0) {
      context.imageSmoothingEnabled = true;
      context.globalAlpha = this.opacity;
      context.drawImage(this.overlay, x, y, width, height);
      context.globalAlpha = 1;
    }
  }

  /** Follow the size of the element on the screen. */
  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.screen;
    const width = Math.max(1, Math.round(clientWidth * ratio));
    const height = Math.max(1, Math.round(clientHeight * ratio));
    if (this.screen.width === width && this.screen.height === height) return;
    this.screen.width = width;
    this.screen.height = height;
    this.draw();
  }

  fit() {
    this.view = { zoom: 0, x: 0, y: 0 };
    this.draw();
  }

  /** One image pixel on one screen pixel. */
  oneToOne() {
    this.view = { zoom: 1 / (globalThis.devicePixelRatio || 1), x: 0, y: 0 };
    this.draw();
  }

  /** Zoom by a factor so that what lies under the pointer stays there. */
  zoomAt(factor, clientX, clientY) {
    if (!this.image) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const box = this.screen.getBoundingClientRect();
    const px = (clientX - box.left) * ratio;
    const py = (clientY - box.top) * ratio;
    const before = this.place();
    const zoom = Math.min(40, Math.max(0.02, (this.scale().across / ratio) * factor));
    const u = (px - before.x) / before.width;
    const v = (py - before.y) / before.height;
    this.view.zoom = zoom;
    const after = this.place();
    this.view.x += px - (after.x + u * after.width);
    this.view.y += py - (after.y + v * after.height);
    this.draw();
  }

  pan(dx, dy) {
    const ratio = globalThis.devicePixelRatio || 1;
    if (!this.view.zoom && this.image) this.view.zoom = this.scale().across / ratio;
    this.view.x += dx * ratio;
    this.view.y += dy * ratio;
    this.draw();
  }

  /** The colour of a native pixel, for tests and read-outs: [r, g, b]. */
  greyAt(x, y) {
    return [...this.native.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3)];
  }
}
