// Windows a reader asks for by name. CT's are in HU and hold only where the values are. Those of
// a training (core/imaging/window_presets.py) are among them.

const CT = [
  ["Lung", -600, 1500], ["Mediastinum", 50, 350], ["Soft tissue", 40, 400], ["Bone", 480, 2500], ["Brain", 40, 80],
  ["Stroke", 32, 40], ["Subdural", 75, 215], ["Liver", 90, 150], ["Vessels", 300, 600],
]; // prettier-ignore

/** [{title, window}], the one first shown first, its whole range last. */
export function presets(image, own) {
  if (image.channels === 3) return [];
  const named = image.unit === "HU" ? CT : [];
  const window = (center, width) => ({ ...own, center, width, voi: "LINEAR" });
  const range = image.high - image.low;
  return [
    { title: "As first shown", window: own },
    ...named.map(([title, center, width]) => ({ title, window: window(center, width) })),
    { title: "Middle half", window: window((image.high + image.low) / 2, Math.max(1, range / 2)) },
    { title: "Full range", window: window((image.high + image.low) / 2, Math.max(1, range)) },
  ];
}
