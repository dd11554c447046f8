// The slim bar of drawing: its tools, the classes, undo and redo, each with its key; and what the tool in hand does.

import { element, tool } from "../base/dom.js";

export const TOOLS = [
  { key: "v", name: "Select", hand: "chooser",
    hint: "Click to select; drag or arrows move, Alt+arrows resize" },
  { key: "b", name: "Box", hand: "hand", shape: "box", holds: true, hint: "Drag from corner to corner, or click both" },
  { key: "e", name: "Ellipse", hand: "hand", shape: "ellipse", holds: true, hint: "Drag across it, or click two ends" },
  { key: "p", name: "Polygon", hand: "hand", shape: "polygon",
    hint: "Click the corners; Enter closes, Backspace removes the last one" },
  { key: "o", name: "Outline", hand: "hand", shape: "freehand", holds: true, hint: "Draw around the finding in one stroke" },
  { key: "m", name: "Brush", hand: "brush", shape: "mask", holds: true,
    hint: "Shift erases, [ ] change the size, Esc ends this mask" },
  { key: "t", name: "Point", hand: "hand", shape: "point", hint: "Click the place" },
]; // prettier-ignore

export const KEYS = [
  ["d", "Drawing on or off"], ["D", "Show or hide drawings"], ["< >", "Previous, next slice with a drawing"],
  ["1 … 9, 0", "Class of the new or selected drawing, none"], ["arrows, Enter", "Crosshair and its corners by keyboard"],
  ["Tab", "Next drawing on this image"], ["Delete", "Erase the selected drawing"], ["Alt + , .", "Turn an ellipse"],
  ["Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"], ["Space + drag", "Pan while drawing"],
]; // prettier-ignore

export class DrawBar {
  constructor(book) {
    this.book = book;
    this.node = element("div", "rv-draw", "", { role: "toolbar", "aria-label": "Drawing tools" });
    this.node.hidden = true;
    this.tools = new Map(TOOLS.map((item) => [item, this.button(item.name, item.key, item.name, () => book.take(item))]));
    const offered = book.classes.filter(({ retired }) => !retired);
    this.classes = new Map(offered.map((item) => [item.position, this.classOf(item)]));
    this.classes.set(null, this.classOf({ position: -1, title: "unassigned", colour: book.colourOf(null) }));
    this.undo = this.button("Undo", "Ctrl+Z", "Undo the last stroke", () => book.undo());
    this.redo = this.button("Redo", "Ctrl+Y", "Redo the last stroke", () => book.redo());
    this.hint = element("span", "rv-draw-hint", "", { role: "status" });
    const choice = element("span", "rv-draw-classes", "", { role: "group", "aria-label": "Class of the drawing" });
    choice.append(element("span", "rv-draw-say", "digits choose the class"), ...this.classes.values());
    this.node.append(...this.tools.values(), this.undo, this.redo, choice, this.hint);
  }

  button(name, key, hint, act) {
    return tool(name, key, hint, (event) => {
      act();
      this.book.focus(event);
    });
  }

  classOf({ position, title, colour }) {
    const key = position < 9 ? String(position + 1) : "";
    const button = this.button(title, key, `Class of the drawing: ${title}`, () =>
      this.book.classify(position < 0 ? null : position),
    );
    const dot = element("span", "rv-dot");
    dot.style.background = colour;
    button.prepend(dot);
    return button;
  }

  /** Show what is in hand. */
  tell() {
    const { book } = this;
    this.node.hidden = !book.on;
    if (!book.on) return;
    for (const [item, button] of this.tools) button.setAttribute("aria-pressed", String(item === book.tool));
    const label = book.tool.hand === "chooser" && book.chosen ? book.chosen.label : book.label;
    for (const [position, button] of this.classes) button.setAttribute("aria-pressed", String(position === label));
    this.undo.disabled = !book.history.at;
    this.redo.disabled = book.history.at === book.history.steps.length;
    const size = book.tool.shape === "mask" ? `${book.hands.brush.radius * 2} px · ` : "";
    this.hint.textContent = this.hint.title = size + book.tool.hint;
  }
}
