// The list of cases: what the page brought, and more of it before the reader comes to its end.

import { sentence, trouble } from "../base/loader.js";

const AHEAD = 4;
const AGAIN_MS = 2000;

export class Queue {
  /** `url()` asks for more; `came()` hears that some came, `away(sentence)` that the server does not answer. */
  constructor(cases, { url, came, away }) {
    Object.assign(this, { cases, url, came, away });
  }

  /** More, where the reader at `index` comes near the end. */
  async fetch(index = this.index) {
    this.index = index;
    if (this.fetching || this.exhausted || this.closed || index + AHEAD < this.cases.length) return;
    this.fetching = true;
    try {
      const last = this.cases[this.cases.length - 1]?.id || 0;
      const answer = await fetch(`${this.url()}&after=${last}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { cases } = await answer.json();
      this.exhausted = cases.length === 0;
      this.cases.push(...cases);
    } catch (error) {
      this.away(trouble(error, "; the list goes on when it does."));
      // Still "fetching" until then: the end of the list would otherwise ask again at once, and again.
      setTimeout(() => {
        this.fetching = false;
        this.fetch();
      }, AGAIN_MS);
      return;
    }
    this.fetching = false;
    this.came();
  }
}
