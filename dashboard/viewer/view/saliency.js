// The maps over the panes, and the controls that change how they look while one looks.

import { element } from "../base/dom.js";
import { trouble } from "../base/loader.js";
import { COLOUR_MAPS, fetched, usual } from "../render/heatmap.js";

const pathOf = (overlay) => overlay?.url.split("?")[0];
const REST = 120; // ms on a picture before its map is asked for: who scrolls on wants none

export class Maps {
  constructor(viewer, node) {
    this.viewer = viewer;
    this.look = usual();
    this.node = node;
    this.node.hidden = !viewer.data.overlays?.length; // its height is kept while a map is computed
    this.opacity = this.slider("Opacity", "Opacity of the map ([ ])", 45, (value) => this.set({ opacity: value }));
    this.threshold = this.slider("Threshold", "Hide the map below this share of its maximum", 0, (value) => this.set({ threshold: value }));
    this.colours = element("select", "rv-colours", "", { "aria-label": "Colours of the map", title: "Colours of the map" });
    this.colours.append(...COLOUR_MAPS.map((name) => element("option", "", name, { value: name })));
    this.colours.addEventListener("change", () => this.set({ colours: this.colours.value }));
    this.outline = element("input", "", "", { type: "checkbox" });
    this.outline.addEventListener("change", () => this.set({ outline: this.outline.checked }));
    const label = element("label", "rv-number", "Contour");
    label.append(this.outline);
    this.node.append(this.colours, label);
  } // prettier-ignore

  slider(title, hint, value, act) {
    const label = element("label", "rv-number", title, { title: hint });
    const input = element("input", "rv-slider", "", { type: "range", min: "0", max: "100", value, "aria-label": hint });
    input.addEventListener("input", () => act(input.value / 100));
    label.append(input);
    this.node.append(label);
    return input;
  }

  /** The map that belongs over a pane's picture: the one its place has; beyond the places the first, of any picture. */
  over(pane) {
    const { overlays = [], places = [] } = this.viewer.data;
    const place = places[this.viewer.panes.indexOf(pane)];
    const map = overlays[place ? place.map : 0];
    const url = map?.of[pane.slice?.image.id];
    return url && { ...map, url };
  }

  /** A pane may show another picture than before: then its map is another. */
  follow(pane) {
    if (!this.viewer.data.overlays?.length || (pathOf(this.over(pane)) ?? null) === (pane.mapPath ?? null)) return;
    pane.overlay = null;
    clearTimeout(pane.mapSoon);
    pane.mapSoon = setTimeout(() => this.put(pane, this.over(pane)), REST);
  }

  /** Put a map over a pane's image, or take it away. */
  async put(pane, overlay) {
    clearTimeout(pane.mapSoon);
    const path = pathOf(overlay) ?? null;
    if (path && pane.mapPath === path && pane.overlay) return this.name(pane, overlay); // it may stand beside others now
    if (path && pane.mapPath === path && pane.mapAsked === path) return;
    pane.mapPath = path;
    pane.mapAsked = path; // it is on its way, and a map is not computed twice
    pane.overlay = null;
    this.tell(pane, overlay ? "Computing the map …" : "");
    pane.redrawInk();
    if (!overlay) return;
    try {
      const map = await fetched(overlay.url);
      if (pane.mapPath !== path || pane.overlay) return;
      map.set(this.look);
      pane.overlay = map;
      this.name(pane, this.over(pane) || overlay);
      pane.redrawInk();
      this.computed ||= Boolean(overlay.pending?.includes(pane.slice.image.id));
    } catch (error) {
      if (pane.mapPath === path) this.tell(pane, trouble(error));
    } finally {
      if (pane.mapAsked === path) pane.mapAsked = null;
      this.report();
    }
  }

  /** Tell the page once that the maps it had no text for are there, when none is on its way any more. */
  report() {
    if (!this.computed || this.viewer.panes.some((pane) => pane.mapAsked)) return;
    this.computed = false;
    this.viewer.send("maps", this.viewer.shown.id);
  }

  /** What it is of, of several models' maps which one's, and what speaks against it. */
  name(pane, { title, check }) {
    const whole = [title, pane.overlay.title].filter(Boolean).join(" · ");
    const against = [pane.overlay.warnings, check].filter(Boolean).join(" · ");
    this.tell(pane, `${whole} · not a segmentation`, whole, against && element("div", "rv-badge", against));
  }

  tell(pane, words, title = "", badge = "") {
    pane.said.map.replaceChildren(words, badge);
    pane.mapTitle = title;
    const titles = this.viewer.panes.map((pane) => pane.overlay && pane.mapTitle).filter(Boolean);
    this.viewer.root.dataset.overlay = titles[0] || "";
    this.viewer.root.dataset.maps = titles.length;
  }

  set(changes) {
    Object.assign(this.look, changes);
    this.opacity.value = Math.round(this.look.opacity * 100);
    for (const pane of this.viewer.panes) {
      pane.overlay?.set(changes);
      pane.redrawInk();
    }
  }

  fade(step) {
    this.set({ opacity: Math.min(1, Math.max(0, this.look.opacity + step)) });
  }

  toggle() {
    if (this.look.opacity > 0) this.before = this.look.opacity;
    this.set({ opacity: this.look.opacity > 0 ? 0 : this.before || usual().opacity });
  }
}
