// The WebGL2 renderer: samples as an integer texture; window, inversion and interpolation in the shader.

import { inverse } from "../base/transform.js";
import { whiteOf } from "../base/window_level.js";
import { FRAGMENT, VERTEX } from "./shaders.js";

const FUNCTIONS = { LINEAR: 0, LINEAR_EXACT: 1, SIGMOID: 2 };
const UNIFORMS = [
  "samples", "toImage", "size", "height", "rescale", "width", "voi", "padding", "white", "flipped", "colour", "smoothed",
  "footprint",
]; // prettier-ignore

export class WebGl {
  name = "webgl";

  /** Throws where the browser has no WebGL2, or draws it in software slower than a canvas (unless `forced`). */
  constructor(screen, forced = false) {
    this.screen = screen;
    const gl = screen.getContext("webgl2", { alpha: false, antialias: false, failIfMajorPerformanceCaveat: !forced });
    if (!gl || (!forced && inSoftware(gl))) throw new Error("no WebGL2, or none that is quick");
    this.gl = gl;
    this.program = linked(gl);
    gl.useProgram(this.program);
    this.at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(this.program, name)]));
    gl.bindVertexArray(gl.createVertexArray());
    this.texture = gl.createTexture();
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  }

  fits = (image) => image.rows <= this.most && image.columns <= this.most;

  develop(image, samples, window) {
    if (this.samples !== samples) this.upload(image, samples);
    this.image = image;
    this.window = window;
  }

  upload(image, samples) {
    const { gl } = this;
    const sampleType = image.dtype === "uint8" ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT;
    const [inside, order, type] =
      image.channels === 3
        ? [image.dtype === "uint8" ? gl.RGB8UI : gl.RGB16UI, gl.RGB_INTEGER, sampleType]
        : image.dtype === "uint8"
          ? [gl.R8UI, gl.RED_INTEGER, sampleType]
          : [gl.R16UI, gl.RED_INTEGER, sampleType];
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, image.columns, image.rows, 0, order, type, samples);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    this.samples = samples;
  }

  clear() {
    this.image = this.samples = null;
    this.gl.viewport(0, 0, this.screen.width, this.screen.height);
    this.gl.clearColor(0, 0, 0, 1);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT);
  }

  draw(transform, smooth, lens) {
    const { gl, screen } = this;
    if (!this.image) return this.clear();
    gl.viewport(0, 0, screen.width, screen.height);
    this.look(transform, smooth, screen.height);
    if (!lens) return;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(lens.x, screen.height - lens.y - lens.size, lens.size, lens.size);
    this.look(lens.transform, smooth, screen.height);
    gl.disable(gl.SCISSOR_TEST);
  }

  look(transform, smooth, height) {
    const { gl, at, image, window } = this;
    const { a, b, c, d, e, f } = inverse(transform);
    gl.uniformMatrix3fv(at.toImage, false, [a, b, 0, c, d, 0, e, f, 1]);
    gl.uniform2i(at.size, image.columns, image.rows);
    gl.uniform1f(at.height, height);
    gl.uniform2f(at.rescale, image.slope, image.intercept - window.center); // single floats are exact near zero only
    gl.uniform1f(at.width, window.width);
    gl.uniform1i(at.voi, FUNCTIONS[window.voi] ?? 0);
    gl.uniform2f(at.padding, ...(image.padding || [-1, -1]));
    gl.uniform1f(at.white, whiteOf(image));
    gl.uniform1i(at.flipped, Number((image.photometric === "MONOCHROME1") !== window.inverted));
    gl.uniform1i(at.colour, Number(image.channels === 3));
    gl.uniform1i(at.smoothed, Number(smooth));
    gl.uniform2f(at.footprint, Math.abs(a) + Math.abs(c), Math.abs(b) + Math.abs(d));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** The colour that a pixel of the picture is shown in, [r, g, b]: through the same shader, into a picture of one. */
  greyAt(x, y) {
    const { gl } = this;
    const target = gl.createFramebuffer();
    const pixel = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, pixel);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, 1, 1);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, pixel);
    gl.viewport(0, 0, 1, 1);
    this.look({ a: 1, b: 0, c: 0, d: 1, e: -x, f: -y }, false, 1);
    const read = new Uint8Array(4);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, read);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(target);
    gl.deleteRenderbuffer(pixel);
    return [...read.slice(0, 3)];
  }

  /** Give the graphics card back what it holds: a browser keeps only so many. */
  destroy() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** A processor that plays graphics card: some browsers do not call that a caveat. */
function inSoftware(gl) {
  const about = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  } // prettier-ignore
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}
