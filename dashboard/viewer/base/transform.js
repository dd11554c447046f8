// From the image's coordinates to the screen's and back. (0, 0) is the corner of the first pixel, its middle .5, .5.

const LEAST = 0.02;
const MOST = 60;

/** How a pane looks at its image: `zoom` in CSS pixels per column (0: fit), `x`, `y` the shift in device pixels,
 *  `o` the flips and turns as [x←x, x←y, y←x, y←y]. */
export const still = () => ({ zoom: 0, x: 0, y: 0, o: [1, 0, 0, 1] });

const aspectOf = (image) => (image.spacing ? image.spacing[0] / image.spacing[1] : 1);

/** Device pixels per column at which the whole image is seen. */
function fitting(view, image, screen) {
  const wide = image.columns;
  const high = image.rows * aspectOf(image);
  const turned = view.o[0] === 0;
  return Math.min(screen.width / (turned ? high : wide), screen.height / (turned ? wide : high));
}

/** The numbers of a canvas transform: x' = a x + c y + e, y' = b x + d y + f, in device pixels. */
export function matrix(view, image, screen, ratio) {
  const across = view.zoom ? view.zoom * ratio : fitting(view, image, screen);
  const down = across * aspectOf(image);
  const [a, c, b, d] = [across * view.o[0], down * view.o[1], across * view.o[2], down * view.o[3]];
  const e = screen.width / 2 + view.x - (a * image.columns + c * image.rows) / 2;
  const f = screen.height / 2 + view.y - (b * image.columns + d * image.rows) / 2;
  return { a, b, c, d, e, f };
}

export function inverse({ a, b, c, d, e, f }) {
  const det = a * d - b * c;
  return {
    a: d / det, b: -b / det, c: -c / det, d: a / det, e: (c * f - d * e) / det, f: (b * e - a * f) / det,
  }; // prettier-ignore
}

export const apply = ({ a, b, c, d, e, f }, [x, y]) => [a * x + c * y + e, b * x + d * y + f];

/** Device pixels per column. */
export const scaleOf = ({ a, b }) => Math.hypot(a, b);

/** Zoomed by a factor so that the image point under `at` (device pixels) stays there. */
export function zoomed(view, image, screen, ratio, factor, at) {
  const before = matrix(view, image, screen, ratio);
  const point = apply(inverse(before), at);
  const zoom = Math.min(MOST, Math.max(LEAST, (scaleOf(before) / ratio) * factor));
  const next = { ...view, zoom };
  const [x, y] = apply(matrix(next, image, screen, ratio), point);
  return { ...next, x: view.x + at[0] - x, y: view.y + at[1] - y };
}

export function panned(view, image, screen, ratio, dx, dy) {
  const zoom = view.zoom || fitting(view, image, screen) / ratio;
  return { ...view, zoom, x: view.x + dx * ratio, y: view.y + dy * ratio };
}

/** Mirrored or turned as seen on the screen, whatever was done before. */
export const flippedSideways = ({ o, x, ...rest }) => ({ ...rest, x: -x, o: [-o[0], -o[1], o[2], o[3]].map(plain) });
export const flippedUpDown = ({ o, y, ...rest }) => ({ ...rest, y: -y, o: [o[0], o[1], -o[2], -o[3]].map(plain) });
export const turnedRight = ({ o, x, y, ...rest }) => ({
  ...rest, x: -y, y: x, o: [-o[2], -o[3], o[0], o[1]].map(plain),
}); // prettier-ignore
export const turnedLeft = ({ o, x, y, ...rest }) => ({
  ...rest, x: y, y: -x, o: [o[2], o[3], -o[0], -o[1]].map(plain),
}); // prettier-ignore

const plain = (number) => number + 0; // no -0
