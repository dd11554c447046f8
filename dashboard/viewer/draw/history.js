// Undo and redo of one case's drawings: steps from a version to the next. null is a drawing that is not there.

const MOST = 200;

export class History {
  constructor() {
    this.steps = [];
    this.at = 0; // how many of them hold
  }

  add(before, after) {
    this.steps.splice(this.at, Infinity, { before, after });
    if (this.steps.length > MOST) this.steps.shift();
    this.at = this.steps.length;
  }

  /** The step that is taken back, or done again; undefined where there is none. */
  undo() {
    return this.at ? this.steps[--this.at] : undefined;
  }

  redo() {
    return this.at < this.steps.length ? this.steps[this.at++] : undefined;
  }

  /** A drawing that the server did not take has no past here. */
  forget(key) {
    const about = ({ before, after }) => (before || after).key === key;
    this.at -= this.steps.slice(0, this.at).filter(about).length;
    this.steps = this.steps.filter((step) => !about(step));
  }
}
