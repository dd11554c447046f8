// One viewer: what is shown, through which window, and the keys and tools that change it.

import { staysUsable } from "./away.js";
import { Canvas } from "./canvas.js";
import { build, card, element, tool } from "./frame.js";
import { mouse } from "./interact.js";
import { listen } from "./keys.js";
import { frame, prefetch, trouble } from "./loader.js";
import { heatmap } from "./overlay.js";
import { ownWindow } from "./window.js";

const FACTS = ["age", "sex", "view", "body_part", "site"];

export class Viewer {
  constructor(root, data, send) {
    this.root = root;
    this.data = data;
    this.send = send;
    this.parts = build(root, data.mode);
    this.canvas = new Canvas(this.parts.screen);
    this.slices = [];
    this.at = 0;
    this.asked = 0;
    this.makeTools();
    card(this.parts.card, data.mode);
    mouse(this.parts.screen, this);
    this.observer = new ResizeObserver(() => this.canvas.resize());
    this.observer.observe(this.parts.screen);
    this.unwatch = staysUsable();
    this.unlisten = listen((key, repeat) => this.onKey(key, repeat));
    root.roundsViewer = { greyAt: (x, y) => this.canvas.greyAt(x, y), viewer: this };
  }

  makeTools() {
    const { tools } = this.parts;
    tools.append(
      tool("Invert", "i", "Invert", () => this.invert()),
      tool("Fit", "f", "Fit to the pane", () => this.canvas.fit()),
    );
    if (this.data.mode !== "view")
      tools.append(
        tool("1:1", "z", "One to one", () => this.canvas.oneToOne()),
        tool("Window", "w", "The file's own window", () => this.resetWindow()),
      );
    if (this.data.mode === "case") this.makeMapTools(tools);
    tools.append(tool("Keys", "?", "All keys", () => this.toggleCard()));
  }

  makeMapTools(tools) {
    this.slider = element("input", "rv-slider", "", {
      type: "range", min: "0", max: "100", value: "45", "aria-label": "Opacity of the map", title: "Opacity of the map ([ ])",
    }); // prettier-ignore
    this.slider.addEventListener("input", () => this.setOpacity(this.slider.value / 100));
    tools.append(tool("Map", "o", "Show or hide the map", () => this.toggleMap()), this.slider);
  }

  /** Show a case from its first (of a stack: middle) slice. */
  show(shown) {
    this.shown = shown;
    this.slices = shown.images.flatMap((image) => image.urls.map((url) => ({ image, url })));
    this.at = Math.floor(this.slices.length / 2);
    this.canvas.view = { zoom: 0, x: 0, y: 0 };
    this.setWindow(ownWindow(this.slices[this.at].image), false);
    const facts = FACTS.map((name) => shown.facts[name]).filter(Boolean);
    this.parts.facts.textContent = [shown.patient, ...facts].join(" · ");
    this.root.dataset.case = shown.id;
    return this.paint();
  }

  /** Fetch and draw the slice; a later wish overtakes an earlier one. */
  async paint() {
    const turn = ++this.asked;
    const slice = this.slices[this.at];
    this.root.dataset.painted = "";
    this.painted = null;
    this.parts.slice.textContent = this.slices.length > 1 ? `${this.at + 1} / ${this.slices.length}` : "";
    try {
      const samples = await frame(slice);
      if (turn !== this.asked) return;
      this.say("");
      this.samples = samples;
      this.canvas.resize();
      this.canvas.develop(slice.image, samples, this.window);
      this.painted = this.shown.id;
      this.root.dataset.painted = `${slice.image.id}:${this.at}`;
      this.onPainted?.();
    } catch (error) {
      if (turn !== this.asked) return;
      this.canvas.clear();
      const onward = this.data.mode === "view" ? "" : " → goes on.";
      this.say(`This image cannot be shown. ${trouble(error)}${onward}`);
      this.root.dataset.painted = "broken";
    }
    const near = [1, -1, 2, 3].map((step) => this.slices[this.at + step]).filter(Boolean);
    prefetch(near);
  }

  scroll(step) {
    const wanted = Math.min(this.slices.length - 1, Math.max(0, this.at + step));
    if (wanted === this.at) return;
    this.at = wanted;
    this.paint();
  }

  setWindow(window, redraw = true) {
    this.window = window;
    const round = (value) => (Math.abs(value) < 10 ? Number(value.toFixed(2)) : Math.round(value));
    const image = this.slices[this.at].image;
    const unit = image.unit ? ` ${image.unit}` : "";
    this.parts.window.textContent =
      image.channels === 3 ? "colour" : `W ${round(window.width)}  L ${round(window.center)}${unit}`;
    this.root.dataset.window = `${window.center},${window.width},${window.inverted}`;
    if (redraw && this.painted) this.canvas.develop(image, this.samples, window);
  }

