// Every tool once: its key, its name, what it does. The bar, the card of keys and the keyboard read this table.

import { flippedSideways, flippedUpDown, turnedLeft, turnedRight } from "../base/transform.js";

const see = (change) => (viewer) => viewer.each((pane) => pane.look(change(pane.view)));
const slices = (step) => (viewer) => viewer.scroll(step);
const has = { stack: (viewer) => viewer.active.stack?.slices.length > 1, map: (viewer) => viewer.panes.some((pane) => pane.overlay) };

// `bar`: the modes in whose bar it stands; `only`: the modes that have it; `when`: else the key is left to the page.
export const TOOLS = [
  { key: "i", name: "Invert", bar: ["view", "label", "case"], hint: "Invert", act: (viewer) => viewer.invert() },
  { key: "f", name: "Fit", bar: ["view", "label", "case"], hint: "Fit to the pane", act: (viewer) => viewer.fit() },
  { key: "z", hint: "One image pixel on one screen pixel", act: (viewer) => viewer.oneToOne() },
  { key: "l", name: "Measure", bar: ["label", "case"], hint: "Measure in mm: drag a line", act: (viewer) => viewer.measure() },
  { key: "x", name: "Panes", bar: ["label", "case"], hint: "One, two or four panes",
    act: (viewer) => viewer.nextLayout() },
  { key: "b", name: "Phases", bar: ["view", "label", "case"], hint: "Phases, echoes and b-values of this place side by side",
    act: (viewer) => viewer.siblings.toggle() },
  { key: "w", hint: "Window as first shown", act: (viewer) => viewer.resetWindow() },
  { key: "p", hint: "Next window preset", act: (viewer) => viewer.bar.nextPreset(1) },
  { key: "P", hint: "Previous window preset", act: (viewer) => viewer.bar.nextPreset(-1) },
  { key: "t", hint: "Type window width and level", act: (viewer) => viewer.bar.typeWindow() },
  { key: "s", hint: "Smooth or exact pixels", act: (viewer) => viewer.toggleSmooth() },
  { key: "m", hint: "Magnifier", act: (viewer) => viewer.toggleLens() },
  { key: "+", hint: "Zoom in", act: (viewer) => viewer.zoom(1.25) },
  { key: "-", hint: "Zoom out", act: (viewer) => viewer.zoom(0.8) },
  { key: "Shift+Arrows", hint: "Pan" },
  { key: "h", hint: "Flip left–right", act: see(flippedSideways) },
  { key: "v", hint: "Flip top–bottom", act: see(flippedUpDown) },
  { key: ",", hint: "Rotate left", act: see(turnedLeft) },
  { key: ".", hint: "Rotate right", act: see(turnedRight) },
  { key: "ArrowUp", shown: "↑", hint: "Previous slice", when: has.stack, act: slices(-1) },
  { key: "ArrowDown", shown: "↓", hint: "Next slice", when: has.stack, act: slices(1) },
  { key: "PageUp", hint: "Ten slices up", when: has.stack, act: slices(-10) },
  { key: "PageDown", hint: "Ten slices down", when: has.stack, act: slices(10) },
  { key: "Home", hint: "First slice", when: has.stack, act: slices(-Infinity) },
  { key: "End", hint: "Last slice", when: has.stack, act: slices(Infinity) },
  { key: " ", shown: "Space", hint: "Cine: play or stop", when: has.stack, act: (viewer) => viewer.active.cine.toggle() },
  { key: "y", hint: "Next pane", act: (viewer) => viewer.grid.step() },
  { key: "j", hint: "Next image of this patient, or next phases", act: (viewer) => viewer.companion(1) },
  { key: "J", hint: "Previous image of this patient, or phases", act: (viewer) => viewer.companion(-1) },
  { key: "k", hint: "Link or unlink the panes", act: (viewer) => viewer.toggleLink() },
  { key: "o", name: "Map", bar: ["case"], only: ["case"], hint: "Show or hide the map", when: has.map, act: (viewer) => viewer.maps.toggle() },
  { key: "[", hint: "Map opacity down", only: ["case"], when: has.map, act: (viewer) => viewer.maps.fade(-0.1) },
  { key: "]", hint: "Map opacity up", only: ["case"], when: has.map, act: (viewer) => viewer.maps.fade(0.1) },
  { key: "ArrowLeft", shown: "←", hint: "Previous case", only: ["case"], act: (viewer) => viewer.step(-1) },
  { key: "ArrowRight", shown: "→", hint: "Next case", only: ["case"], act: (viewer) => viewer.step(1) },
  { key: "e", hint: "Show or hide age, sex, site and view", act: (viewer) => viewer.toggleText() },
  { key: "F", hint: "Full screen", act: (viewer) => viewer.fullScreen() },
  { key: "?", name: "Keys", bar: ["view", "label", "case"], hint: "All keys", act: (viewer) => viewer.toggleCard() },
]; // prettier-ignore

const PANS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

export const toolsOf = (mode) => TOOLS.filter(({ only }) => !only || only.includes(mode));

/** Let the key act; says whether it was one of ours. */
export function press(viewer, key, event) {
  if (event?.shiftKey && PANS[key]) return viewer.each((pane) => pane.pan(...PANS[key])), true;
  const name = key === "=" ? "+" : key;
  const tool = toolsOf(viewer.data.mode).find((item) => item.key === name && item.act);
  if (!tool || !viewer.shown || (tool.when && !tool.when(viewer))) return false;
  tool.act(viewer);
  return true;
}
