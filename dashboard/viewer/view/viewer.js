// One viewer: a bar, one to four panes, and the keys. What it shows is named by signed URLs only.

import { staysUsable } from "../base/offline.js";
import { Bar } from "./toolbar.js";
import { KEYS as DRAWING } from "../draw/toolbar.js";
import { offer } from "../draw/standalone.js";
import { build, card } from "../base/dom.js";
import { listen } from "./keyboard.js";
import { frameOf, lensOf } from "./magnifier.js";
import { prefetch } from "../base/loader.js";
import { Maps } from "./saliency.js";
import { fetched } from "../render/heatmap.js";
import { Panes, stackOf } from "./panes.js";
import { Ruler } from "./ruler.js";
import { Siblings } from "./siblings.js";
import { press, toolsOf } from "./tools.js";
import { still } from "../base/transform.js";
import { ownWindow } from "../base/window_level.js";

const FACTS = ["age", "sex", "view", "stack", "body_part", "site"];
const HIDDEN = "rounds-text-hidden";
const laid = ({ panes, places = [] }) => JSON.stringify([panes, places.map(({ of, map }) => [of, map])]);

export class Viewer {
  constructor(root, data, send) {
    this.root = root;
    this.data = data;
    this.send = send;
    this.keymaps = []; // asked before our own keys, first to last
    this.parts = build(root, data.mode);
    this.maps = new Maps(this, this.parts.more);
    this.grid = new Panes(this, this.parts.panes);
    this.siblings = new Siblings(this);
    this.bar = new Bar(this.parts, this);
    const keys = data.drawing ? DRAWING.map(([key, hint]) => ({ key, hint })) : [];
    card(this.parts.card, data.mode, [...toolsOf(data.mode), ...keys], (item) => this.shown && item.act(this));
    this.unwatch = staysUsable();
    this.unlisten = listen((key, repeat, event) => this.pressed(key, repeat, event));
    this.panes[0].tellRenderer();
    root.classList.toggle("rv-wordless", this.wordless());
    root.roundsViewer = { greyAt: (x, y) => this.panes[0].greyAt(x, y), viewer: this };
  }

  get panes() {
    return this.grid?.all || [];
  }

  get at() {
    return this.grid.at;
  }

  get active() {
    return this.grid?.active;
  }

  /** The case whose picture is on the screen, whole; null while none is. */
  get painted() {
    return this.shown && this.panes[0].painted ? this.shown.id : null;
  }

  /** Whether another case of the list was asked for and is not on the screen: a verdict now would be of one unseen. */
  get between() {
    return Boolean(this.left) && (this.left === this.shown?.id || !this.root.dataset.painted);
  }

  /** Show a case from its first (of a stack: middle) slice. */
  show(shown) {
    this.shown = shown;
    this.root.dataset.case = shown.id;
    this.grid.about = null;
    this.drawings?.open(shown);
    const painted = this.grid.show(stackOf(`case ${shown.id}`, "", shown.images), shown);
    const facts = FACTS.map((name) => shown.facts[name]).filter(Boolean);
    this.panes[0].said.facts.textContent = [shown.patient, ...facts].join(" · ");
    return painted;
  }

  /** Show nothing; `why` is for the page to know. */
  blank(why) {
    this.shown = null;
    this.grid.about = null;
    this.drawings?.open(null);
    for (const pane of this.panes) pane.clear();
    this.root.dataset.case = "";
    this.root.dataset.painted = why;
  }

  /** A pane tells that its slice or window is another. */
  changed(pane) {
    if (!this.grid || !pane) return;
    this.maps.follow(pane);
    if (pane === this.panes[0] && pane.slice) this.noteFirst(pane);
    if (pane === this.active) this.bar?.tell();
    if (pane !== this.panes[0]) pane.said.facts.textContent = this.factsOf(pane);
  }

  /** What stands in a further pane: what its stack is, else of the patient what the first one says. */
  factsOf(pane) {
    return pane.sibling ? "" : pane.stack?.title || this.panes[0].said.facts.textContent;
  }

