// Which side of the patient lies at which edge of the pane: PS3.3 C.7.6.1.1.1 (L, P and H grow along x, y and z).

const LETTERS = [["R", "L"], ["A", "P"], ["F", "H"]]; // prettier-ignore
const SLIGHT = 0.15; // a smaller share of a direction is not told

/** The letters of a direction in the patient, the strongest first: "L", or "LA" where it is oblique. */
export function letters(direction) {
  return [0, 1, 2]
    .filter((axis) => Math.abs(direction[axis]) > SLIGHT)
    .sort((first, second) => Math.abs(direction[second]) - Math.abs(direction[first]))
    .map((axis) => LETTERS[axis][direction[axis] > 0 ? 1 : 0])
    .join("");
}

/** What stands at the pane's edges, {left, right, top, bottom}; null where the file does not say. */
export function edges(image, { o }) {
  if (!image?.orientation) return null;
  const [row, column] = [image.orientation.slice(0, 3), image.orientation.slice(3)];
  const right = row.map((part, axis) => o[0] * part + o[1] * column[axis]);
  const down = row.map((part, axis) => o[2] * part + o[3] * column[axis]);
  const opposite = (direction) => direction.map((part) => -part);
  return { left: letters(opposite(right)), right: letters(right), top: letters(opposite(down)), bottom: letters(down) };
}
