// A grid of thumbnails from signed URLs. Tells Python which one was opened.

const text = (tag, name, said) => {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = said;
  return node;
};

function tile(item, open) {
  const button = document.createElement("button");
  button.className = item.chosen ? "rg-tile rg-chosen" : "rg-tile";
  button.type = "button";
  button.title = item.title;
  button.dataset.id = item.id;
  const picture = document.createElement("img");
  picture.loading = "lazy";
  picture.alt = item.title;
  picture.src = item.url;
  picture.onerror = () => picture.replaceWith(text("span", "rg-broken", "This image cannot be shown."));
  const line = text("span", "rg-line", item.title);
  if (item.colour) {
    const dot = text("span", "rg-dot", "");
    dot.style.background = item.colour;
    line.prepend(dot);
  }
  button.append(picture, line, text("span", "rg-note", item.note || ""));
  button.onclick = () => open(item.id);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rg-root");
  root.replaceChildren(...data.items.map((item) => tile(item, (id) => setTriggerValue("opened", id))));
}
