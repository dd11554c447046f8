// The viewer's furniture: bar, pane, answers, strip. Text goes in as text, never as markup.

export function element(tag, name, said = "", more = {}) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = said;
  for (const [key, value] of Object.entries(more)) node.setAttribute(key, value);
  return node;
}

export function tool(said, key, hint, act, name = "") {
  const more = { type: "button", title: `${hint} (${key})`, "aria-label": hint };
  const button = element("button", `rv-tool ${name}`.trim(), said, more);
  if (key) button.append(element("kbd", "rv-key", key));
  button.addEventListener("click", act);
  return button;
}

/** A pane's element: it can have the focus, and says what it is. */
export const paneNode = (index) =>
  element("div", "rv-pane", "", { tabindex: "0", role: "img", "aria-label": `Image ${index + 1}`, "data-pane": index });

export function build(root, mode) {
  const parts = {
    bar: element("div", "rv-bar", "", { role: "toolbar", "aria-label": "Image tools" }),
    title: element("span", "rv-title"),
    window: element("span", "rv-window rv-off"),
    tools: element("span", "rv-tools"),
    more: element("div", "rv-more"),
    middle: element("div", "rv-middle"),
    light: element("div", "rv-light"),
    panes: element("div", "rv-panes"),
    said: element("div", "rv-said", "", { role: "status" }),
    answers: element("div", "rv-answers"),
    strip: element("div", "rv-strip"),
    film: element("div", "rv-film", "", { role: "group", "aria-label": "Cases before and after" }),
    state: element("div", "rv-state"),
    now: element("span", "rv-now"),
    sent: element("span", "rv-sent", "", { role: "status" }),
    card: element("div", "rv-card", "", { role: "dialog", "aria-label": "Keys" }),
  };
  parts.card.hidden = true;
  parts.said.hidden = true;
  parts.bar.append(parts.title, parts.window, parts.tools);
  parts.light.append(parts.panes, parts.said, parts.card);
  parts.middle.append(parts.light);
  if (mode === "label") parts.middle.append(parts.answers);
  parts.state.append(parts.now, parts.sent);
  parts.strip.append(parts.film, parts.state);
  root.replaceChildren(parts.bar, parts.more, parts.middle);
  if (mode === "label") root.append(parts.strip);
  return parts;
}

const MOUSE = [["drag", "window width and level"], ["wheel", "zoom, or scroll a stack"], ["shift + drag", "pan"]];
const MORE = {
  label: [
    ["1 … 9", "answer; for a finding: present, uncertain, absent"], ["Shift + 1 … 9", "finding absent"],
    ["a", "all other findings absent"], ["Enter", "findings done, next"],
    ["0 … 9 . Enter", "type a number"], ["q", "number cannot be assessed"],
    ["0", "cannot be assessed, then a digit for the reason"], ["u, Backspace", "undo"], ["← →", "previous, next"],
    ["g", "guideline"], ["n", "comment, at the pointer or on the case"],
  ],
  case: [],
  view: [],
};

/** All keys: a tool's line is its button, for those who would rather click. */
export function card(node, mode, tools, act) {
  const list = element("div", "rv-keys");
  for (const [key, does] of [...MORE[mode], ...MOUSE]) list.append(element("kbd", "", key), element("span", "", does));
  for (const item of tools) {
    list.append(element("kbd", "", item.shown || item.key));
    const line = element(item.act ? "button" : "span", "rv-line", item.hint, item.act ? { type: "button" } : {});
    if (item.act) line.addEventListener("click", () => act(item));
    list.append(line);
  }
  node.replaceChildren(element("strong", "", "Keys"), list);
}
