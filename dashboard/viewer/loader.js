// Frames by signed URL: fetched once, kept while there is room, fetched ahead of the reader.

const ROOM = 256 * 1024 * 1024;
const kept = new Map(); // path -> {promise, bytes}; a Map keeps its order: the first is the one used longest ago
let used = 0;

const pathOf = (url) => url.split("?")[0];

async function fetched(slice) {
  const answer = await fetch(slice.url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await sentence(answer));
  const buffer = await answer.arrayBuffer();
  const wanted = slice.image.rows * slice.image.columns * slice.image.channels;
  const Samples = slice.image.dtype === "uint8" ? Uint8Array : Uint16Array;
  if (buffer.byteLength !== wanted * Samples.BYTES_PER_ELEMENT)
    throw new Error("It arrived incomplete; go on, and tell who runs this server.");
  return new Samples(buffer);
}

/** What a failed answer says, in one sentence. */
export async function sentence(answer) {
  if (answer.status === 401) return "The server was started anew; open its address with the token it printed.";
  if (answer.status === 403) return "This page has been open too long; reload it.";
  try {
    return (await answer.json()).error || "The server could not answer; try again.";
  } catch {
    return "The server could not answer; try again.";
  }
}

/** What went wrong on the way, in one sentence; `rest` says what that means here. */
export const trouble = (error, rest = ".") =>
  error instanceof TypeError || error.name === "TimeoutError" ? `The server does not answer${rest}` : error.message;

/** The samples of one slice: a promise, shared by all who ask. */
export function frame(slice) {
  const path = pathOf(slice.url);
  const known = kept.get(path);
  if (known) {
    kept.delete(path);
    kept.set(path, known);
    return known.promise;
  }
  const { rows, columns, channels, dtype } = slice.image;
  const entry = { bytes: rows * columns * channels * (dtype === "uint8" ? 1 : 2) };
  entry.promise = fetched(slice).catch((error) => {
    if (kept.get(path) === entry) forget(path);
    throw error;
  });
  kept.set(path, entry);
  used += entry.bytes;
  for (const [oldest] of kept) {
    if (used <= ROOM || oldest === path) break;
    forget(oldest);
  }
  return entry.promise;
}

/** Ask for slices before they are needed; their failures show when they are. */
export const prefetch = (slices) => slices.forEach((slice) => frame(slice).catch(() => {}));

function forget(path) {
  used -= kept.get(path).bytes;
  kept.delete(path);
}
