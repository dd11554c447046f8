// Frames by signed URL: fetched once, cached while there is room, fetched ahead of the reader.

import { afterFrame } from "./frames.js";

const ROOM = 256 * 1024 * 1024;
const cache = new Map(); // path -> {promise, bytes}; a Map keeps its order: the first is the one used longest ago
let used = 0;

const pathOf = (url) => url.split("?")[0];
const PASSING = new Set([429, 502, 503, 504]);
const SAMPLES = { uint8: Uint8Array, uint16: Uint16Array };

async function bytes(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw Object.assign(new Error(await sentence(answer)), { passing: PASSING.has(answer.status) });
  return [await answer.arrayBuffer(), answer];
}

function samples(buffer, { rows, columns, channels, dtype }) {
  const Samples = SAMPLES[dtype];
  if (buffer.byteLength !== rows * columns * channels * Samples.BYTES_PER_ELEMENT)
    throw new Error("The image arrived incomplete; continue, and inform the administrator of this server.");
  return new Samples(buffer);
}

async function fetched(slice) {
  const [buffer] = await bytes(slice.url);
  return samples(buffer, slice.image);
}

/** Every `step`-th sample of a large slice, as an image of its own, there before the whole: {image, samples, step}. */
export async function preview(slice) {
  const [buffer, answer] = await bytes(slice.preview);
  const step = Number(answer.headers.get("X-Step"));
  const { rows, columns } = slice.image;
  const image = { ...slice.image, rows: Math.ceil(rows / step), columns: Math.ceil(columns / step) };
  return { image, samples: samples(buffer, image), step };
}

/** What a failed answer says, in one sentence. */
export async function sentence(answer) {
  if (answer.status === 401) return "The server was restarted; open its address with the new token.";
  if (answer.status === 403) return "This page has expired; reload it.";
  try {
    return (await answer.json()).error || "The server could not answer; try again.";
  } catch {
    return "The server could not answer; try again.";
  }
}

const unanswered = (error) => error instanceof TypeError || error.name === "TimeoutError";

/** Whether what went wrong may pass by itself: no answer, or one that says that the server is busy or restarting. */
export const passing = (error) => unanswered(error) || Boolean(error.passing);

/** What went wrong on the way, in one sentence; `rest` says what that means here. */
export const trouble = (error, rest = ".") =>
  unanswered(error) ? `The server does not answer${rest}` : error.message;

/** The samples of one slice: a promise, shared by all who ask. */
export function frame(slice) {
  const path = pathOf(slice.url);
  const known = lately(path);
  if (known) return known.promise;
  const { rows, columns, channels, dtype } = slice.image;
  const entry = { bytes: rows * columns * channels * SAMPLES[dtype].BYTES_PER_ELEMENT };
  entry.promise = fetched(slice).then(
    (samples) => (entry.samples = samples),
    (error) => {
      if (cache.get(path) === entry) forget(path);
      throw error;
    },
  );
  cache.set(path, entry);
  used += entry.bytes;
  for (const [oldest] of cache) {
    if (used <= ROOM || oldest === path) break;
    forget(oldest);
  }
  return entry.promise;
}

/** The samples where they are here already, else undefined. */
export const ready = (slice) => lately(pathOf(slice.url))?.samples;

function lately(path) {
  const known = cache.get(path);
  if (!known) return undefined;
  cache.delete(path);
  cache.set(path, known);
  return known;
}

const AT_ONCE = 4;
const lanes = new Map(); // who asks ahead -> what for, the nearest first; a newer wish replaces the older
let fetching = 0;
let pumping = false; // once the next frame is drawn

/** Ask for slices before they are needed; their failures show when they are. Not more than half the room each. */
export function prefetch(slices, lane = "cases") {
  const size = ({ image }) => image.rows * image.columns * image.channels * SAMPLES[image.dtype].BYTES_PER_ELEMENT;
  let room = ROOM / 2;
  lanes.set(lane, slices.filter((slice) => (room -= size(slice)) > 0));
  if (!pumping) afterFrame(() => ((pumping = false), pump()));
  pumping = true;
}

function pump() {
  for (const waiting of lanes.values())
    while (fetching < AT_ONCE && waiting.length) {
      const slice = waiting.shift();
      if (cache.has(pathOf(slice.url))) continue;
      fetching++;
      frame(slice)
        .catch(() => {})
        .finally(() => (fetching--, pump()));
    }
}

function forget(path) {
  used -= cache.get(path).bytes;
  cache.delete(path);
}
