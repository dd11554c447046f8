// The canvas-2D renderer: samples through the window's table on a canvas of their own, drawn zoomed, panned and turned.

import { colours, whiteOf } from "../base/window_level.js";
import { scaleOf } from "../base/transform.js";

// Scales at which the best interpolation shows no more than the plain one, and costs three times as much.
const NEARLY_AS_IT_IS = { least: 0.75, most: 1.5 };

export class Canvas2d {
  name = "2d";

  constructor(screen) {
    this.screen = screen;
    this.context = screen.getContext("2d", { alpha: false });
    this.native = document.createElement("canvas");
    this.native.getContext("2d", { alpha: false, willReadFrequently: true }); // opaque: drawn by copying
  }

  /** Samples of one slice (kept from then on) and the window to see them through. `step`: in a hurry, every n-th only. */
  develop(image, samples, window, step = 1) {
    const columns = Math.ceil(image.columns / step);
    const rows = Math.ceil(image.rows / step);
    const context = this.native.getContext("2d");
    if (!this.picture || this.picture.width !== columns || this.picture.height !== rows) {
      this.native.width = columns;
      this.native.height = rows;
      this.picture = context.createImageData(columns, rows); // kept: to sweep up one for each look stops the page
    }
    const pixels = new Uint32Array(this.picture.data.buffer);
    if (image.channels === 3) tinted(pixels, samples, window.inverted, 255 / whiteOf(image));
    else if (step === 1) straight(pixels, samples, colours(image, window));
    else thinned(pixels, samples, colours(image, window), image.columns, columns, rows, step);
    context.putImageData(this.picture, 0, 0);
    this.image = image;
    this.step = step;
  }

  clear() {
    this.image = null;
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.screen.width, this.screen.height);
  }

  /** Draw by a transform of the developed picture's own pixels; `lens` is a second look through a square. */
  draw(transform, smooth, lens) {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.screen.width, this.screen.height);
    if (!this.image) return;
    this.look(transform, smooth);
    if (!lens) return;
    this.context.save();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.beginPath();
    this.context.rect(lens.x, lens.y, lens.size, lens.size);
    this.context.clip();
    this.context.fillRect(lens.x, lens.y, lens.size, lens.size);
    this.look(lens.transform, smooth);
    this.context.restore();
  }

  look(transform, smooth) {
    const { a, b, c, d, e, f } = transform;
    const across = scaleOf(transform) * this.step;
    const nearly = across >= NEARLY_AS_IT_IS.least && across <= NEARLY_AS_IT_IS.most;
    this.context.imageSmoothingEnabled = smooth;
    this.context.imageSmoothingQuality = nearly || this.step > 1 ? "low" : "high";
    this.context.setTransform(a * this.step, b * this.step, c * this.step, d * this.step, e, f);
    this.context.drawImage(this.native, 0, 0);
  }

  /** The colour that a pixel of the picture is shown in, [r, g, b]. */
  greyAt(x, y) {
    return [...this.native.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3)];
  }

  destroy() {
    this.native.width = this.native.height = 0;
  }
}

function straight(pixels, samples, shown) {
  for (let at = 0; at < pixels.length; at++) pixels[at] = shown[samples[at]];
}

function thinned(pixels, samples, shown, stride, columns, rows, step) {
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0, from = row * step * stride; column < columns; column++, from += step)
      pixels[at++] = shown[samples[from]];
}

function tinted(pixels, samples, inverted, scale) {
  const flip = inverted ? 0xffffff : 0;
  if (scale !== 1) samples = Uint8ClampedArray.from(samples, (sample) => sample * scale); // clamped arrays round
  for (let at = 0, from = 0; at < pixels.length; at++, from += 3)
    pixels[at] = 0xff000000 | ((samples[from] | (samples[from + 1] << 8) | (samples[from + 2] << 16)) ^ flip);
}
