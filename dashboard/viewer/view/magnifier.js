// The magnifier: a square under the pointer that looks closer, at the image's own pixels.

const EDGE = 220; // CSS pixels
const CLOSER = 2.5;

/** What a pane's renderer draws a second time: where on the screen, in device pixels, and by which transform. */
export function lensOf(pane) {
  if (!pane.stack) return null;
  const place = pane.pointer || [pane.node.clientWidth / 2, pane.node.clientHeight / 2];
  const [px, py] = place.map((part) => part * pane.ratio);
  const size = Math.round(EDGE * pane.ratio);
  const { a, b, c, d, e, f } = pane.matrix(true);
  const transform = {
    a: a * CLOSER, b: b * CLOSER, c: c * CLOSER, d: d * CLOSER,
    e: px + (e - px) * CLOSER, f: py + (f - py) * CLOSER,
  }; // prettier-ignore
  return { x: Math.round(px - size / 2), y: Math.round(py - size / 2), size, transform };
}

/** Its frame, over the picture. */
export function frameOf(context, pane) {
  if (!pane.lens) return false;
  const { x, y, size } = pane.lens(pane);
  context.strokeStyle = "#6cc5d0";
  context.lineWidth = 1.5;
  context.strokeRect(x / pane.ratio, y / pane.ratio, size / pane.ratio, size / pane.ratio);
  return true;
}
