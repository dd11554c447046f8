// Phases, echoes and b-values of one place side by side: one stack in each pane, all at one place in the patient.

import { sentence, trouble } from "../base/loader.js";
import { along, nearest, normalOf, sameSight } from "../base/places.js";
import { stackOf } from "./panes.js";

const PANES = 4;
const ALONE = "This image belongs to no series, so no other phase or echo can be laid beside it.";

async function answered(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await sentence(answer));
  return answer.json();
}

export class Siblings {
  constructor(viewer) {
    this.viewer = viewer;
    this.on = false;
  }

  get panes() {
    return this.viewer.panes;
  }

  toggle() {
    return this.on ? this.leave() : this.lay();
  }

  /** Ask for the siblings of what the first pane shows, and lay them beside it. */
  async lay() {
    const { shown } = this.viewer;
    const { slice } = this.panes[0];
    if (!shown || !slice) return;
    const url = shown.siblings?.[slice.image.series];
    const alone = (reason) => ({ stacks: [], reason });
    const { stacks, reason } = url ? await answered(url).catch((error) => alone(trouble(error))) : alone(ALONE);
    if (shown !== this.viewer.shown) return;
    if (stacks.length) return this.begin(stacks, slice);
    this.leave();
    this.viewer.say(reason);
  }

  begin(stacks, { image }) {
    const [first] = this.panes;
    const rank = stacks.findIndex(({ id }) => id === image.series);
    this.on = true;
    this.viewer.root.dataset.siblings = "on";
    this.own = stacks[rank];
    this.stacks = stacks;
    this.others = stacks.filter((stack) => stack !== this.own);
    this.room = Math.min(PANES, stacks.length) - 1;
    this.from = Math.min(Math.max(0, rank - 1), this.others.length - this.room);
    this.normal = normalOf(image);
    this.narrow(first, image.series);
    return this.fill();
  }

  /** The first pane scrolls through the shown stack alone, also where a case holds a whole study. */
  narrow(pane, series) {
    const slices = pane.stack.slices.filter(({ image }) => image.series === series);
    if (slices.length === pane.stack.slices.length) return;
    this.whole = pane.stack;
    pane.among({ ...pane.stack, slices });
  }

  /** The shown stack and as many of the others as there is room for, in their order. */
  async fill() {
    const { grid } = this.viewer;
    const beside = this.others.slice(this.from, this.from + this.room);
    grid.grow(this.room + 1);
    for (const pane of this.panes) pane.resize();
    for (const [index, stack] of [this.own, ...beside].entries()) this.name(this.panes[index], stack);
    grid.arrange((pane) => this.stacks.indexOf(pane.sibling));
    if (this.others.length > this.room)
      this.viewer.say(`${this.room + 1} of ${this.stacks.length} stacks are shown; j shows the next ones, J those before.`);
    await Promise.all(beside.map((stack, index) => this.put(this.panes[index + 1], stack)));
  }

  name(pane, stack) {
    if (pane !== this.panes[0] && pane.sibling !== stack) pane.clear();
    pane.sibling = stack;
    pane.said.differs.textContent = stack.title;
    pane.node.setAttribute("aria-label", stack.title);
  }

  async put(pane, sibling) {
    try {
      sibling.stack ??= stackOf(`series ${sibling.id}`, "", (await answered(sibling.url)).images);
    } catch (error) {
      return this.viewer.say(trouble(error));
    }
    if (pane.sibling !== sibling || !this.panes.includes(pane) || pane.stack === sibling.stack) return;
    const [first] = this.panes;
    pane.show(sibling.stack, this.find(pane, sibling.stack, first).index);
    if (this.comparable(pane.slice.image, first.slice.image)) pane.setWindow({ ...first.window });
    this.align(pane);
    this.viewer.putMaps();
  }

  /** The slice of a stack at the place of another pane; the pane says where it lies elsewhere. */
  find(pane, stack, lead) {
    const at = nearest(stack.slices, this.normal, along(lead.slice.image, this.normal));
    const far = `${at.off.toFixed(1)} mm away`;
    pane.said.place.textContent = at.before ? `no slice here; the nearest is ${far}` : at.off ? `nearest slice, ${far}` : "";
    return at;
  }

  /** Whether one window shows what differs: values of one kind, in ranges that meet. */
  comparable(image, lead) {
    const alike = image.unit === lead.unit && image.channels === lead.channels;
    return this.on && alike && Math.min(image.high, lead.high) > Math.max(image.low, lead.low);
  }

  /** A pane shows another slice: the others go to its place, while they are linked. */
  follow(lead) {
    if (!this.on || this.following || !lead.stack) return;
    this.following = true;
    lead.said.place.textContent = "";
    for (const pane of this.viewer.grid.meant(lead))
      if (pane !== lead) pane.goTo(this.find(pane, pane.stack, lead).index);
    this.following = false;
  }

  /** All panes at one zoom in mm and one place, as the first one is looked at. */
  align(...panes) {
    const [first] = this.panes;
    if (!this.on) return;
    for (const pane of panes.length ? panes : this.panes.slice(1))
      if (pane.stack)
        pane.look(sameSight(first.view, first.slice.image, pane.slice.image, pane.picture.screen, pane.ratio));
  }

  /** The stacks that had no room: the next ones, or with -1 those before. */
  turn(step) {
    const last = this.others.length - this.room;
    if (!last) return this.viewer.say(`All ${this.stacks.length} stacks are shown.`);
    const next = this.from + step * this.room;
    const wraps = step > 0 ? this.from === last : this.from === 0;
    this.from = wraps ? (step > 0 ? 0 : last) : Math.min(last, Math.max(0, next));
    return this.fill();
  }

  /** Another case: its siblings take their places once it is painted. */
  async renew(painted) {
    const { shown } = this.viewer;
    this.whole = null;
    this.panes[0].said.differs.textContent = "";
    await painted;
    if (this.on && shown === this.viewer.shown) await this.lay();
  }

  /** Back to the layout of the page: one pane, or those of its maps. */
  leave() {
    if (!this.on) return;
    this.end();
    const { grid, data } = this.viewer;
    grid.grow(data.panes || 1);
    for (const pane of this.panes) pane.resize();
    grid.fill();
  }

  /** Nothing of it any more; the panes are the caller's. */
  end() {
    if (!this.on) return;
    const [first] = this.panes;
    this.on = false;
    this.viewer.root.dataset.siblings = "";
    for (const [index, pane] of this.panes.entries()) {
      pane.sibling = null;
      pane.said.differs.textContent = pane.said.place.textContent = "";
      pane.node.setAttribute("aria-label", `Image ${index + 1}`);
    }
    this.viewer.grid.arrange((pane) => this.panes.indexOf(pane));
    if (this.whole) first.among(this.whole);
    this.whole = null;
  }
}
