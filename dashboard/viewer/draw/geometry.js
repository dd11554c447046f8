// Shapes in image coordinates, pure: their outlines, what lies near or inside, and fewer points for a freehand line.

const STEPS = 72; // of an ellipse's outline

export const round = (value) => Math.round(value * 100) / 100 + 0; // + 0: never minus zero

/** A point of the image, to a hundredth of a pixel, not outside of the image. */
export const within = ([x, y], { columns, rows }) => [
  round(Math.min(columns, Math.max(0, x))),
  round(Math.min(rows, Math.max(0, y))),
];

/** The box around points: [left, top, right, bottom]. */
export function bounds(points) {
  const across = points.map(([x]) => x);
  const down = points.map(([, y]) => y);
  return [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)];
}

/** A point turned about another, in degrees, from the right downwards. */
export function turned([x, y], [cx, cy], degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos];
}

/** The frame of a box or an ellipse: its middle, its half sides and how far it is turned. */
export function frameOf(geometry) {
  const [left, top, right, bottom] = bounds(geometry.points);
  const middle = [(left + right) / 2, (top + bottom) / 2];
  return { middle, across: (right - left) / 2, down: (bottom - top) / 2, angle: geometry.angle || 0 };
}

/** A place of a frame: (-1, -1) is its upper left corner, (1, 0) the middle of its right side. */
export const placeOf = ({ middle, across, down, angle }, [sx, sy]) =>
  turned([middle[0] + sx * across, middle[1] + sy * down], middle, angle);

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]]; // prettier-ignore
const ROUND = Array.from({ length: STEPS }, (_, step) => {
  const angle = (step / STEPS) * 2 * Math.PI;
  return [Math.cos(angle), Math.sin(angle)];
});

/** The closed line around a drawing; of a point itself, of a mask nothing. */
export function outline(shape, geometry) {
  if (shape === "box") return CORNERS.map((corner) => placeOf(frameOf(geometry), corner));
  if (shape === "ellipse") return ROUND.map((place) => placeOf(frameOf(geometry), place));
  return geometry.points || [];
}

/** How far a place is from a line between two points. */
export function fromSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** How far a place is from a closed line. */
export const fromOutline = (at, points) =>
  Math.min(...points.map((point, index) => fromSegment(at, point, points[(index + 1) % points.length])));

/** Whether a place lies inside a closed line. */
export function inside([x, y], points) {
  let odd = false;
  for (let at = 0, before = points.length - 1; at < points.length; before = at++) {
    const [[ax, ay], [bx, by]] = [points[at], points[before]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/** The area of a closed line. */
export const area = (points) =>
  Math.abs(
    points.reduce((sum, [x, y], at) => {
      const [nextX, nextY] = points[(at + 1) % points.length];
      return sum + x * nextY - nextX * y;
    }, 0),
  ) / 2;

/** A line with fewer points, nowhere further than `tolerance` from the one given (Douglas and Peucker). */
export function simplify(points, tolerance) {
  const keep = new Set([0, points.length - 1]);
  const spans = [[0, points.length - 1]];
  while (spans.length) {
    const [from, to] = spans.pop();
    let [furthest, distance] = [0, tolerance];
    for (let at = from + 1; at < to; at++) {
      const away = fromSegment(points[at], points[from], points[to]);
      if (away > distance) [furthest, distance] = [at, away];
    }
    if (!furthest) continue;
    keep.add(furthest);
    spans.push([from, furthest], [furthest, to]);
  }
  return points.filter((_, at) => keep.has(at));
}
