// One pane: a stack of slices, seen through a window, with what is drawn over it.

import { Cine } from "./cine.js";
import { element } from "../base/dom.js";
import { frame, passing, prefetch, preview, ready, trouble } from "../base/loader.js";
import { edges } from "../base/orientation.js";
import { Picture } from "../render/image_canvas.js";
import { apply, inverse, matrix, panned, scaleOf, still, zoomed } from "../base/transform.js";
import { ownWindow } from "../base/window_level.js";

const CORNERS = ["differs", "place", "facts", "cursor", "slice", "map", "left", "right", "top", "bottom", "waits"];
const RETRY_MS = 2000;
const LARGE = 1 << 21; // pixels: of more, a drag is answered with fewer of them

export class Pane {
  constructor(node, viewer) {
    this.node = node;
    this.viewer = viewer;
    this.said = Object.fromEntries(CORNERS.map((name) => [name, element("div", `rv-${name}`)]));
    this.picture = new Picture(node);
    this.picture.onLost = () => this.tellRenderer(true);
    this.ink = element("canvas", "rv-ink", "", { "aria-hidden": "true", hidden: "" });
    this.slider = element("input", "rv-slices", "", { type: "range", min: "0", step: "1", "aria-label": "Slice" });
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.slider.hidden = true;
    node.append(this.ink, ...Object.values(this.said), this.slider);
    this.inks = [(context) => Boolean(this.overlay?.draw(context, this.slice.image, this.matrix()))];
    this.onShown = [];
    this.measures = [];
    this.view = still();
    this.smooth = true;
    this.turn = 0; // the newest wish; an older one that arrives late is let go
    this.cine = new Cine(this);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(node);
  }

  /** Which renderer draws here; a new one is given the picture. */
  tellRenderer(anew = false) {
    this.viewer.root.dataset.renderer = this.picture.renderer.name;
    if (anew && this.shown) this.develop();
  }

  get ratio() {
    return globalThis.devicePixelRatio || 1;
  }

  get slice() {
    return this.stack?.slices[this.at];
  }

  /** Show a stack from its middle slice (or `at`), through the image's own window, fitted. */
  show(stack, at = Math.floor(stack.slices.length / 2)) {
    this.cine.stop();
    this.stack = stack;
    this.at = at;
    this.view = still();
    this.measures = [];
    this.overlay = this.mapPath = null;
    this.tellLength();
    this.setWindow(ownWindow(this.slice.image), false);
    return this.paint();
  }

  /** The same slice, looked at as before, among other ones. */
  among(stack) {
    this.at = stack.slices.indexOf(this.slice);
    this.stack = stack;
    this.tellLength();
    return this.paint();
  }

  tellLength() {
    this.slider.hidden = this.stack.slices.length < 2;
    this.slider.max = this.stack.slices.length - 1;
  }

  /** Nothing to show. */
  clear() {
    this.turn++;
    this.cine.stop();
    this.stack = null;
    this.painted = false;
    this.overlay = this.mapPath = null;
    this.slider.hidden = true;
    for (const corner of Object.values(this.said)) corner.textContent = "";
    this.picture.renderer.clear();
    this.redrawInk();
  }

  /** Draw the slice, at once where it is here; of a large one a preview first. */
  async paint() {
    const turn = ++this.turn;
    const { slice } = this;
    this.painted = false;
    const count = this.stack.slices.length;
    this.said.slice.textContent = count > 1 ? `${this.at + 1} / ${count}` : "";
    this.slider.value = this.at;
    this.viewer.changed(this);
    if (!ready(slice)) this.said.cursor.textContent = ""; // the value of the slice before
    try {
      if (!ready(slice) && slice.preview) this.paintPreview(slice, turn);
      const samples = ready(slice) || (await frame(slice));
      if (turn !== this.turn) return;
      this.samples = samples;
      this.shown = { image: slice.image, step: 1 };
      if (!this.measured) this.resize(); // later the observer does: to ask for the size here lays the page out twice
      this.develop();
      this.painted = true;
      this.said.waits.textContent = "";
      this.viewer.changed(this);
      this.viewer.hover(this);
      for (const listener of this.onShown) listener(this);
    } catch (error) {
      if (turn === this.turn) this.fail(error, turn);
    }
    if (turn === this.turn) prefetch(this.near(), `stack ${this.node.dataset.pane}`);
  }

  async paintPreview(slice, turn) {
    const early = await preview(slice).catch(() => null); // the whole is on its way too, and says what is wrong
    if (!early || turn !== this.turn || this.painted) return;
    this.samples = early.samples;
    this.shown = { image: early.image, step: early.step };
    this.resize();
    this.develop();
    this.said.waits.textContent = `Preview, every ${early.step}${early.step === 2 ? "nd" : early.step === 3 ? "rd" : "th"} pixel`;
  }

  fail(error, turn) {
    this.shown = null;
    this.picture.renderer.clear();
    this.said.waits.textContent = "";
    this.redrawInk();
    this.viewer.broken(this, trouble(error));
    if (passing(error)) this.retry(turn);
  }

