// The state of several findings: each present, uncertain, absent or not set; by word and sign, not by colour alone.

const CYCLE = ["", "present", "uncertain", "absent"];

export const SIGNS = { "": "·", present: "+", uncertain: "?", absent: "−" };
export const WORDS = { "": "not set", present: "present", uncertain: "uncertain", absent: "absent" };

/** The next state of a finding: present, uncertain, absent, not set. */
export const next = (presence) => CYCLE[(CYCLE.indexOf(presence || "") + 1) % CYCLE.length];

/** The findings with one changed; one that is not set is left out. */
export function put(findings, position, presence) {
  const { [position]: _, ...rest } = findings;
  return presence ? { ...rest, [position]: presence } : rest;
}

/** The findings with all that are not set as absent. */
export const othersAbsent = (findings, classes) => ({
  ...Object.fromEntries(classes.filter(({ retired }) => !retired).map(({ position }) => [position, "absent"])),
  ...findings,
});

/** "mass present, nodule uncertain"; absent findings are listed only if all are absent. */
export function words(findings, classes) {
  const known = classes.filter(({ position }) => findings[position]);
  const notAbsent = known.filter(({ position }) => findings[position] !== "absent");
  return (notAbsent.length ? notAbsent : known).map(({ position, title }) => `${title} ${findings[position]}`).join(", ");
}

/** Whether two say the same; keys that are numbers keep their order. */
export const alike = (first, second) => JSON.stringify(first) === JSON.stringify(second || {});
