// The keys of drawing. While it is on, it is asked first: a digit is a class here and never answers the case.

import { TOOLS } from "./toolbar.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10;
const TURNS = { Comma: -5, Period: 5 };
const ANSWERS = ["u", "a", "Enter"]; // with Shift+digits what would answer the case, or take an answer back
const WITH_CTRL = { z: "undo", Z: "redo", y: "redo" };

/** Whether the key is of drawing, which then has acted. */
export function press(book, key, event) {
  if (!book.viewer.shown || (book.viewer.covered && (key === "Escape" || !book.on))) return false;
  const typed = event?.getModifierState?.("AltGraph"); // how [ and ] are written on many keyboards
  const ctrl = !typed && (event?.ctrlKey || event?.metaKey);
  if (!book.on) return !ctrl && !event?.altKey && whileOff(book, key);
  book.quiet();
  if (ctrl) return act(WITH_CTRL[key] && (() => book[WITH_CTRL[key]]()));
  if (ARROWS[key]) return arrow(book, ARROWS[key], event);
  if (event?.altKey && !typed) return act(TURNS[event.code] && (() => book.turn(TURNS[event.code])));
  if (key === "Tab") return tab(book, event);
  if (key === "Enter" || key === " ") return set(book, key, event);
  const tool = TOOLS.find((item) => item.key === key);
  if (tool) return act(() => book.take(tool));
  if (/^[0-9]$/.test(key)) return act(() => book.digit(Number(key)));
  const acts = {
    d: () => book.toggle(), D: () => book.hide(), "<": () => book.jump(-1), ">": () => book.jump(1),
    Escape: () => book.escape(), Delete: () => book.eraseChosen(), Backspace: () => book.back(),
  }; // prettier-ignore
  if (acts[key]) return act(acts[key]);
  if (book.tool.shape === "mask" && (key === "[" || key === "]"))
    return act(() => book.widen(key === "[" ? 0.8 : 1.25));
  if (key === "l") return book.toggle(), false; // the ruler takes the pane
  if (book.viewer.data.mode === "label" && (ANSWERS.includes(key) || /^Digit/.test(event?.code)))
    return act(() => book.say("Drawing is on: press d to leave it and answer the case; Ctrl+Z undoes a stroke."));
  return false;
}

function whileOff(book, key) {
  if (key === "d") return act(() => book.toggle());
  if (key === "D") return act(() => book.hide());
  return (key === "<" || key === ">") && book.jump(key === "<" ? -1 : 1);
}

function act(does) {
  if (!does) return false;
  does();
  return true;
}

function arrow(book, [dx, dy], event) {
  const far = event?.shiftKey ? FAR : 1;
  const step = [dx * far, dy * far];
  if (book.tool.hand !== "chooser") return act(() => !event?.altKey && book.crosshair.move(step));
  if (!book.chosenHere) return Boolean(event?.altKey); // not the browser's way back
  return act(() => book.nudge(step, event?.altKey));
}

function tab(book, event) {
  const target = event?.composedPath?.()[0];
  const elsewhere = target instanceof Element && target !== document.body && !target.closest(".rv-pane");
  return !elsewhere && book.cycle(event?.shiftKey ? -1 : 1);
}

function set(book, key, event) {
  if (event?.repeat) return true;
  if (book.crosshair.seen) return act(() => book.crosshair.set({ shift: event?.shiftKey }));
  if (key === " ") return act(() => book.space(true));
  if (book.hands.hand.close() || book.tool.hand === "chooser") return true;
  return act(() => book.crosshair.move([0, 0]));
}
