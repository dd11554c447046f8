// Groups as a forest plot: each row a group with its numbers and its interval. Tells Python which row was opened.

const made = (tag, name, label = "") => {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = label;
  return node;
};
const SPACE = "http://www.w3.org/2000/svg";
const mark = (name, about) => {
  const node = document.createElementNS(SPACE, name);
  Object.entries(about).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
};

function plot(row, data) {
  const drawn = mark("svg", { class: "rf-plot", viewBox: "0 0 200 28", preserveAspectRatio: "none", "aria-hidden": true });
  const [least, most] = data.axis;
  const x = (value) => ((Math.min(most, Math.max(least, value)) - least) / (most - least)) * 200;
  if (data.overall !== null) {
    drawn.append(mark("line", { class: "rf-all", x1: x(data.overall), x2: x(data.overall), y1: 0, y2: 28 }));
  }
  if (row.value === null) return drawn;
  if (row.low !== null) drawn.append(mark("line", { class: "rf-span", x1: x(row.low), x2: x(row.high), y1: 14, y2: 14 }));
  drawn.append(mark("line", { class: "rf-dot", x1: x(row.value) - 0.01, x2: x(row.value) + 0.01, y1: 14, y2: 14 }));
  return drawn;
}

function line(row, data, open) {
  const node = made("button", row.thin ? "rf-row rf-thin" : "rf-row");
  node.type = "button";
  node.dataset.row = row.id;
  node.setAttribute("aria-pressed", String(row.chosen));
  node.title = row.thin ? data.thin : `Open the ${row.cases.toLocaleString("en")} cases of ${row.name}`;
  const place = made("span", "rf-place");
  place.append(plot(row, data));
  node.append(
    made("span", "rf-name", row.name), made("span", "rf-count", row.cases.toLocaleString("en")),
    made("span", "rf-count", row.count.toLocaleString("en")), place, made("span", "rf-figure", row.figure),
    made("span", "rf-figure", row.gap), made("span", "rf-figure", row.p),
  );
  node.onclick = () => open(row.chosen ? -1 : row.id);
  return node;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rf-root");
  const top = root.querySelector(".rf-rows")?.scrollTop || 0;
  const head = made("div", "rf-head");
  const axis = made("span", "rf-axis");
  data.ticks.forEach((tick) => {
    const node = made("i", "", tick.text);
    node.style.left = `${tick.at * 100}%`;
    node.style.transform = `translateX(-${tick.at * 100}%)`;
    axis.append(node);
  });
  const names = data.headings.map((title, at) => (at === 3 ? axis : made("span", at ? "rf-count" : "rf-name", title)));
  head.setAttribute("aria-hidden", "true");
  head.append(...names);
  const rows = made("div", "rf-rows");
  rows.append(head, ...data.rows.map((row) => line(row, data, (id) => setTriggerValue("opened", id))));
  root.replaceChildren(rows);
  rows.scrollTop = top;
}
