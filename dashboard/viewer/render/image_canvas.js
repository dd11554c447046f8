// The picture of a pane: a canvas of the pane's size and the renderer that draws on it.

import { Canvas2d } from "./canvas2d.js";
import { element } from "../base/dom.js";
import { WebGl } from "./webgl.js";

/** The renderer set in this browser: "webgl" (even a slow one), "2d", or null. */
function preferred() {
  try {
    return localStorage.getItem("rounds-renderer");
  } catch {
    return null; // a browser that keeps nothing
  }
}

export class Picture {
  constructor(node) {
    this.node = node;
    this.use(preferred() === "2d" ? null : preferred() === "webgl");
  }

  /** A canvas keeps its first kind of context: another renderer needs another canvas. `forced` null: canvas 2-D. */
  use(forced) {
    const screen = element("canvas", "rv-screen", "", { "aria-hidden": "true" });
    this.renderer?.destroy();
    this.screen?.replaceWith(screen);
    if (!this.screen) this.node.prepend(screen);
    this.screen = screen;
    try {
      if (forced === null) throw new Error("not wanted");
      this.renderer = new WebGl(screen, forced);
      screen.addEventListener("webglcontextlost", () => this.lost());
    } catch {
      if (!screen.isConnected) return;
      const plain = element("canvas", "rv-screen", "", { "aria-hidden": "true" });
      screen.replaceWith(plain);
      this.screen = plain;
      this.renderer = new Canvas2d(plain);
    }
  }

  /** The graphics card is gone, or an image is larger than it takes: go on without it. */
  lost() {
    if (this.gone || this.renderer.name === "2d") return;
    const before = [this.screen.width, this.screen.height];
    this.use(null);
    [this.screen.width, this.screen.height] = before;
    this.onLost?.();
  }

  develop(image, samples, window, step = 1) {
    if (this.renderer.fits && !this.renderer.fits(image)) this.lost();
    this.renderer.develop(image, samples, window, step);
  }

  /** Follow the size of the element on the screen; says whether it changed. */
  resize(ratio) {
    const width = Math.max(1, Math.round(this.node.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.node.clientHeight * ratio));
    if (this.screen.width === width && this.screen.height === height) return false;
    this.screen.width = width;
    this.screen.height = height;
    return true;
  }

  destroy() {
    this.gone = true;
    this.renderer.destroy();
  }
}