  /** Right widens, up brightens; a pane's width is the image's whole range. */
  dragWindow(dx, dy) {
    if (!this.painted) return;
    const image = this.slices[this.at].image;
    const step = Math.max((image.high - image.low) / 600, this.window.width / 300, 1e-6);
    const width = Math.max(image.voi_function === "LINEAR" ? 1 : step / 10, this.window.width + dx * step);
    this.setWindow({ ...this.window, width, center: this.window.center + dy * step });
  }

  resetWindow() {
    if (this.slices.length) this.setWindow(ownWindow(this.slices[this.at].image));
  }

  invert() {
    this.setWindow({ ...this.window, inverted: !this.window.inverted });
  }

  /** Value and place under the pointer, in the image's own coordinates. */
  hover(clientX, clientY) {
    if (!this.painted || !this.canvas.image) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const box = this.parts.screen.getBoundingClientRect();
    const { x, y, width, height } = this.canvas.place();
    const image = this.canvas.image;
    const column = Math.floor((((clientX - box.left) * ratio - x) / width) * image.columns);
    const row = Math.floor((((clientY - box.top) * ratio - y) / height) * image.rows);
    const inside = column >= 0 && row >= 0 && column < image.columns && row < image.rows;
    this.parts.cursor.textContent = inside ? this.valueAt(image, column, row) : "";
  }

  valueAt(image, column, row) {
    const from = (row * image.columns + column) * image.channels;
    const value =
      image.channels === 3
        ? `RGB ${this.samples.slice(from, from + 3).join(" ")}`
        : Number((this.samples[from] * image.slope + image.intercept).toFixed(2)) + (image.unit ? ` ${image.unit}` : "");
    return `${column}, ${row}: ${value}`;
  }

  /** Put a map over the image, or take it away. */
  async setOverlay(overlay) {
    this.overlayUrl = overlay?.url.split("?")[0];
    this.canvas.overlay = null;
    this.root.dataset.overlay = "";
    this.parts.map.textContent = "";
    this.canvas.draw();
    if (!overlay) return;
    const url = this.overlayUrl;
    this.parts.map.textContent = "Computing the map …";
    try {
      const { canvas, title } = await heatmap(overlay.url);
      if (url !== this.overlayUrl) return;
      this.canvas.overlay = canvas;
      this.root.dataset.overlay = title;
      this.parts.map.textContent = `${title} · not a segmentation`;
      this.canvas.draw();
    } catch (error) {
      if (url === this.overlayUrl) this.parts.map.textContent = trouble(error);
    }
  }

  setOpacity(opacity) {
    this.canvas.opacity = Math.min(1, Math.max(0, opacity));
    this.slider.value = Math.round(this.canvas.opacity * 100);
    this.canvas.draw();
  }

  toggleMap() {
    this.hidden = this.canvas.opacity > 0 ? this.canvas.opacity : this.hidden;
    this.setOpacity(this.canvas.opacity > 0 ? 0 : this.hidden || 0.45);
  }

  toggleCard() {
    this.parts.card.hidden = !this.parts.card.hidden;
  }

  say(sentence) {
    this.parts.said.textContent = sentence;
    this.parts.said.hidden = !sentence;
  }

  /** Whether the key is ours; subclasses answer first. */
  onKey(key) {
    const acts = {
      i: () => this.invert(), f: () => this.canvas.fit(), z: () => this.canvas.oneToOne(), w: () => this.resetWindow(),
      s: () => this.toggleSmooth(), "?": () => this.toggleCard(), ArrowUp: () => this.scroll(-1),
      ArrowDown: () => this.scroll(1),
    }; // prettier-ignore
    if (this.data.mode === "case")
      Object.assign(acts, {
        o: () => this.toggleMap(), "[": () => this.setOpacity(this.canvas.opacity - 0.1),
        "]": () => this.setOpacity(this.canvas.opacity + 0.1), ArrowLeft: () => this.step(-1),
        ArrowRight: () => this.step(1),
      }); // prettier-ignore
    if (key === "Escape" && !this.parts.card.hidden) return this.toggleCard(), true;
    const stack = this.slices.length > 1;
    if (!acts[key] || !this.shown || (key.startsWith("ArrowU") && !stack) || (key === "ArrowDown" && !stack)) return false;
    acts[key]();
    return true;
  }

  toggleSmooth() {
    this.canvas.smooth = !this.canvas.smooth;
    this.canvas.draw();
  }

  step(by) {
    this.send("event", { kind: "step", by, from: this.shown.id });
  }

  /** New data for the same viewer: only what changed is drawn again. */
  update(data) {
    this.data = data;
    const next = data.cases[0];
    this.parts.title.textContent = data.note || "";
    if (next && this.shown?.id !== next.id) this.show(next);
    if (data.overlay?.url.split("?")[0] !== this.overlayUrl) this.setOverlay(data.overlay);
  }

  destroy() {
    this.unlisten();
    this.unwatch();
    this.observer.disconnect();
  }
}
