// The viewer's furniture: bar, pane, answers, strip. Text goes in as text, never as markup.

export function element(tag, name, said = "", more = {}) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = said;
  for (const [key, value] of Object.entries(more)) node.setAttribute(key, value);
  return node;
}

export function tool(said, key, hint, act) {
  const button = element("button", "rv-tool", said, { type: "button", title: `${hint} (${key})`, "aria-label": hint });
  if (key) button.append(element("kbd", "rv-key", key));
  button.addEventListener("click", act);
  return button;
}

export function build(root, mode) {
  const parts = {
    bar: element("div", "rv-bar", "", { role: "toolbar", "aria-label": "Image tools" }),
    title: element("span", "rv-title"),
    window: element("span", "rv-window", "", { title: "Window width / level" }),
    tools: element("span", "rv-tools"),
    middle: element("div", "rv-middle"),
    pane: element("div", "rv-pane"),
    screen: element("canvas", "rv-screen", "", { "aria-label": "The image", role: "img", tabindex: "0" }),
    facts: element("div", "rv-facts"),
    cursor: element("div", "rv-cursor"),
    slice: element("div", "rv-slice"),
    map: element("div", "rv-map", "", { role: "status" }),
    said: element("div", "rv-said", "", { role: "status" }),
    answers: element("div", "rv-answers"),
    strip: element("div", "rv-strip"),
    before: element("span", "rv-before"),
    now: element("span", "rv-now"),
    after: element("span", "rv-after"),
    sent: element("span", "rv-sent", "", { role: "status" }),
    card: element("div", "rv-card", "", { role: "dialog", "aria-label": "Keys" }),
  };
  parts.card.hidden = true;
  parts.said.hidden = true;
  parts.bar.append(parts.title, parts.window, parts.tools);
  parts.pane.append(parts.screen, parts.facts, parts.cursor, parts.slice, parts.map, parts.said, parts.card);
  parts.middle.append(parts.pane);
  if (mode === "label") parts.middle.append(parts.answers);
  parts.strip.append(parts.before, parts.now, parts.after, parts.sent);
  root.replaceChildren(parts.bar, parts.middle);
  if (mode === "label") root.append(parts.strip);
  return parts;
}

const KEYS = [
  ["drag", "window width and level"], ["wheel", "zoom, or scroll a stack"], ["shift + drag", "pan"],
  ["i", "invert"], ["f", "fit"], ["z", "one to one"], ["s", "smooth or exact pixels"], ["w", "the file's own window"],
  ["↑ ↓", "slices of a stack"],
]; // prettier-ignore
const MORE = {
  label: [["1 … 9", "answer"], ["0", "cannot be read"], ["u, Backspace", "undo"], ["← →", "previous, next"]],
  case: [["← →", "previous, next case"], ["o", "show or hide the map"], ["[ ]", "map lighter, stronger"]],
  view: [],
};

export function card(node, mode) {
  const list = element("dl", "rv-keys");
  for (const [key, does] of [...MORE[mode], ...KEYS]) list.append(element("dt", "", key), element("dd", "", does));
  node.replaceChildren(element("strong", "", "Keys"), list);
}
