// The answer of a case as the page knows it, and the one before, so that a refused answer can be taken back.

import { words as findingWords } from "./findings.js";

const NOTHING = { answer: null, label: null, findings: {}, value: null, reason: "" };

export const isAnswered = ({ answer }) => Boolean(answer) && answer !== "withdrawn";

export const isNumber = (task) => task.kind === "number";

/** "61.5 years", as people read it. */
export const measured = (value, task) => `${value} ${task.measure}`.trim();

/** The standing answer of a case, for keeping. */
export const standing = ({ answer, label, findings, value, reason }) => ({
  answer: isAnswered({ answer }) ? answer : null,
  label: label ?? null,
  findings: findings || {},
  value: value ?? null,
  reason: reason || "",
});

/** Let a case show an answer. */
export const put = (item, answer) => Object.assign(item, NOTHING, answer, { draft: null });

/** Whether a case shows exactly the answer of a letter. */
export const shows = (item, answer) =>
  JSON.stringify(standing(item)) === JSON.stringify(standing({ ...NOTHING, ...answer }));

/** A case's answer in words, with its class's colour. */
export function describe(item, task) {
  if (item.draft) {
    const draft = isNumber(task) ? measured(item.draft, task) : findingWords(item.draft, task.classes) || "not set";
    return { words: `${draft}, not submitted`, colour: "" };
  }
  if (item.answer === "value") return { words: measured(item.value, task), colour: "#9aa7b3" };
  const label = item.answer === "label" && task.classes.find(({ position }) => position === item.label);
  if (label) return { words: label.title, colour: label.colour };
  if (item.answer === "findings") return { words: findingWords(item.findings, task.classes), colour: "#9aa7b3" };
  if (item.answer !== "unassessable") return { words: "no answer", colour: "" };
  const why = task.reasons.find(({ name }) => name === item.reason);
  return { words: `cannot be assessed${why ? `: ${why.title}` : ""}`, colour: "#66727d" };
}
