// The component's door: Streamlit calls it at every change of data, with the same parent.

import { Labeller } from "./label/labeller.js";
import { Viewer } from "./view/viewer.js";

const viewers = new WeakMap();
const latest = new WeakMap();

async function styled(parent) {
  if (parent.querySelector("link.rv-style")) return;
  const link = document.createElement("link");
  link.className = "rv-style";
  link.rel = "stylesheet";
  link.href = new URL("viewer.css", import.meta.url).href;
  const loaded = new Promise((done) => (link.onload = link.onerror = done));
  parent.prepend(link);
  await loaded;
}

export default async function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rv-root");
  latest.set(root, data);
  let viewer = viewers.get(root);
  if (!viewer) {
    root.style.height = data.height;
    viewer = new (data.mode === "label" ? Labeller : Viewer)(root, data, setTriggerValue);
    viewers.set(root, viewer);
    await styled(parentElement);
    for (const pane of viewer.panes) pane.resize();
  }
  viewer.send = setTriggerValue;
  viewer.update(latest.get(root)); // newer data may have come while the styles were on their way
  // The clean-up of a superseded render is called while the node is still mounted: then the viewer must live on.
  return () => setTimeout(() => !root.isConnected && viewer.destroy(), 0);
}
