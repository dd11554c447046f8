// The confusion matrix as a table of buttons. Tells Python which cell was opened; the open one, pressed again, is closed.

const made = (tag, name, label = "") => {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = label;
  return node;
};

function cell(data, truth, called, open) {
  const count = data.counts[truth][called];
  const all = data.counts[truth].reduce((sum, value) => sum + value, 0);
  const share = all ? count / all : 0;
  const node = made("button", "rm-cell");
  node.type = "button";
  node.dataset.cell = `${truth},${called}`;
  const chosen = data.chosen && data.chosen[0] === truth && data.chosen[1] === called;
  node.setAttribute("aria-pressed", String(Boolean(chosen)));
  node.title = `${count.toLocaleString("en")} ${data.unit}: reference ${data.titles[truth]}, predicted ${data.titles[called]}`;
  node.style.setProperty("--share", `${Math.round(share * 100)}%`);
  node.append(made("b", "rm-count", count.toLocaleString("en")));
  if (data.words) node.append(made("span", "rm-word", data.words[truth][called]));
  node.append(made("span", "rm-share", all ? `${(share * 100).toFixed(share > 0.995 && share < 1 ? 1 : 0)} %` : "–"));
  node.onclick = () => open(chosen ? [-1, -1] : [truth, called]);
  return node;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rm-root");
  const focused = root.getRootNode().activeElement?.dataset?.cell;
  const open = (at) => setTriggerValue("opened", at);
  const size = data.titles.length;
  root.style.setProperty("--size", size);
  root.classList.toggle("rm-many", size > 4);
  const nodes = [made("span", "rm-corner", "reference ↓  predicted →"), ...data.titles.map((title) => made("span", "rm-top", title))];
  data.titles.forEach((title, truth) => {
    nodes.push(made("span", "rm-side", title));
    data.titles.forEach((_, called) => nodes.push(cell(data, truth, called, open)));
  });
  for (const node of nodes) if (node.matches(".rm-top, .rm-side")) node.title = node.textContent;
  root.replaceChildren(...nodes);
  root.dataset.at = data.at;
  if (focused) root.querySelector(`[data-cell="${focused}"]`)?.focus();
}
