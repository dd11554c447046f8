// A grid of thumbnails from signed URLs. Tells Python which one was opened. A tile that stays keeps its picture.

const text = (tag, name, label) => {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = label;
  return node;
};

function picture(item) {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.alt = item.title;
  image.src = item.url;
  image.onerror = () => image.replaceWith(text("span", "rg-broken", "This image cannot be shown."));
  return image;
}

function tile(item, image, open) {
  const button = document.createElement("button");
  button.className = item.chosen ? "rg-tile rg-chosen" : "rg-tile";
  button.type = "button";
  button.title = item.title;
  button.dataset.id = item.id;
  const line = text("span", "rg-line", item.title);
  if (item.colour) {
    const dot = text("span", "rg-dot", "");
    dot.style.background = item.colour;
    line.prepend(dot);
  }
  button.append(image || picture(item), line, text("span", "rg-note", item.note || ""));
  button.onclick = () => open(item.id);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rg-root");
  const loaded = new Map([...root.querySelectorAll("img")].map((image) => [image.src, image]));
  const at = (url) => new URL(url, document.baseURI).href;
  root.replaceChildren(
    ...data.items.map((item) => tile(item, loaded.get(at(item.url)), (id) => setTriggerValue("opened", id))),
  );
  root.classList.toggle("rg-strip", data.strip);
  const changed = root.dataset.at !== data.at;
  if (changed) root.scrollLeft = 0;
  // a mark that was clicked on a small screen brings its cases into sight
  if (changed && root.dataset.at && data.reveal) {
    const reveal = () => root.scrollIntoView({ block: "nearest" });
    reveal();
    setTimeout(reveal, 300); // what stands above may have grown since
  }
  root.dataset.at = data.at;
  root.dataset.drawn = data.drawn;
}
