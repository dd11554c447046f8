// How drawings are painted over a pane: in their class's colour, dashed while they wait, with handles when chosen.

import { handles } from "./edit.js";
import { bounds, outline } from "./geometry.js";
import { REACH, inImage } from "./select_tool.js";

const HALO = "rgba(0,0,0,.7)";
const LIGHT = "#fff";
const FONT = '12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif';
const CIRCLE = Array.from({ length: 64 }, (_, at) => [Math.cos((at * Math.PI) / 32), Math.sin((at * Math.PI) / 32)]);

/** Lines are drawn twice, dark and wide below, so that they show on black and on white. */
function stroke(context, colour, width = 2, dashes = []) {
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeStyle = HALO;
  context.lineWidth = width + 2.4;
  context.stroke();
  context.setLineDash(dashes);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

function path(context, places, closed = true) {
  context.beginPath();
  places.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (closed) context.closePath();
}

function dot(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** A drawing: {shape, geometry, colour, waits, chosen, words, by?}; `picture` of a mask. */
export function paint(context, pane, drawing) {
  const dashes = drawing.waits ? [7, 5] : [];
  const width = drawing.chosen ? 3 : 2;
  let places;
  if (drawing.shape === "mask") places = paintMask(context, pane, drawing, dashes);
  else {
    places = outline(drawing.shape, drawing.geometry).map((point) => pane.toScreen(point));
    if (drawing.shape === "point") paintPoint(context, places[0], drawing, width, dashes);
    else {
      path(context, places);
      stroke(context, drawing.colour, width, dashes);
    }
  }
  const grips = drawing.handled ? handles(drawing, inImage(pane, REACH)) : [];
  if (drawing.words) name(context, [...places, ...grips.map(({ at }) => pane.toScreen(at))], drawing);
  for (const handle of grips) paintHandle(context, pane, handle);
}

function paintPoint(context, place, drawing, width, dashes) {
  dot(context, place, drawing.chosen ? 9 : 7);
  stroke(context, drawing.colour, width, dashes.map((part) => part / 2));
  dot(context, place, 1.5);
  context.fillStyle = drawing.colour;
  context.fill();
}

function paintMask(context, pane, { picture, by = [0, 0], chosen, waits }, dashes) {
  const { a, b, c, d, e, f } = pane.matrix();
  const { part, canvas, extent } = picture;
  context.save();
  context.setTransform(a, b, c, d, e, f);
  context.imageSmoothingEnabled = Math.hypot(a, b) < 1; // an edge is one pixel wide: made smaller it would break up
  context.drawImage(canvas, part.left + by[0], part.top + by[1]);
  context.restore();
  const [left, right] = [extent.left + by[0], extent.right + by[0]];
  const [top, bottom] = [extent.top + by[1], extent.bottom + by[1]];
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]]; // prettier-ignore
  const places = corners.map((at) => pane.toScreen(at));
  if (!chosen && !waits) return places;
  path(context, places);
  stroke(context, LIGHT, 1, dashes.length ? dashes : [2, 3]);
  return places;
}

function paintHandle(context, pane, { kind, at }) {
  const place = pane.toScreen(at);
  if (kind === "side" || kind === "corner") {
    context.beginPath();
    context.rect(place[0] - 4, place[1] - 4, 8, 8);
  } else dot(context, place, kind === "turn" ? 5 : 3);
  context.fillStyle = LIGHT;
  context.strokeStyle = "#000";
  context.lineWidth = 2;
  context.stroke();
  context.fill();
}

/** The class, and who drew it where somebody else did, above the upper left end. */
function name(context, places, { words, colour }) {
  const [left, top, , bottom] = bounds(places);
  context.font = FONT;
  const wide = context.measureText(words).width + 22;
  const y = top > 26 ? top - 25 : bottom + 7;
  context.fillStyle = "rgba(0,0,0,.78)";
  context.fillRect(left, y, wide, 18);
  context.fillStyle = colour;
  context.fillRect(left + 5, y + 5, 8, 8);
  context.fillStyle = LIGHT;
  context.textBaseline = "middle";
  context.fillText(words, left + 17, y + 9.5);
}

/** What the hand has begun. */
export function paintBegun(context, pane, { shape, points, next }, colour) {
  const ends = [points[0], next];
  const whole = shape === "box" || shape === "ellipse";
  const line = whole ? outline(shape, { points: ends }) : shape === "polygon" ? [...points, next] : points;
  path(context, line.map((point) => pane.toScreen(point)), whole); // prettier-ignore
  stroke(context, colour, 2, [3, 3]);
  if (shape !== "polygon") return;
  for (const [at, point] of points.entries()) {
    dot(context, pane.toScreen(point), at ? 3 : 6);
    context.fillStyle = at ? colour : LIGHT;
    context.strokeStyle = "#000";
    context.lineWidth = 2;
    context.stroke();
    context.fill();
  }
}

/** The rim of the brush, as large as it paints. */
export function paintRim(context, pane, [x, y], radius, colour) {
  path(context, CIRCLE.map(([cos, sin]) => pane.toScreen([x + radius * cos, y + radius * sin]))); // prettier-ignore
  stroke(context, colour, 1.2);
}

/** The crosshair of the keyboard, seen on black and on white. */
export function paintCrosshair(context, pane, at) {
  const [x, y] = pane.toScreen(at);
  const [reach, gap] = [22, 4];
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + dx * gap, y + dy * gap);
    context.lineTo(x + dx * reach, y + dy * reach);
  } // prettier-ignore
  context.strokeStyle = "#000";
  context.lineWidth = 4;
  context.stroke();
  context.strokeStyle = LIGHT;
  context.lineWidth = 1.6;
  context.stroke();
  dot(context, [x, y], 1);
  context.fillStyle = "#ff3b30";
  context.fill();
}
