// Cine: the slices of a pane one after another, in the time the file asks for, and never ahead of what is painted.

const USUAL_MS = 1000 / 15;

export class Cine {
  constructor(pane) {
    this.pane = pane;
  }

  get runs() {
    return Boolean(this.frameRequest);
  }

  toggle() {
    if (this.runs) return this.stop();
    if (this.pane.stack && this.pane.stack.slices.length > 1) this.tick(performance.now());
  }

  tick(last) {
    this.frameRequest = requestAnimationFrame((now) => {
      if (!this.pane.node.isConnected) return this.stop();
      const due = this.pane.slice.image.frame_ms || USUAL_MS;
      const step = now - last >= due - 1 && this.pane.painted; // a frame of the screen may come a hair early
      if (step) this.pane.goTo((this.pane.at + 1) % this.pane.stack.slices.length);
      this.tick(step ? Math.max(last + due, now - due) : last);
    });
  }

  stop() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = null;
  }
}
