// Answers on their way: in order, each once, kept in the browser until the server has them.

import { sentence } from "./loader.js";

const newKey = () =>
  crypto.randomUUID
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Outbox {
  /** `told` hears of every change: {waiting, progress?, error?}. */
  constructor(name, urls, told) {
    this.name = `rounds-outbox-${name}`;
    this.urls = urls;
    this.told = told;
    this.letters = JSON.parse(localStorage.getItem(this.name) || "[]");
    this.busy = false;
    this.pause = 500;
    this.guard = (event) => this.letters.length && event.preventDefault();
    window.addEventListener("beforeunload", this.guard);
    if (this.letters.length) this.send();
  }

  get waiting() {
    return this.letters.length;
  }

  post(kind, said) {
    this.letters.push({ kind, said: { ...said, key: newKey() } });
    this.keep();
    this.send();
  }

  keep() {
    localStorage.setItem(this.name, JSON.stringify(this.letters));
    this.told({ waiting: this.letters.length });
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.letters.length && !this.closed) {
      try {
        const letter = this.letters[0];
        const answer = await fetch(this.urls[letter.kind], {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(letter.said),
        });
        if (answer.status === 403 || answer.status >= 500) throw new Error(await sentence(answer));
        // Read to its end before anything is counted: while we wait here, the reader answers on.
        const news = answer.ok ? { ...(await answer.json()), sent: letter } : { error: await sentence(answer) };
        this.letters.shift();
        this.keep();
        this.pause = 500;
        this.told({ ...news, waiting: this.letters.length });
      } catch (error) {
        // The server is away: nothing is lost, it is tried again, less and less often.
        const offline = error instanceof TypeError ? "The server does not answer; your answers wait here." : error.message;
        this.told({ waiting: this.letters.length, error: offline });
        await new Promise((done) => setTimeout(done, this.pause));
        this.pause = Math.min(this.pause * 2, 10000);
      }
    }
    this.busy = false;
  }

  /** Stop sending here; what waits stays in the browser for the next page. */
  close() {
    this.closed = true;
    window.removeEventListener("beforeunload", this.guard);
  }
}
