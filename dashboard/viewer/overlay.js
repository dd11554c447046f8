// A heat map over the image: an 8-bit grey PNG through inferno; low heat is clear, so that the image shows.

import { sentence } from "./loader.js";

const INFERNO = [
  [0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10],
  [249, 201, 50], [252, 255, 164],
]; // prettier-ignore

function inferno(heat) {
  const at = heat * (INFERNO.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, INFERNO.length - 1);
  return INFERNO[low].map((part, index) => part + (INFERNO[high][index] - part) * (at - low));
}

/** The map in colour, its alpha rising with the heat, and what it says it is: {canvas, title}. */
export async function heatmap(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(await sentence(answer));
  const title = decodeURIComponent(answer.headers.get("X-Title") || "");
  const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < picture.data.length; at += 4) {
    const heat = picture.data[at] / 255;
    const [red, green, blue] = inferno(heat);
    picture.data.set([red, green, blue, 255 * Math.min(1, heat * 1.6)], at);
  }
  context.putImageData(picture, 0, 0);
  return { canvas, title };
}