  noteFirst(pane) {
    const { center, width, inverted } = pane.window;
    this.root.dataset.window = `${center},${width},${inverted}`;
    const painted = pane.painted ? `${pane.slice.image.id}:${pane.at}` : "";
    if (painted === this.root.dataset.painted) return;
    this.root.dataset.painted = painted;
    if (!painted) return;
    this.say("");
    this.onPainted?.();
  }

  broken(pane, why) {
    const onward = this.data.mode === "view" ? "" : " Press → to continue.";
    this.say(`This image cannot be shown. ${why}${pane === this.panes[0] ? onward : ""}`);
    if (pane === this.panes[0]) this.root.dataset.painted = "broken";
  }

  /** Do something to the panes that are meant: all while they are linked, else the one. */
  each(act, pane) {
    for (const target of this.grid.meant(pane)) act(target);
  }

  scroll = (step) => this.active.stack && this.grid.scroll(step);
  activate = (index) => this.grid.activate(index);
  nextLayout = () => (this.siblings.end(), this.grid.next());
  companion = (step) => this.grid.companion(step);
  fit = () => (this.each((pane) => pane.look({ ...still(), o: pane.view.o })), this.grid.linked && this.siblings.align());
  zoom = (factor) => this.each((pane) => pane.zoom(factor, pane === this.active ? pane.pointer || undefined : undefined));
  oneToOne = () => this.each((pane) => pane.look({ ...still(), o: pane.view.o, zoom: 1 / pane.ratio }));
  invert = () => this.setWindow({ ...this.active.window, inverted: !this.active.window.inverted });
  resetWindow = () => this.each((pane) => pane.setWindow(ownWindow(pane.slice.image)));

  /** A window for the active pane, and for those linked to it whose values mean the same. */
  setWindow(window) {
    const lead = this.active.slice.image;
    this.each((pane) => {
      const { image } = pane.slice;
      const measured = image.unit && image.unit === lead.unit && image.channels === lead.channels;
      const alike = image.id === lead.id || measured || this.siblings.comparable(image, lead);
      pane.setWindow(alike ? { ...window } : { ...pane.window, inverted: window.inverted });
    });
  }

  /** Right widens, up brightens; a pane's width is the image's whole range. */
  dragWindow(pane, dx, dy) {
    if (!pane.painted) return;
    const { image } = pane.slice;
    const step = Math.max((image.high - image.low) / 600, pane.window.width / 300, 1e-6);
    const width = Math.max(image.voi_function === "LINEAR" ? 1 : step / 10, pane.window.width + dx * step);
    pane.window = { ...pane.window, width, center: pane.window.center + dy * step };
    pane.hurried = true;
    pane.soon(() => this.setWindow(pane.window));
  }

  /** The drag is over: all pixels again. */
  settle(pane) {
    if (!pane.hurried) return;
    pane.hurried = false;
    pane.setWindow(pane.window);
  }

  hover(pane) {
    const value = pane.pointer && pane.shown ? pane.valueAt(pane.toImage(pane.pointer)) : "";
    if (pane.said.cursor.textContent !== value) pane.said.cursor.textContent = value;
    if (pane.lens && pane.shown) pane.soon(() => pane.draw());
  }

  measure() {
    const measuring = this.active.tool instanceof Ruler;
    if (this.drawings?.on) this.drawings.toggle();
    for (const pane of this.panes) pane.tool = measuring ? null : new Ruler(pane, (words) => this.say(words));
    this.root.dataset.tool = measuring ? "" : "measure";
    if (measuring) this.say("");
  }

  unmeasure() {
    if (this.active.tool instanceof Ruler) this.measure();
  }

  toggleLens() {
    for (const pane of this.panes) {
      pane.lens = pane.lens ? null : lensOf;
      if (!pane.inks.includes(frameOf)) pane.inks.push(frameOf);
      pane.draw();
    }
  }

