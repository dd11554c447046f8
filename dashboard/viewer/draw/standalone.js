// Drawing on a page that answers nothing: an outbox of its own carries what is drawn.

import { Drawings } from "./controller.js";
import { Outbox } from "../base/outbox.js";

/** Let a viewer draw as its data say; those of another task or reader are another's. */
export function offer(viewer, data) {
  const about = data.drawing;
  const now = viewer.drawings;
  if (now && (now.task !== about?.task || now.reader !== about?.reader)) take(viewer);
  if (!about) return;
  if (!viewer.drawings) give(viewer, data);
  viewer.drawings.outbox.urls = data.api; // fresh signatures
  viewer.drawings.outbox.send();
}

function give(viewer, data) {
  const about = data.drawing;
  const name = `${data.home}-${about.task}-${about.reader}-case`;
  const outbox = new Outbox(name, data.api, (news) => hear(viewer, news));
  viewer.drawings = new Drawings(viewer, { ...about, outbox });
  if (viewer.shown) viewer.drawings.open(viewer.shown);
}

function hear(viewer, news) {
  viewer.root.dataset.waiting = news.waiting;
  viewer.drawings?.hear(news);
  if (news.error) viewer.say(news.error);
  else if (news.sent && viewer.away) viewer.say("");
  viewer.away = news.error || "";
}

function take(viewer) {
  viewer.drawings.close();
  viewer.drawings.outbox.close();
  viewer.drawings = null;
}
