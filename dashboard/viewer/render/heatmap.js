// A heat map or mask over the image: an 8-bit grey PNG, coloured, thresholded and outlined in the browser.

import { sentence } from "../base/loader.js";

// Stops of each colour map, low to high; no rainbow (it draws edges that are not there).
const COLOURS = {
  inferno: [
    [0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10],
    [249, 201, 50], [252, 255, 164],
  ],
  viridis: [
    [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121],
    [109, 205, 89], [253, 231, 37],
  ],
  grey: [[0, 0, 0], [255, 255, 255]],
  blue: [[86, 180, 233], [86, 180, 233]],
}; // prettier-ignore
export const COLOUR_MAPS = Object.keys(COLOURS);

/** How a map is shown: all of it can be changed while one looks. */
export const usual = () => ({ colours: "inferno", opacity: 0.45, threshold: 0, outline: false });

function colourOf(stops, heat) {
  const at = heat * (stops.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, stops.length - 1);
  return stops[low].map((part, index) => part + (stops[high][index] - part) * (at - low));
}

const ROOM = 16;
const cache = new Map(); // url -> promise; a Map keeps its order: the first was requested longest ago

/** The map of an address, drawn as it was when it was asked for last: shared by all who ask, the newest are cache. */
export function fetched(url) {
  const map = cache.get(url) || made(url);
  cache.delete(url);
  cache.set(url, map);
  map.catch(() => cache.delete(url)); // the next one who asks tries again
  if (cache.size > ROOM) cache.delete(cache.keys().next().value);
  return map;
}

/** Its heat, 0 to 255 by rows, and what it says it is. */
async function made(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await sentence(answer));
  const [title, warnings] = ["X-Title", "X-Warnings"].map((name) => decodeURIComponent(answer.headers.get(name) || ""));
  const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const heat = Uint8Array.from({ length: data.length / 4 }, (_, at) => data[4 * at]);
  return new Overlay(heat, canvas, title, warnings);
}

class Overlay {
  constructor(heat, canvas, title, warnings) {
    Object.assign(this, { heat, canvas, title, warnings });
    this.look = usual();
    this.colour();
  }

  set(changes) {
    Object.assign(this.look, changes);
    if ("colours" in changes || "threshold" in changes) this.colour();
  }

  /** Low heat is clear, so that the image shows; below the threshold nothing is. */
  colour() {
    const { colours, threshold } = this.look;
    const least = threshold * 255;
    const table = new Uint32Array(256);
    for (let heat = 0; heat < 256; heat++) {
      const [red, green, blue] = colourOf(COLOURS[colours], heat / 255).map(Math.round);
      const alpha = heat < least ? 0 : Math.round(255 * Math.min(1, (heat / 255) * 1.6));
      table[heat] = (alpha << 24) | (blue << 16) | (green << 8) | red;
    }
    const context = this.canvas.getContext("2d");
    const picture = context.createImageData(this.canvas.width, this.canvas.height);
    const pixels = new Uint32Array(picture.data.buffer);
    for (let at = 0; at < pixels.length; at++) pixels[at] = table[this.heat[at]];
    context.putImageData(picture, 0, 0);
    this.line = null;
  }

  /** Over an image of that size, and whether anything is; `transform` is the image's own, in device pixels. */
  draw(context, image, { a, b, c, d, e, f }) {
    const { opacity, outline } = this.look;
    if (opacity <= 0) return false;
    const [across, down] = [image.columns / this.canvas.width, image.rows / this.canvas.height];
    context.save();
    context.setTransform(a * across, b * across, c * down, d * down, e, f);
    context.globalAlpha = outline ? opacity * 0.5 : opacity;
    context.drawImage(this.canvas, 0, 0);
    if (outline) this.stroke(context);
    context.restore();
    return true;
  }

  stroke(context) {
    this.line = this.line || contour(this.heat, this.canvas.width, this.canvas.height, this.look.threshold * 255 || 127.5);
    const moved = new Path2D();
    moved.addPath(this.line, context.getTransform());
    context.resetTransform();
    context.globalAlpha = 1;
    for (const [colour, width] of [["rgba(0,0,0,.7)", 4], ["#fff", 1.6]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(moved);
    }
  }
}

/** Where the heat crosses `level`, by marching squares between the middles of the map's pixels. */
function contour(heat, width, height, level) {
  const path = new Path2D();
  const between = (first, second) => (first === second ? 0.5 : (level - first) / (second - first));
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x;
      const [nw, ne, se, sw] = [heat[at], heat[at + 1], heat[at + width + 1], heat[at + width]];
      const inside = [nw, ne, se, sw].map((value) => value >= level);
      if (inside.every((value) => value === inside[0])) continue;
      const crossed = [];
      if (inside[0] !== inside[1]) crossed.push([x + 0.5 + between(nw, ne), y + 0.5]);
      if (inside[1] !== inside[2]) crossed.push([x + 1.5, y + 0.5 + between(ne, se)]);
      if (inside[2] !== inside[3]) crossed.push([x + 0.5 + between(sw, se), y + 1.5]);
      if (inside[3] !== inside[0]) crossed.push([x + 0.5, y + 0.5 + between(nw, sw)]);
      for (let index = 0; index + 1 < crossed.length; index += 2) {
        path.moveTo(...crossed[index]);
        path.lineTo(...crossed[index + 1]);
      }
    }
  return path;
}
