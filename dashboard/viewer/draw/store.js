// The drawings that stand: what the server holds, and over it the letters that still wait here.

import { sentence, trouble } from "../base/loader.js";

const AGAIN_MS = 3000;
const SETTLED_MS = 120; // a reader who only passes by asks for nothing

/** Whether a drawing belongs to a slice; whether two slices are the same picture. */
export const isOn = ({ image, frame }, slice) => image === slice.image.id && frame === slice.frame;
export const same = (first, second) => first.image.id === second.image.id && first.frame === second.frame;

export class Store {
  /** `changed()` hears that another set stands; `say` takes a sentence. */
  constructor(outbox, reader, changed, say) {
    Object.assign(this, { outbox, reader, changed, say });
    this.stored = new Map(); // case → key → drawing, as the server holds it
    this.standing = new Map();
  }

  /** Show another case: what is known of it at once, the rest when the server has told. */
  open(shown) {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.case = shown?.id ?? null;
    this.url = shown?.drawings;
    this.replay();
    if (this.url) this.soon();
  }

  soon(after = SETTLED_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), after);
  }

  async fetch() {
    const caseId = this.case;
    this.abort?.abort();
    this.abort = new AbortController();
    this.since = []; // letters that were taken meanwhile: the answer may not know of them
    try {
      const answer = await fetch(this.url, { credentials: "same-origin", signal: this.abort.signal });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { drawings } = await answer.json();
      if (caseId !== this.case) return;
      this.missed?.();
      this.stored.set(caseId, new Map(drawings.map((drawing) => [drawing.key, drawing])));
      for (const version of this.since) this.keep(version);
      this.replay();
    } catch (error) {
      if (error.name === "AbortError" || caseId !== this.case) return;
      this.missed = this.say(trouble(error, "; the drawings of this case come when it does."));
      this.soon(AGAIN_MS);
    }
    this.since = null;
  }

  /** Letters of this case over what the server holds, in their order. */
  replay() {
    this.standing = new Map(this.stored.get(this.case));
    for (const letter of this.outbox?.letters || [])
      if (letter.kind === "drawings" && letter.said.case === this.case)
        put(this.standing, { ...this.read(letter.said), waits: true });
    this.changed();
  }

  read({ key, image, frame, shape, geometry, label, erased }) {
    return { key, image, frame, shape, geometry, label, erased, reader: this.reader };
  }

  /** Append a version of a drawing: seen at once, sent when it can be. */
  post({ key, image, frame, shape, geometry, label }, erased = false) {
    this.outbox.post("drawings", { case: this.case, image, frame, key, shape, geometry, label, erased });
    this.replay();
  }

  keep({ case: about, drawing }) {
    if (!this.stored.has(about)) this.stored.set(about, new Map());
    put(this.stored.get(about), drawing);
  }

  /** News of the outbox: a letter taken is held by the server from now on, one refused is gone. */
  hear({ sent, refused, drawing, elsewhere }) {
    if (elsewhere && drawing && this.url) return this.soon(); // drawn in another tab of this reader
    const letter = sent || refused;
    if (letter?.kind !== "drawings") return;
    if (sent) {
      const taken = { case: sent.said.case, drawing: settled(this.read(sent.said), drawing) };
      this.keep(taken);
      this.since?.push(taken);
    }
    this.replay();
  }

  close() {
    clearTimeout(this.timer);
    this.abort?.abort();
  }
}

/** As the server put it; a geometry that it left as it was stays the same object, for which pictures are kept. */
function settled(sent, stored) {
  const { geometry } = JSON.stringify(sent.geometry) === JSON.stringify(stored?.geometry) ? sent : stored || sent;
  return { ...sent, ...stored, geometry };
}

function put(drawings, drawing) {
  if (drawing.erased) drawings.delete(drawing.key);
  else drawings.set(drawing.key, drawing);
}
