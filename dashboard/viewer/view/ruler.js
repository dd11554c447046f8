// Distances in mm, and a refusal where the file does not say how large a pixel is in the body.

/** The length of a line between two image points: {mm} or {px, why}. */
export function length(image, from, to) {
  const [across, down] = [to[0] - from[0], to[1] - from[1]];
  const refused = refusal(image);
  if (refused) return { px: Math.hypot(across, down), why: refused };
  return { mm: Math.hypot(across * image.spacing[1], down * image.spacing[0]) };
}

/** Why nothing can be measured in mm here; empty where it can. */
export function refusal(image) {
  if (!image.spacing) return "No measurement in mm: the file gives no pixel spacing.";
  if (image.spacing_at === "detector")
    return "No measurement in mm: the pixel spacing is valid at the detector only, not in the patient.";
  if (image.spacing_at !== "patient")
    return "No measurement in mm: the file does not say whether its pixel spacing is valid in the patient or at the detector.";
  return "";
}

export const words = ({ mm, px }) => (mm === undefined ? `${px.toFixed(1)} px` : `${mm.toFixed(1)} mm`);

const HALO = "rgba(0,0,0,.75)";
const LINE = "#f0c14b";

/** Draw lines on a slice by dragging; they stay until the slice's case is left. */
export class Ruler {
  cursor = "crosshair";

  constructor(pane, say) {
    this.pane = pane;
    this.say = say;
    pane.measures = pane.measures || [];
    if (!pane.inks.includes(paint)) pane.inks.push(paint);
  }

  down(_event, point) {
    const { pane } = this;
    if (!pane.painted) return;
    this.begun = { slice: pane.slice.url, from: point, to: point };
    pane.measures.push(this.begun);
    this.say(refusal(pane.slice.image));
  }

  move(_event, point) {
    if (!this.begun) return;
    this.begun.to = point;
    this.pane.redrawInk();
  }

  up() {
    const line = this.begun;
    this.begun = null;
    if (line && line.from === line.to) this.pane.measures.pop(); // a click, not a line
  }
}

function paint(context, pane) {
  for (const { slice, from, to } of pane.measures) {
    if (slice !== pane.slice?.url) continue;
    const [start, end] = [pane.toScreen(from), pane.toScreen(to)];
    for (const [colour, width] of [[HALO, 4], [LINE, 1.6]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(...start);
      context.lineTo(...end);
      context.stroke();
    } // prettier-ignore
    text(context, words(length(pane.slice.image, from, to)), end);
  }
  return pane.measures.length > 0;
}

function text(context, said, [x, y]) {
  context.font = "600 14px system-ui, sans-serif";
  context.lineWidth = 4;
  context.strokeStyle = HALO;
  context.fillStyle = LINE;
  context.strokeText(said, x + 8, y - 8);
  context.fillText(said, x + 8, y - 8);
}
