// Changing a drawing, pure: its handles, a handle dragged, the whole moved or made larger.

import { bounds, frameOf, placeOf, round, turned, within } from "./geometry.js";

const SIDES = [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]]; // prettier-ignore
const MANY = 80; // so many points of a freehand line get no handles each

const middle = ([ax, ay], [bx, by]) => [(ax + bx) / 2, (ay + by) / 2];

/** The handles: {kind, at, …}. `reach` is how far outside an ellipse the handle that turns it stands. */
export function handles({ shape, geometry }, reach = 0) {
  if (shape === "mask") return [];
  if (shape === "box" || shape === "ellipse") {
    const frame = frameOf(geometry);
    const sides = SIDES.map((side) => ({ kind: "side", side, at: placeOf(frame, side) }));
    if (shape === "box") return sides;
    const out = frame.down ? 1 + reach / frame.down : 1;
    return [...sides, { kind: "turn", at: placeOf(frame, [0, -out]) }];
  }
  const { points } = geometry;
  const corners = points.map((at, index) => ({ kind: "corner", index, at }));
  if (shape === "freehand" && points.length > MANY) return [];
  if (shape !== "polygon") return corners;
  const between = points.map((at, index) => ({
    kind: "new", index: index + 1, at: middle(at, points[(index + 1) % points.length]),
  })); // prettier-ignore
  return [...corners, ...between];
}

/** The geometry once a handle is at a place of the image. */
export function dragged({ shape, geometry }, handle, place, image) {
  const to = within(place, image);
  if (handle.kind === "side") return resized(shape, frameOf(geometry), handle.side, to);
  if (handle.kind === "turn") return { ...geometry, angle: angleTo(frameOf(geometry), place) };
  const points = [...geometry.points];
  points.splice(handle.index, handle.kind === "new" ? 0 : 1, to);
  return { ...geometry, points };
}

function angleTo({ middle: [x, y] }, [toX, toY]) {
  const degrees = (Math.atan2(toY - y, toX - x) * 180) / Math.PI + 90;
  return Math.round((((degrees % 360) + 540) % 360) - 180) + 0;
}

/** The opposite side stays where it is. */
function resized(shape, frame, [sx, sy], to) {
  const fixed = placeOf(frame, [-sx, -sy]);
  const [dx, dy] = turned([to[0] - fixed[0], to[1] - fixed[1]], [0, 0], -frame.angle);
  const across = sx ? dx : 0;
  const down = sy ? dy : 0;
  const [toX, toY] = turned([across / 2, down / 2], [0, 0], frame.angle);
  return framed(shape, {
    middle: [fixed[0] + toX, fixed[1] + toY],
    across: sx ? Math.abs(dx) / 2 : frame.across,
    down: sy ? Math.abs(dy) / 2 : frame.down,
    angle: frame.angle,
  });
}

function framed(shape, { middle: [x, y], across, down, angle }) {
  const points = [[round(x - across), round(y - down)], [round(x + across), round(y + down)]]; // prettier-ignore
  return shape === "ellipse" ? { points, angle } : { points };
}

/** The geometry of a finished stroke of a box or an ellipse. */
export function fromCorners(shape, corners) {
  const [left, top, right, bottom] = bounds(corners).map(round);
  const points = [[left, top], [right, bottom]]; // prettier-ignore
  return shape === "ellipse" ? { points, angle: 0 } : { points };
}

/** All points moved by the same step, as far as the image goes. */
export function moved(geometry, [dx, dy], { columns, rows }) {
  const [left, top, right, bottom] = bounds(geometry.points);
  const across = Math.min(columns - right, Math.max(-left, dx));
  const down = Math.min(rows - bottom, Math.max(-top, dy));
  return { ...geometry, points: geometry.points.map(([x, y]) => [round(x + across), round(y + down)]) };
}

/** The box around the points made larger to the right and downwards; a pixel wide and high at least. */
export function stretched(geometry, [dx, dy], image) {
  const [left, top, right, bottom] = bounds(geometry.points);
  const across = Math.max(1, right - left + dx) / Math.max(1, right - left);
  const down = Math.max(1, bottom - top + dy) / Math.max(1, bottom - top);
  const points = geometry.points.map(([x, y]) => within([left + (x - left) * across, top + (y - top) * down], image));
  return { ...geometry, points };
}

/** An ellipse turned by so many degrees more. */
export const turnedBy = (geometry, degrees) => ({
  ...geometry,
  angle: ((((geometry.angle || 0) + degrees) % 360) + 540) % 360 - 180 + 0,
});

/** Without one corner, where three remain. */
export const without = (geometry, index) =>
  geometry.points.length > 3
    ? { ...geometry, points: geometry.points.filter((_, at) => at !== index) }
    : geometry;
