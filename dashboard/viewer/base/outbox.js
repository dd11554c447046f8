// Answers on their way: in order, each once, kept in the browser until the server has taken or refused them.

import { afterFrame } from "./frames.js";
import { sentence, trouble } from "./loader.js";

// What our routes answer to a request that will never do; anything else (signed out, too many, away) passes.
const FINAL = [400, 404, 422];
const PATIENCE_MS = 45000; // longer than the server waits for a locked catalogue, whose own sentence says more

/** A name that nothing else has. */
export const newKey = () =>
  crypto.randomUUID
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Letters in the browser, one entry each, so that two pages of one reader never write over each other's. */
class Drawer {
  constructor(name) {
    this.prefix = `rounds-outbox|${encodeURIComponent(name)}|`;
  }

  /** What waited from before, oldest first; a browser that keeps nothing has nothing. */
  all() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.prefix));
      return names.sort().map((name) => JSON.parse(localStorage.getItem(name)));
    } catch {
      return [];
    }
  }

  put(letter) {
    localStorage.setItem(this.prefix + letter.order, JSON.stringify(letter));
  }

  take(letter) {
    try {
      localStorage.removeItem(this.prefix + letter.order);
    } catch {
      // It was never kept.
    }
  }
}

export class Outbox {
  /** `listener` (and every other one) hears of every change: {waiting, sent?, case?, progress?, error?, refused?, …}. */
  constructor(name, urls, listener) {
    this.drawer = new Drawer(name);
    this.urls = urls;
    this.listeners = [listener];
    this.others = new BroadcastChannel(this.drawer.prefix); // the same reader's other tabs
    this.others.onmessage = ({ data }) => this.tell({ ...data, elsewhere: true });
    this.letters = this.drawer.all();
    this.busy = false;
    this.pause = 500;
    // A browser's clock may have been set back since: what waits from before stays before what comes.
    this.time = Math.max(0, ...this.letters.map((letter) => parseInt(letter.order, 10)));
    this.guard = (event) => this.letters.length && event.preventDefault();
    window.addEventListener("beforeunload", this.guard);
    if (this.letters.length) this.send();
  }

  get waiting() {
    return this.letters.length;
  }

  /** Whether something about a case still waits here; `kinds` are those of the letters that count. */
  waitsFor(id, kinds = ["labels", "undo"]) {
    return this.letters.some((letter) => letter.said.case === id && kinds.includes(letter.kind));
  }

  tell(news) {
    for (const listener of this.listeners) listener({ ...news, waiting: this.letters.length });
  }

  post(kind, body) {
    const key = newKey();
    this.time = Math.max(Date.now(), this.time + 1); // two in one millisecond keep their order over a reload
    const letter = { kind, said: { key, client: key, ...body }, order: `${String(this.time).padStart(15, "0")}-${key}` };
    this.letters.push(letter);
    this.tell({});
    try {
      this.drawer.put(letter);
    } catch {
      this.tell({ error: "This browser blocks local storage; keep this page open until everything is sent." });
    }
    afterFrame(() => this.send()); // kept already: the next picture first
    return key;
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.letters.length && !this.closed) {
      try {
        const letter = this.letters[0];
        const news = await this.deliver(letter);
        this.letters.shift();
        this.drawer.take(letter);
        this.pause = 500;
        this.tell(news);
        this.spread(news);
      } catch (error) {
        // The server is away: nothing is lost, it is tried again, less and less often.
        this.tell({ error: trouble(error, "; your answers wait here.") });
        await new Promise((done) => setTimeout(done, this.pause));
        this.pause = Math.min(this.pause * 2, 10000);
      }
    }
    this.busy = false;
  }

  /** What the server has taken here is news for the reader's other tabs too. */
  spread({ sent, refused, error, ...news }) {
    if (sent && !this.closed) this.others.postMessage(news);
  }

  /** Read to its end before anything is counted: while we wait here, the reader answers on. */
  async deliver(letter) {
    const answer = await fetch(this.urls[letter.kind], {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(letter.said),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok) return { ...(await answer.json()), sent: letter };
    if (FINAL.includes(answer.status)) return { error: await sentence(answer), refused: letter };
    throw new Error(await sentence(answer));
  }

  /** Stop sending here; what waits stays in the browser for the next page. */
  close() {
    this.closed = true;
    this.others.close();
    window.removeEventListener("beforeunload", this.guard);
  }
}