  toggleSmooth() {
    this.each((pane) => {
      pane.smooth = !pane.smooth;
      pane.draw();
    });
  }

  toggleLink() {
    this.grid.linked = !this.grid.linked;
    this.siblings.follow(this.active);
    this.say(this.grid.linked ? "Panes linked." : "Panes unlinked; press k to link them.");
  }

  wordless() {
    try {
      return localStorage.getItem(HIDDEN) === "yes";
    } catch {
      return false;
    }
  }

  /** Age, sex, site and view on or off; this browser keeps it. */
  toggleText() {
    const hidden = this.root.classList.toggle("rv-wordless");
    try {
      localStorage.setItem(HIDDEN, hidden ? "yes" : "no");
    } catch {
      // then it holds until the page is left
    }
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.say("This browser does not allow full screen."));
  }

  /** Whether something lies over the picture that Esc closes. */
  get covered() {
    return [...this.root.querySelectorAll("[role=dialog]")].some((node) => !node.hidden) || Boolean(this.reasons?.opened);
  }

  toggleCard() {
    this.parts.card.hidden = !this.parts.card.hidden;
  }

  /** Gives what takes the sentence back, unless another one stands there by then. */
  say(sentence) {
    this.parts.said.textContent = sentence;
    this.parts.said.hidden = !sentence;
    return () => this.parts.said.textContent === sentence && this.say("");
  }

  /** Who is asked for a key: first what is going on over the picture, then the page; with Ctrl or Alt only the first. */
  pressed(key, repeat, event) {
    if (this.between && /^\d$/.test(key)) return this.say("The next case is still loading; press again when it is shown."), true;
    if (this.keymaps.some((ask) => ask(key, event))) return true;
    return !(event.ctrlKey || event.metaKey || event.altKey) && this.onKey(key, repeat, event);
  }

  /** Whether the key is ours; subclasses answer first. */
  onKey(key, _repeat, event) {
    if (key === "Escape") return this.escape();
    return press(this, key, event);
  }

  escape() {
    if (!this.parts.card.hidden) return this.toggleCard(), true;
    if (this.active.tool instanceof Ruler) return this.measure(), true;
    return false;
  }

  step(by) {
    if (this.data.alone) return;
    const { at, count } = this.data.listed;
    if (at + by < 0) return this.say("This is the first case of the list.");
    if (at + by >= count) return this.say("This is the last case of the list.");
    this.left = this.shown.id;
    this.send("event", { kind: "step", by, from: this.shown.id });
  }

  /** New data for the same viewer: only what changed is drawn again. */
  update(data) {
    const placed = data.mode === "case" && (!this.shown || laid(data) !== laid(this.data));
    this.data = data;
    if (placed) this.place(data.panes || 1);
    offer(this, data);
    const next = data.cases[0];
    this.parts.title.textContent = data.note || "";
    if (next && this.shown?.id !== next.id) this.show(next);
    else if (placed) this.grid.fill();
    this.putMaps();
    this.fetchAhead(data.ahead || []);
  }

  /** What the next step may show: its picture, and those of its maps that were computed. */
  fetchAhead(ahead) {
    prefetch(stackOf("ahead", "", ahead.map(({ image }) => image)).slices, "ahead");
    for (const url of ahead.flatMap(({ maps }) => maps)) fetched(url).catch(() => {}); // it is told where it is shown
  }

  /** As many panes as have something to show; who laid them out otherwise by key keeps that from case to case. */
  place(count) {
    this.siblings.end();
    this.grid.grow(count);
    for (const pane of this.panes) pane.resize();
    this.parts.more.hidden = !this.data.overlays?.length;
  }

  /** The maps of the models, each over its pane. */
  putMaps() {
    for (const pane of this.panes) this.maps.put(pane, this.maps.over(pane));
  }

  destroy() {
    this.unlisten();
    this.unwatch();
    this.drawings?.close();
    this.grid.destroy();
  }
}
