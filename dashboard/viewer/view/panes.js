// One, two or four panes: what stands in each, which of them the keys are for, and how they go together.

import { paneNode } from "../base/dom.js";
import { mouse } from "./mouse.js";
import { sentence, trouble } from "../base/loader.js";
import { Pane } from "./pane.js";

/** The slices of some images in their order. */
export const stackOf = (id, title, images) => ({
  id,
  title,
  slices: images.flatMap((image) =>
    image.urls.map((url, frame) => ({ image, frame, url, preview: image.previews?.[frame] })),
  ),
});

const LAYOUTS = [1, 2, 4];

export class Panes {
  constructor(viewer, node) {
    this.viewer = viewer;
    this.node = node;
    this.all = [];
    this.at = 0;
    this.linked = true;
    this.others = []; // this patient's other stacks, once somebody asked
    this.grow(1);
  }

  get active() {
    return this.all[this.at];
  }

  grow(count) {
    while (this.all.length > count) {
      const pane = this.all.pop();
      pane.destroy();
      pane.node.remove();
    }
    while (this.all.length < count) {
      const node = paneNode(this.all.length);
      this.node.append(node);
      const pane = new Pane(node, this.viewer);
      mouse(pane, this.viewer);
      node.addEventListener("focus", () => this.activate(this.all.indexOf(pane)));
      this.all.push(pane);
      this.viewer.drawings?.attach(pane);
    }
    this.node.dataset.panes = count;
    this.activate(Math.min(this.at, count - 1));
  }

  activate(index) {
    this.at = ((index % this.all.length) + this.all.length) % this.all.length;
    for (const pane of this.all) pane.node.classList.toggle("rv-active", pane === this.active && this.all.length > 1);
    if (this.all.length > 1 && this.node.contains(this.node.getRootNode().activeElement))
      this.active.node.focus({ preventScroll: true });
    this.viewer.changed(this.active);
  }

  /** Put the panes in another order on the screen; the first one stays that of the case. */
  arrange(rank) {
    const ordered = [...this.all].sort((first, second) => rank(first) - rank(second));
    if (ordered.every(({ node }, index) => this.node.children[index] === node)) return;
    const focused = this.node.contains(this.node.getRootNode().activeElement);
    this.node.append(...ordered.map(({ node }) => node));
    if (focused) this.active.node.focus({ preventScroll: true }); // a node that moves loses it
  }

  /** The pane after the active one, as they stand on the screen. */
  step() {
    const next = this.active.node.nextElementSibling || this.node.firstElementChild;
    this.activate(this.all.findIndex(({ node }) => node === next));
  }

  /** The panes that an act is for: all while they are linked, else the one. */
  meant(pane = this.active) {
    return (this.linked ? this.all : [pane]).filter(({ stack }) => stack);
  }

  async next(layouts = LAYOUTS) {
    const count = layouts[(layouts.indexOf(this.all.length) + 1) % layouts.length];
    this.grow(count);
    for (const pane of this.all) pane.resize();
    await this.fill();
  }

  /** A new case: its own pictures in the first pane, the rest as it comes. */
  async show(stack, about) {
    this.about = about;
    this.others = this.beside = null;
    for (const pane of this.all.slice(1)) pane.clear(); // never one patient's picture beside another's
    const painted = this.all[0].show(stack);
    if (this.viewer.siblings?.on) this.viewer.siblings.renew(painted);
    else this.fill();
    return painted;
  }

  /** In the further panes what their places say, the case's picture again or another of it; then the patient's others. */
  async fill() {
    const { all, about, viewer } = this;
    if (!about || all.length === 1) return viewer.putMaps();
    const places = viewer.data.places || [];
    for (const [index, pane] of all.entries()) if (index && places[index]) this.put(pane, this.stackAt(places[index]));
    if (places.length < all.length) await this.ask();
    if (about !== this.about) return;
    const from = Math.max(1, places.length);
    for (const [index, pane] of this.all.entries()) if (index >= from) this.put(pane, this.others[index - from]);
    viewer.putMaps();
  }

  /** The stack of a place: the first pane's own, or one picture of the case that lies beside it. */
  stackAt({ image }) {
    const first = this.all[0].stack;
    const picture = this.about.beside?.find(({ id }) => id === image);
    if (!picture || first.slices.some((slice) => slice.image.id === image)) return first;
    this.beside ??= new Map();
    if (!this.beside.has(picture)) this.beside.set(picture, stackOf(`beside ${image}`, picture.title, [picture]));
    return this.beside.get(picture);
  }

  put(pane, stack) {
    if (stack && pane.stack === stack) return;
    if (!stack) {
      pane.clear();
      pane.said.facts.textContent = "no other image of this patient";
      return;
    }
    const [first] = this.all;
    if (stack !== first.stack) return pane.show(stack);
    pane.show(stack, first.at); // the same picture: as it is seen there
    pane.setWindow({ ...first.window });
    pane.look({ ...first.view });
  }

  /** The patient's other stacks, asked for once a case. */
  async ask() {
    if (this.others) return;
    const { about } = this;
    try {
      const answer = await fetch(about.companions, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { stacks } = await answer.json();
      if (about === this.about) this.others = stacks.map(({ id, title, images }) => stackOf(id, title, images));
    } catch (error) {
      this.others ??= [];
      this.viewer.say(trouble(error));
    }
  }

  /** Another picture of the patient in the active pane; the first pane keeps the case where there are several. */
  async companion(step) {
    if (this.viewer.siblings.on) return this.viewer.siblings.turn(step);
    if (this.all.length === 1) return this.next([1, 2]);
    if (this.at === 0) this.activate(1);
    await this.ask();
    const count = this.others.length;
    if (!count) return this.viewer.say("This patient has no other image.");
    const now = this.others.indexOf(this.active.stack);
    this.put(this.active, this.others[(now + step + count) % count]);
  }

  /** Scroll the active stack; those linked to it go as far in the patient, where their slices say how thick they are. */
  scroll(step) {
    const lead = this.active;
    const from = lead.at;
    if (!lead.stack || !lead.goTo(from + step) || this.viewer.siblings.on) return;
    for (const pane of this.meant()) {
      if (pane === lead || pane.stack.slices.length < 2) continue;
      const [leading, linked] = [lead, pane].map(({ slice }) => slice.image.slice_mm);
      const far = (lead.at - from) * (leading && linked ? leading / linked : 1) + (pane.rest || 0);
      pane.rest = far - Math.round(far);
      pane.goTo(pane.at + Math.round(far));
    }
  }

  destroy() {
    for (const pane of this.all) pane.destroy();
  }
}
