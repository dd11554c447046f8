// What stands of a case, as the page knows it: an answer, and what it was before, so that a refused one is taken back.

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
export const put = (one, said) => Object.assign(one, NOTHING, said, { draft: null });

/** Whether a case shows just what was said in a letter. */
export const shows = (one, said) =>
  JSON.stringify(standing(one)) === JSON.stringify(standing({ ...NOTHING, ...said }));

/** A case's answer in words, with its class's colour. */
export function told(one, task) {
  if (one.draft) {
    const said = isNumber(task) ? measured(one.draft, task) : findingWords(one.draft, task.classes) || "nothing said";
    return { words: `${said}, not given yet`, colour: "" };
  }
  if (one.answer === "value") return { words: measured(one.value, task), colour: "#9aa7b3" };
  const found = one.answer === "label" && task.classes.find(({ position }) => position === one.label);
  if (found) return { words: found.title, colour: found.colour };
  if (one.answer === "findings") return { words: findingWords(one.findings, task.classes), colour: "#9aa7b3" };
  if (one.answer !== "unassessable") return { words: "no answer", colour: "" };
  const why = task.reasons.find(({ name }) => name === one.reason);
  return { words: `cannot be assessed${why ? `: ${why.title}` : ""}`, colour: "#66727d" };
}
