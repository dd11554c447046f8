// Samples to greys: the functions of DICOM PS3.3 C.11.2.1.2, as a table over every sample value.

const clamp = (grey) => Math.min(255, Math.max(0, grey));

const FUNCTIONS = {
  // The half and the one are in the standard.
  LINEAR: (x, center, width) =>
    width <= 1 ? (x <= center - 0.5 ? 0 : 255) : clamp(((x - (center - 0.5)) / (width - 1) + 0.5) * 255),
  LINEAR_EXACT: (x, center, width) =>
    width <= 0 ? (x <= center ? 0 : 255) : clamp(((x - center) / width + 0.5) * 255),
  SIGMOID: (x, center, width) => 255 / (1 + Math.exp((-4 * (x - center)) / Math.max(width, 1e-9))),
};

/** The grey (not rounded) of one modality value. */
export const greyOf = (value, { center, width, voi }) => (FUNCTIONS[voi] || FUNCTIONS.LINEAR)(value, center, width);

/** A grey for every sample value of an image; MONOCHROME1 is inverted last, and once more where the reader inverts. */
export function table(image, window) {
  const size = image.dtype === "uint8" ? 256 : 65536;
  const greys = new Uint8ClampedArray(size);
  const flip = (image.photometric === "MONOCHROME1") !== window.inverted;
  const [first, last] = samplesOf(image, size);
  for (let sample = first; sample <= last; sample++) {
    const grey = greyOf(sample * image.slope + image.intercept, window);
    greys[sample] = Math.round(flip ? 255 - grey : grey);
  }
  greys.fill(greys[first], 0, first);
  greys.fill(greys[last], last + 1);
  if (image.padding) greys.fill(0, image.padding[0], image.padding[1] + 1); // background, of either polarity
  return greys;
}

/** The first and the last sample that an image has besides padding: a table over all 65,536 takes a tenth of a frame. */
function samplesOf({ low, high, slope, intercept }, size) {
  const ends = [low, high].map((value) => (value - intercept) / slope);
  if (!ends.every(Number.isFinite)) return [0, size - 1];
  return [Math.max(0, Math.floor(Math.min(...ends)) - 1), Math.min(size - 1, Math.ceil(Math.max(...ends)) + 1)];
}

/** The same as colours of a canvas, 0xffbbggrr. */
export function colours(image, window) {
  const greys = table(image, window);
  const shown = new Uint32Array(greys.length);
  for (let sample = 0; sample < greys.length; sample++) shown[sample] = 0xff000000 | (greys[sample] * 0x010101);
  return shown;
}

/** The sample of a colour image that is shown at full brightness. */
export const whiteOf = (image) => (image.dtype === "uint8" ? 255 : image.high);

/** The window an image asks for itself. */
export const ownWindow = (image) => ({
  center: image.window_center,
  width: image.window_width,
  voi: image.voi_function,
  inverted: false,
});
