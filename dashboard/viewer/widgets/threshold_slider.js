// The operating point: where the scores of both classes lie, and the threshold that parts them. Tells Python where it
// was moved to, one move at a time: the next is told when the page has drawn the one before.

const PATIENCE_MS = 400;
const made = (tag, name) => {
  const node = document.createElement(tag);
  node.className = name;
  return node;
};

class Bar {
  constructor(root) {
    this.root = root;
    this.plot = made("canvas", "rp-plot");
    this.range = Object.assign(made("input", "rp-range"), { type: "range", min: 0, max: 1, step: 0.001 });
    this.number = Object.assign(made("input", "rp-number"), { type: "number", min: 0, max: 1, step: 0.001 });
    this.range.setAttribute("aria-label", "Threshold");
    this.number.setAttribute("aria-label", "Threshold as a number");
    const field = made("div", "rp-field");
    field.append(this.plot, this.range);
    this.above = made("span", "rp-name rp-above");
    this.below = made("span", "rp-name rp-below");
    const names = made("div", "rp-names");
    names.append(this.above, this.below);
    root.replaceChildren(names, field, this.number);
    this.range.oninput = () => this.moved(Number(this.range.value));
    this.number.onchange = () => this.moved(Math.min(1, Math.max(0, Number(this.number.value))));
    new ResizeObserver(() => this.paint()).observe(field);
  }

  show(data, tell) {
    this.data = data;
    this.tell = tell;
    this.range.disabled = this.number.disabled = data.locked;
    this.root.classList.toggle("rp-locked", data.locked);
    this.root.classList.toggle("rp-place", Boolean(data.mark));
    if (data.mark) {
      this.plot.setAttribute("role", "img");
      this.plot.setAttribute("aria-label", data.mark.label);
    }
    [this.below.textContent, this.above.textContent] = data.names;
    [this.below, this.above].forEach((name) => { name.title = name.textContent; });
    this.root.dataset.at = data.at;
    clearTimeout(this.late);
    const due = this.next;
    this.waits = false;
    this.next = undefined;
    if (due !== undefined && due !== data.at && !data.locked) return this.send(due);
    this.put(data.at);
  }

  moved(at) {
    this.put(at);
    if (this.waits) this.next = at;
    else this.send(at);
  }

  send(at) {
    this.waits = true;
    this.late = setTimeout(() => { this.waits = false; }, PATIENCE_MS);
    this.tell("moved", at);
  }

  put(at) {
    this.at = at;
    this.range.value = at;
    this.number.value = at.toFixed(3);
    this.paint();
  }

  paint() {
    const { data, plot } = this;
    const { width, height } = plot.getBoundingClientRect();
    if (!data || !width) return;
    const ratio = devicePixelRatio || 1;
    plot.width = Math.round(width * ratio);
    plot.height = Math.round(height * ratio);
    const pen = plot.getContext("2d");
    pen.scale(ratio, ratio);
    const middle = height / 2, most = Math.sqrt(Math.max(1, ...data.above, ...data.below));
    const bins = data.above.length;
    const column = (counts, colour, up) => counts.forEach((count, at) => {
      const tall = (Math.sqrt(count) / most) * (middle - 2);
      pen.fillStyle = colour;
      // what lies on the called side of the threshold is full, the rest pale
      pen.globalAlpha = (at + 0.5) / bins >= this.at ? 0.95 : 0.35;
      pen.fillRect((at * width) / bins + 0.5, up ? middle - tall : middle, width / bins - 1, tall);
    });
    column(data.above, data.colours[1], true);
    column(data.below, data.colours[0], false);
    pen.globalAlpha = 1;
    pen.fillStyle = getComputedStyle(this.root).color;
    pen.fillRect(0, middle - 0.5, width, 1);
    pen.fillRect(Math.min(width - 2, this.at * width - 1), 0, 2, height);
    if (data.mark) this.dot(pen, data.mark, width, middle);
  }

  // the score of one case, in the half of its class
  dot(pen, mark, width, middle) {
    const radius = 6;
    pen.beginPath();
    pen.arc(
      Math.min(width - radius, Math.max(radius, mark.at * width)),
      mark.row ? middle / 2 : 1.5 * middle,
      radius, 0, 2 * Math.PI,
    );
    pen.fillStyle = this.data.colours[mark.row];
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = getComputedStyle(this.root).color;
    pen.stroke();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rp-root");
  root.bar ??= new Bar(root);
  root.bar.show(data, setTriggerValue);
}
