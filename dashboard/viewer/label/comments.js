// Comments on a case, and on points of its pictures: what the server holds, and over it the letters that wait here.

import { button } from "./answers.js";
import { CommentForm } from "./comment_form.js";
import { element } from "../base/dom.js";
import { sentence, trouble } from "../base/loader.js";

export class Comments {
  /** `reader` writes, `outbox` carries; `say` takes a sentence. */
  constructor(viewer, outbox, reader, say) {
    Object.assign(this, { viewer, outbox, reader, say });
    this.stored = new Map(); // case → its comments as the server told
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
    if (!shown?.comments || this.stored.has(shown.id)) return;
    try {
      const answer = await fetch(shown.comments_url, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(await sentence(answer));
      const { comments } = await answer.json();
      if (!this.stored.has(shown.id)) this.stored.set(shown.id, comments);
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
    const pane = this.viewer.panes.find((candidate) => candidate.pointer && candidate.painted);
    if (!pane || !this.shown.images.some(({ id }) => id === pane.slice.image.id)) return null;
    const [x, y] = pane.toImage(pane.pointer);
    const { image, frame } = pane.slice;
    const inside = x >= 0 && y >= 0 && x <= image.columns && y <= image.rows;
    return inside ? { image: image.id, frame, x, y } : null;
  }

  post(comment) {
    this.drafts.delete(this.about.id);
    this.outbox.post("comments", { case: this.about.id, ...comment });
    this.tell();
    this.list.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  leave(text) {
    if (text.trim()) this.drafts.set(this.about.id, text);
    else this.drafts.delete(this.about.id);
  }

  /** News of the outbox, or of the reader's other tab. */
  hear({ of, comments, refused }) {
    if (comments) this.stored.set(of, comments);
    const lost = refused?.kind === "comments" && refused.said.text;
    if (lost) this.drafts.set(refused.said.case, lost); // n brings it back into the form
    if (comments || refused) this.tell();
  }

  /** What stands: what is held, and the letters of this case over it. */
  tell() {
    const letters = this.outbox.letters.filter(({ kind }) => kind === "comments").map((letter) => letter.said);
    const unsent = letters.filter((letter) => letter.case === this.shown?.id);
    const deleted = unsent.map(({ withdraws }) => withdraws);
    const waiting = unsent.filter(({ text }) => text).map((letter) => ({ ...letter, reader: this.reader, waits: true }));
    const stored = (this.stored.get(this.shown?.id) || []).filter(({ id }) => !deleted.includes(id));
    this.standing = [...stored, ...waiting];
    const count = this.standing.length;
    this.button.querySelector(".rv-name").textContent = count ? `comment (${count})` : "comment";
    this.list.replaceChildren(...this.standing.map((comment, index) => this.line(comment, index + 1)));
    for (const pane of this.viewer.panes) pane.redrawInk();
  }

  line(comment, number) {
    const node = element("li", "rv-comment");
    const at = comment.x == null ? "" : `, at ${Math.floor(comment.x)}, ${Math.floor(comment.y)}`;
    node.append(element("span", "rv-mark", String(number)), element("span", "rv-by", `${comment.reader}${at}`));
    node.append(element("span", "rv-text", comment.text));
    if (comment.waits) node.append(element("span", "rv-unsent", "waiting"));
    else if (comment.reader === this.reader) node.append(this.deletion(comment, number));
    return node;
  }

  deletion(comment, number) {
    const name = { type: "button", "aria-label": `Delete comment ${number}` };
    const made = element("button", "rv-tool", "delete", name);
    made.addEventListener("click", () => {
      this.about = this.shown;
      this.post({ withdraws: comment.id });
    });
    return made;
  }

  /** Numbers on the picture, where the comments point. */
  mark(context, pane) {
    const { image, frame } = pane.slice;
    const isOnSlice = ([, comment]) => comment.x != null && comment.image === image.id && comment.frame === frame;
    const onSlice = [...this.standing.entries()].filter(isOnSlice);
    for (const [index, { x, y }] of onSlice) flag(context, pane.toScreen([x, y]), String(index + 1));
    return onSlice.length > 0;
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
