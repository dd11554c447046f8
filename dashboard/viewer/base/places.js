// Where slices lie in the patient, in mm: along the normal of their plane and within it (PS3.3 C.7.6.2.1.1).

import { apply, matrix, scaleOf } from "./transform.js";

const SAME_MM = 0.1; // nearer than this is one place: positions are rounded
const ALIKE = 1e-3;

const dot = (first, second) => first.reduce((sum, part, axis) => sum + part * second[axis], 0);
const rowOf = ({ orientation }) => orientation.slice(0, 3);
const columnOf = ({ orientation }) => orientation.slice(3);

/** The unit vector across the image's plane. */
export function normalOf(image) {
  const [[a, b, c], [d, e, f]] = [rowOf(image), columnOf(image)];
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

/** The place of an image along a normal. */
export const along = (image, normal) => dot(image.place, normal);

/** The slice nearest to a place: its `index`, how many mm it lies `off`, and whether the stack ends `before` there. */
export function nearest(slices, normal, place) {
  const places = slices.map(({ image }) => along(image, normal));
  const away = places.map((other) => Math.abs(other - place));
  const off = Math.min(...away);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const half = (slices[0].image.slice_mm || 2 * SAME_MM) / 2;
  const before = place < low - half || place > high + half;
  return { index: away.indexOf(off), off: off > SAME_MM ? off : 0, before };
}

/** The middle of an image as coordinates of another one of its orientation. */
function middleIn(image, other) {
  const halves = [(other.columns - 1) / 2 * other.spacing[1], (other.rows - 1) / 2 * other.spacing[0]];
  const step = image.place.map((part, axis) =>
    other.place[axis] - part + rowOf(other)[axis] * halves[0] + columnOf(other)[axis] * halves[1]);
  return [dot(step, rowOf(image)) / image.spacing[1] + 0.5, dot(step, columnOf(image)) / image.spacing[0] + 0.5];
} // prettier-ignore

/** How to look at `other` so that it lies on the screen as `image` does: as large in mm, and at the same place. */
export function sameSight(view, image, other, screen, ratio) {
  if (!image.spacing || !other.spacing) return { ...view };
  const [x, y] = middleIn(image, other);
  const scale = other.spacing[1] / image.spacing[1];
  const alike =
    image.rows === other.rows && image.columns === other.columns && Math.abs(scale - 1) < ALIKE &&
    Math.abs(x - image.columns / 2) < 0.5 && Math.abs(y - image.rows / 2) < 0.5; // prettier-ignore
  if (alike) return { ...view };
  const seen = matrix(view, image, screen, ratio);
  const at = apply(seen, [x, y]);
  return { ...view, zoom: (scaleOf(seen) / ratio) * scale, x: at[0] - screen.width / 2, y: at[1] - screen.height / 2 };
}
