// Comments on a case, and on points of its pictures: what the server holds, and over it the letters that wait here.

import { button } from "./answers.js";
import { CommentForm } from "./comment_form.js";
import { element } from "../base/dom.js";
import { sentence, trouble } from "../base/loader.js";

export class Comments {
  /** `reader` writes, `outbox` carries; `say` takes a sentence. */
  constructor(viewer, outbox, reader, say) {
    Object.assign(this, { viewer, outbox, reader, say });
    this.held = new Map(); // case → its comments as the server told
    this.drafts = new Map(); // case → what was begun and left
    this.standing = [];
    const keep = (text, place) => this.post({ text, ...place });
    this.form = new CommentForm(viewer.parts.light, keep, (text) => this.leave(text));
    this.button = button("n", "comment", () => this.write());
    this.list = element("ol", "rv-comments", "", { "aria-label": "Comments" });
    viewer.foot.append(this.button);
    viewer.parts.answers.append(this.list);
    this.paint = (context, pane) => this.mark(context, pane);
  }

  /** Another case, or none. */
  open(shown) {
    this.form.leave();
    this.shown = shown;
    for (const pane of this.viewer.panes) if (!pane.inks.includes(this.paint)) pane.inks.push(this.paint);
    this.tell();
  }

  /** Its picture is on the screen: what was written beside it may come. */
  async fetch() {
    const { shown } = this;
    if (!shown?.comments || this.held.has(shown.id)) return;
    try {
      const answer = await fetch(shown.comments_url, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { comments } = await answer.json();
      if (!this.held.has(shown.id)) this.held.set(shown.id, comments);
    } catch (error) {
      if (shown === this.shown) this.say(trouble(error, "; the comments on this case come when it does."));
    }
    if (shown === this.shown) this.tell();
  }

  /** Beside the point under the pointer, else beside the case. */
  write() {
    if (!this.shown || !this.viewer.painted) return;
    this.about = this.shown;
    this.form.open(this.drafts.get(this.shown.id) || "", this.pointed());
  }

  pointed() {
    const pane = this.viewer.panes.find((one) => one.pointer && one.painted);
    if (!pane || !this.shown.images.some(({ id }) => id === pane.slice.image.id)) return null;
    const [x, y] = pane.toImage(pane.pointer);
    const { image, frame } = pane.slice;
    const inside = x >= 0 && y >= 0 && x <= image.columns && y <= image.rows;
    return inside ? { image: image.id, frame, x, y } : null;
  }

  post(said) {
    this.drafts.delete(this.about.id);
    this.outbox.post("comments", { case: this.about.id, ...said });
    this.tell();
    this.list.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  leave(text) {
    if (text.trim()) this.drafts.set(this.about.id, text);
    else this.drafts.delete(this.about.id);
  }

  /** News of the outbox, or of the reader's other tab. */
  hear({ of, comments, refused }) {
    if (comments) this.held.set(of, comments);
    const lost = refused?.kind === "comments" && refused.said.text;
    if (lost) this.drafts.set(refused.said.case, lost); // n brings it back into the form
    if (comments || refused) this.tell();
  }

  /** What stands: what is held, and the letters of this case over it. */
  tell() {
    const letters = this.outbox.letters.filter(({ kind, said }) => kind === "comments" && said.case === this.shown?.id);
    const gone = letters.map(({ said }) => said.withdraws);
    const mine = { reader: this.reader, waits: true };
    const waiting = letters.filter(({ said }) => said.text).map(({ said }) => ({ ...said, ...mine }));
    const held = (this.held.get(this.shown?.id) || []).filter(({ id }) => !gone.includes(id));
    this.standing = [...held, ...waiting];
    const count = this.standing.length;
    this.button.querySelector(".rv-name").textContent = count ? `comment (${count})` : "comment";
    this.list.replaceChildren(...this.standing.map((one, index) => this.line(one, index + 1)));
    for (const pane of this.viewer.panes) pane.redrawInk();
  }

  line(one, number) {
    const node = element("li", "rv-comment");
    const at = one.x == null ? "" : `, at ${Math.floor(one.x)}, ${Math.floor(one.y)}`;
    node.append(element("span", "rv-mark", String(number)), element("span", "rv-by", `${one.reader}${at}`));
    node.append(element("span", "rv-text", one.text));
    if (one.waits) node.append(element("span", "rv-unsent", "waiting"));
    else if (one.reader === this.reader) node.append(this.withdrawal(one, number));
    return node;
  }

  withdrawal(one, number) {
    const name = { type: "button", "aria-label": `Withdraw comment ${number}` };
    const made = element("button", "rv-tool", "withdraw", name);
    made.addEventListener("click", () => {
      this.about = this.shown;
      this.post({ withdraws: one.id });
    });
    return made;
  }

  /** Numbers on the picture, where the comments point. */
  mark(context, pane) {
    const { image, frame } = pane.slice;
    const is = ([, one]) => one.x != null && one.image === image.id && one.frame === frame;
    const here = [...this.standing.entries()].filter(is);
    for (const [index, { x, y }] of here) flag(context, pane.toScreen([x, y]), String(index + 1));
    return here.length > 0;
  }
}

function flag(context, [x, y], number) {
  context.beginPath();
  context.arc(x, y, 10, 0, 2 * Math.PI);
  context.fillStyle = "#0b0e11";
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = "#f0c14b";
  context.stroke();
  context.fillStyle = "#ffffff";
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(number, x, y);
}
