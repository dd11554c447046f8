// The pointer of a pane while drawing is on: what goes down, moves and goes up, handed to the tool in hand.

const FAR = 3; // CSS pixels that make a drag of a click
const TWICE_MS = 400;
const TWICE_NEAR = 6;

/** The tool that a pane asks first. `pans`: while Space is held a drag moves the picture instead. */
export const pointer = (book, pane) => new Pointer(book, pane);

class Pointer {
  constructor(book, pane) {
    Object.assign(this, { book, pane });
    this.drag = null;
    this.last = { time: 0, place: [0, 0] };
  }

  get pans() {
    return this.book.spaced;
  }

  down(event, at) {
    const { book, pane } = this;
    book.quiet();
    book.crosshair.hide();
    if (!event.isPrimary) return this.letGo(); // a second finger: the picture is pinched, not drawn on
    if (!book.ready(pane)) return;
    const place = pane.toScreen(at);
    const twice = event.timeStamp - this.last.time < TWICE_MS && apart(place, this.last.place) < TWICE_NEAR;
    this.last = { time: twice ? 0 : event.timeStamp, place };
    this.drag = { place, far: false };
    book.inHand.press(pane, at, { shift: event.shiftKey, alt: event.altKey, twice });
  }

  move(event, at) {
    const { book, pane, drag } = this;
    this.at = at;
    if (drag) drag.far ||= apart(pane.toScreen(at), drag.place) > FAR;
    if (!pane.painted) return;
    if (drag && !drag.far && book.tool.hand === "chooser") return; // a hand that trembles moves nothing
    for (const place of drag ? between(event, pane, at) : [at]) book.inHand.pass(pane, place, Boolean(drag));
  }

  up(event, at) {
    if (!this.drag) return;
    const { far } = this.drag;
    if (far) this.move(event, at);
    this.drag = null;
    if (event.type === "pointercancel") this.book.inHand.cancel();
    else this.book.inHand.leave(this.pane, at, far);
  }

  letGo() {
    this.drag = null;
    this.book.inHand.cancel();
  }
}

const apart = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);

/** The places since the last event: a browser tells of several moves at once. */
function between(event, pane, at) {
  const every = event.getCoalescedEvents?.() || [];
  if (every.length < 2) return [at];
  const box = pane.node.getBoundingClientRect();
  return every.map(({ clientX, clientY }) => pane.toImage([clientX - box.left, clientY - box.top]));
}
