// Previous, current and next cases as small pictures, each with what is said of it and whether that was sent.

import { element } from "../base/dom.js";

const SIDE = 3;
const STATES = { waiting: ["… ", ", waiting"], sent: ["✓ ", ", sent"], refused: ["✗ ", ", not taken"] };
const idly = globalThis.requestIdleCallback || ((act) => setTimeout(act, 50));

export class Filmstrip {
  /** `go(index)` hears of a click; `tellOf(case)` says {words, colour, sent}. */
  constructor(node, go, tellOf) {
    this.node = node;
    this.go = go;
    this.tellOf = tellOf;
    this.tiles = new Map(); // case id → its parts
  }

  /** After the frame that shows the case: the strip never holds up the picture. */
  soon(cases, index) {
    this.wish = [cases, index];
    this.frameRequest ??= requestAnimationFrame(() =>
      setTimeout(() => {
        this.frameRequest = null;
        this.mark(...this.wish);
        this.load();
      }),
    );
  }

  mark(cases, index) {
    const near = new Map();
    for (let at = Math.max(0, index - SIDE); at <= index + SIDE && at < cases.length; at++) near.set(cases[at].id, at);
    const focused = this.node.contains(this.node.getRootNode().activeElement);
    for (const [id, tile] of this.tiles)
      if (!near.has(id)) {
        tile.node.remove();
        this.tiles.delete(id);
      }
    for (const [id, at] of near) this.place(this.tiles.get(id) || this.make(cases[at]), cases[at], at, index);
    if (focused && !this.node.contains(this.node.getRootNode().activeElement))
      this.tiles.get(cases[index]?.id)?.node.focus();
  }

  make(one) {
    const node = element("button", "rv-tile", "", { type: "button" });
    const picture = element("img", "", "", { alt: "", loading: "lazy", decoding: "async", fetchpriority: "low" });
    const tile = { node, picture, said: element("span", "rv-tile-said"), at: 0, url: one.thumbnail };
    picture.onerror = () => picture.replaceWith(element("span", "rv-tile-broken", "no picture"));
    node.append(picture, tile.said);
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", () => this.go(tile.at));
    this.tiles.set(one.id, tile);
    const after = [...this.tiles.values()].map((each) => each.node).find((each) => Number(each.dataset.id) > one.id);
    node.dataset.id = one.id;
    this.node.insertBefore(node, after || null);
    return tile;
  }

  place(tile, one, at, index) {
    const { words, colour, sent } = this.tellOf(one);
    tile.at = at;
    tile.node.style.gridColumn = at - index + SIDE + 1;
    tile.node.style.setProperty("--rv-colour", colour || "transparent");
    tile.node.dataset.sent = sent;
    const [sign, state] = STATES[sent] || ["", ""];
    tile.said.textContent = `${sign}${words}`;
    tile.node.title = `${one.patient}: ${words}${state}`;
    tile.node.setAttribute("aria-label", tile.node.title);
    if (at === index) tile.node.setAttribute("aria-current", "true");
    else tile.node.removeAttribute("aria-current");
  }

  /** The pictures come when the case's own is on the screen and the page has nothing else to do. */
  load() {
    idly(() => {
      for (const tile of this.tiles.values())
        if (!tile.picture.getAttribute("src")) tile.picture.src = tile.url;
    });
  }
}
