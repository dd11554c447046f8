// What is said of several findings: each present, uncertain, absent, or nothing yet; by word and sign, not by colour alone.

const CYCLE = ["", "present", "uncertain", "absent"];

export const SIGNS = { "": "·", present: "+", uncertain: "?", absent: "−" };
export const WORDS = { "": "nothing said", present: "present", uncertain: "uncertain", absent: "absent" };

/** What a key says next: present, then uncertain, then absent, then nothing. */
export const next = (said) => CYCLE[(CYCLE.indexOf(said || "") + 1) % CYCLE.length];

/** The findings with one said anew; nothing said leaves it out. */
export function put(findings, position, presence) {
  const { [position]: _, ...rest } = findings;
  return presence ? { ...rest, [position]: presence } : rest;
}

/** All of which nothing was said, absent. */
export const othersAbsent = (findings, classes) => ({
  ...Object.fromEntries(classes.filter((one) => !one.retired).map((one) => [one.position, "absent"])),
  ...findings,
});

/** "mass present, nodule uncertain"; what is absent is told where nothing else is. */
export function words(findings, classes) {
  const said = classes.filter(({ position }) => findings[position]);
  const there = said.filter(({ position }) => findings[position] !== "absent");
  return (there.length ? there : said).map(({ position, title }) => `${title} ${findings[position]}`).join(", ");
}

/** Whether two say the same; keys that are numbers keep their order. */
export const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other || {});