  /** Paint the image once the server answers again, if it is still the one that is wanted. */
  async retry(turn) {
    await new Promise((done) => setTimeout(done, RETRY_MS));
    if (turn !== this.turn) return;
    const error = await frame(this.slice).then(() => null, (reason) => reason);
    if (turn !== this.turn) return;
    if (error && passing(error)) this.retry(turn);
    else this.paint();
  }

  /** The other slices, the nearest first, those ahead before those behind. */
  near() {
    const { slices } = this.stack;
    const away = (index) => Math.abs(index - this.at) * 2 - (index > this.at ? 1 : 0);
    return [...slices.keys()].filter((index) => index !== this.at).sort((first, second) => away(first) - away(second))
      .map((index) => slices[index]); // prettier-ignore
  }

  goTo(index) {
    const target = Math.min(this.stack.slices.length - 1, Math.max(0, index));
    if (target === this.at) return false;
    this.at = target;
    this.paint();
    this.viewer.siblings.follow(this);
    return true;
  }

  setWindow(window, redraw = true) {
    this.window = window;
    this.viewer.changed(this);
    if (redraw && this.shown) this.develop();
  }

  /** Samples through the window onto the screen. While a large picture is dragged: as many of them as the screen shows. */
  develop() {
    const { image } = this.shown;
    const large = this.hurried && this.picture.renderer.name === "2d" && image.rows * image.columns > LARGE;
    const step = large && image.channels === 1 ? Math.max(1, Math.floor(1 / scaleOf(this.matrix(true)))) : 1;
    this.picture.develop(image, this.samples, this.window, step);
    this.draw();
  }

  /** The transform of the whole image's coordinates; `shown`: of those of the picture at hand, which may be a preview. */
  matrix(shown = false) {
    const image = this.slice.image;
    const at = matrix(this.view, image, this.picture.screen, this.ratio);
    const step = shown ? this.shown.step : 1;
    return { ...at, a: at.a * step, b: at.b * step, c: at.c * step, d: at.d * step };
  }

  draw() {
    if (!this.shown || !this.slice) return this.picture.renderer.clear();
    this.picture.renderer.draw(this.matrix(true), this.smooth, this.lens?.(this));
    const letters = edges(this.slice.image, this.view);
    for (const edge of ["left", "right", "top", "bottom"]) this.said[edge].textContent = letters?.[edge] || "";
    this.redrawInk();
  }

  /** Once a frame, however many moves of the pointer ask for it. */
  soon(act) {
    this.wish = act;
    this.frameRequest ??= requestAnimationFrame(() => {
      this.frameRequest = null;
      if (this.node.isConnected && this.stack) this.wish();
    });
  }

  /** What lies over the picture. Each ink says whether it painted: an empty layer is not laid over, it costs time. */
  redrawInk() {
    const context = this.ink.getContext("2d");
    if (!this.ink.hidden) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this.ink.width, this.ink.height);
    }
    let painted = false;
    for (const paint of this.stack && this.shown ? this.inks : []) {
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      painted = paint(context, this) || painted;
    }
    this.ink.hidden = !painted;
  }

  resize() {
    this.measured = true;
    if (!this.picture.resize(this.ratio)) return;
    [this.ink.width, this.ink.height] = [this.picture.screen.width, this.picture.screen.height];
    this.draw();
  }

  look(view) {
    this.view = view;
    this.draw();
  }

  /** Zoom by a factor about a point in CSS pixels of the pane; about its middle where none is given. */
  zoom(factor, at = [this.node.clientWidth / 2, this.node.clientHeight / 2]) {
    const place = at.map((part) => part * this.ratio);
    if (this.slice) this.look(zoomed(this.view, this.slice.image, this.picture.screen, this.ratio, factor, place));
  }

  pan(dx, dy) {
    if (this.slice) this.look(panned(this.view, this.slice.image, this.picture.screen, this.ratio, dx, dy));
  }

  /** Image coordinates to CSS pixels of the pane, and back. */
  toScreen(point) {
    return apply(this.matrix(), point).map((part) => part / this.ratio);
  }

  toImage(place) {
    return apply(inverse(this.matrix()), place.map((part) => part * this.ratio));
  }

  /** Value and place at an image point: "120, 80: -34 HU"; empty outside. */
  valueAt([x, y]) {
    const { image, step } = this.shown;
    const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
    if (column < 0 || row < 0 || column >= image.columns || row >= image.rows) return "";
    const from = (row * image.columns + column) * image.channels;
    const value =
      image.channels === 3
        ? `RGB ${this.samples.slice(from, from + 3).join(" ")}`
        : Number((this.samples[from] * image.slope + image.intercept).toFixed(2)) + (image.unit ? ` ${image.unit}` : "");
    return `${Math.floor(x)}, ${Math.floor(y)}: ${value}`;
  }

  greyAt(x, y) {
    return this.picture.renderer.greyAt(x, y);
  }

  destroy() {
    this.turn++;
    this.cine.stop();
    clearTimeout(this.mapSoon);
    this.observer.disconnect();
    this.picture.destroy();
  }
}
