// The slim bar: title, the window in numbers and by name, the tools.

import { element, tool } from "../base/dom.js";
import { presets } from "../base/window_presets.js";
import { toolsOf } from "./tools.js";
import { ownWindow } from "../base/window_level.js";

const shown = (value) => String(Math.abs(value) < 10 ? Number(value.toFixed(2)) : Math.round(value));

export class Bar {
  constructor(parts, viewer) {
    this.viewer = viewer;
    this.parts = parts;
    this.width = this.number("W", "Window width");
    this.center = this.number("L", "Window level");
    this.unit = element("span", "rv-unit");
    this.names = element("select", "rv-presets", "", { "aria-label": "Window preset", title: "Window preset (p)" });
    this.names.addEventListener("change", () => this.choose(Number(this.names.value)));
    parts.window.append(this.width.label, this.center.label, this.unit, this.names);
    for (const item of toolsOf(viewer.data.mode))
      if (item.bar?.includes(viewer.data.mode))
        parts.tools.append(
          tool(item.name, item.key, item.hint, () => item.act(viewer), `rv-tool-${item.name.toLowerCase()}`),
        );
  }

  number(letter, name) {
    const label = element("label", "rv-number", letter, { title: `${name}: type a number (t)` });
    const input = element("input", "", "", { type: "text", inputmode: "decimal", size: "5", "aria-label": name });
    input.addEventListener("change", () => this.typed());
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      if (event.key === "Escape") this.tell();
      this.viewer.active.node.focus({ preventScroll: true });
      event.stopPropagation();
    });
    label.append(input);
    return { label, input };
  }

  typeWindow() {
    this.width.input.focus();
    this.width.input.select();
  }

  typed() {
    const [width, center] = [this.width, this.center].map(({ input }) => Number(input.value.replace(",", ".")));
    const right = Number.isFinite(width) && Number.isFinite(center) && width > 0;
    if (right) this.viewer.setWindow({ ...this.viewer.active.window, width, center });
    else this.viewer.say(`A window is two numbers, its width above 0; "${this.width.input.value}" is none.`);
    this.tell();
  }

  choose(index) {
    const chosen = this.known?.[index];
    if (chosen) this.viewer.setWindow({ ...chosen.window, inverted: this.viewer.active.window.inverted });
  }

  nextPreset(step) {
    if (!this.known?.length) return;
    const now = this.names.selectedIndex - 1;
    this.choose((now < 0 && step < 0 ? this.known.length - 1 : now + step + this.known.length) % this.known.length);
  }

  /** The active pane's window in the fields, and its name where it has one. */
  tell() {
    const pane = this.viewer.active;
    const image = pane?.slice?.image;
    const colour = !image || image.channels === 3;
    this.parts.window.classList.toggle("rv-off", colour);
    if (colour) return;
    const { center, width, voi } = pane.window;
    if (this.parts.bar.getRootNode().activeElement !== this.width.input) this.width.input.value = shown(width);
    this.center.input.value = shown(center);
    this.unit.textContent = image.unit || "";
    if (this.image !== image) this.offer(image);
    const same = ({ window }) => window.center === center && window.width === width && window.voi === voi;
    this.names.selectedIndex = this.known.findIndex(same) + 1;
  }

  offer(image) {
    this.image = image;
    this.known = presets(image, ownWindow(image));
    const titles = this.known.map(({ title }) => title).join();
    if (titles === this.titles) return; // a list made anew at every image would hold up its picture
    this.titles = titles;
    const options = this.known.map(({ title }, index) => element("option", "", title, { value: String(index) }));
    this.names.replaceChildren(element("option", "", "Window", { value: "" }), ...options);
  }
}
