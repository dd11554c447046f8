// News of the outbox, as the labelling page takes it: what waits, what was taken, what never will be.

import { isAnswered, put, shows, standing } from "./case_state.js";

export function hear(labeller, news) {
  const { away } = labeller;
  if (news.refused) takeBack(labeller, news.refused, news.error);
  tellSent(labeller, news.waiting);
  if (news.progress && !news.waiting) labeller.progress = news.progress;
  const item = news.case && labeller.cases.find(({ id }) => id === news.case.id);
  if (item && !labeller.outbox.waitsFor(item.id)) Object.assign(item, standing(news.case));
  if (news.sent || !news.waiting) labeller.away = "";
  else if (news.error && !news.refused) labeller.away = news.error;
  if (news.error) labeller.flash(news.error);
  else if (news.sent && away && labeller.parts.said.textContent === away) labeller.flash(""); // no other sentence
}

function tellSent({ root, parts, notTaken }, waiting) {
  root.dataset.waiting = waiting;
  parts.sent.textContent = waiting ? `${waiting} waiting` : notTaken.size ? `${notTaken.size} not taken` : "sent ✓";
  parts.sent.classList.toggle("rv-unsent", waiting > 0 || notTaken.size > 0);
}

/** The server will never have this answer: the page must not show it as given. */
function takeBack(labeller, { kind, said: answer }, why) {
  labeller.notTaken.add(answer.client || answer.key);
  labeller.parts.sent.title = why;
  labeller.unread = why;
  const item = labeller.cases.find(({ id }) => id === answer.case);
  if (kind !== "labels" || !item) return;
  item.refused = true;
  const given = labeller.done.find(({ key }) => key === answer.key);
  labeller.done = labeller.done.filter((each) => each !== given);
  if (!given || !shows(item, answer)) return; // it was given on another page, or is no longer what stands
  put(item, given.before);
  if (!isAnswered(given.before)) labeller.progress.labelled--;
}
