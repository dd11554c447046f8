// The window functions of DICOM PS3.3 C.11.2.1.2 once more, for a graphics card; window.js has them for the processor.

export const VERTEX = `#version 300 es
void main() { // one triangle that covers the screen
  gl_Position = vec4(vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0), 0.0, 1.0);
}`;

export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D samples;
uniform mat3 toImage;
uniform ivec2 size;
uniform float height;
uniform vec2 rescale;   // slope, and intercept less the window's center: values far from zero would lose their steps
uniform float width;    // of the window
uniform int voi;        // 0 LINEAR, 1 LINEAR_EXACT, 2 SIGMOID
uniform vec2 padding;   // stored samples that lie outside the image, both ends inclusive
uniform float white;    // of colour
uniform bool flipped;
uniform bool colour;
uniform bool smoothed;
uniform vec2 footprint; // of a screen pixel, in image pixels
out vec4 shown;

float grey(float value) { // counted from the window's center
  if (voi == 2) return 1.0 / (1.0 + exp(-4.0 * value / max(width, 1e-9)));
  if (voi == 1) return width <= 0.0 ? float(value > 0.0) : clamp(value / width + 0.5, 0.0, 1.0);
  // The half and the one are in the standard.
  return width <= 1.0 ? float(value > -0.5) : clamp((value + 0.5) / (width - 1.0) + 0.5, 0.0, 1.0);
}

vec3 pixel(ivec2 at) {
  uvec4 stored = texelFetch(samples, clamp(at, ivec2(0), size - 1), 0);
  if (!colour && float(stored.r) >= padding.x && float(stored.r) <= padding.y) return vec3(0.0); // background
  vec3 seen = colour ? vec3(stored.rgb) / white : vec3(grey(float(stored.r) * rescale.x + rescale.y));
  return flipped ? 1.0 - seen : seen; // inverted last
}

vec3 between(vec2 place) { // the four pixels around
  vec2 from = place - 0.5;
  ivec2 at = ivec2(floor(from));
  vec2 part = from - floor(from);
  return mix(mix(pixel(at), pixel(at + ivec2(1, 0)), part.x),
             mix(pixel(at + ivec2(0, 1)), pixel(at + ivec2(1, 1)), part.x), part.y);
}

vec3 within(vec2 place) { // the mean of what a screen pixel covers, so that nothing thin is skipped
  ivec2 taps = clamp(ivec2(ceil(footprint)), ivec2(1), ivec2(8));
  vec3 sum = vec3(0.0);
  for (int y = 0; y < taps.y; y++)
    for (int x = 0; x < taps.x; x++)
      sum += pixel(ivec2(floor(place + (vec2(x, y) + 0.5) / vec2(taps) * footprint - footprint / 2.0)));
  return sum / float(taps.x * taps.y);
}

void main() {
  vec2 place = (toImage * vec3(gl_FragCoord.x, height - gl_FragCoord.y, 1.0)).xy;
  if (any(lessThan(place, vec2(0.0))) || any(greaterThanEqual(place, vec2(size)))) {
    shown = vec4(0.0, 0.0, 0.0, 1.0);
    return;
  }
  vec3 seen = !smoothed ? pixel(ivec2(floor(place)))
    : max(footprint.x, footprint.y) > 1.0 ? within(place) : between(place);
  shown = vec4(seen, 1.0);
}`;
