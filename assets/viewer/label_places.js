// Chooses which labels of nodes are written and where, so that none covers another. Pure.

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {{node: number, text: string, x: number, y: number, anchor: "start" | "end"}} Label */

const HEIGHT = 15;
const GAP = 7;

/**
 * @param {{node: number, text: string, width: number, x: number, y: number}[]} wanted  first wins
 * @param {{width: number, height: number}} frame
 * @param {number} limit
 * @returns {Label[]}
 */
export function placeLabels(wanted, frame, limit) {
  /** @type {Box[]} */
  const taken = [];
  /** @type {Label[]} */
  const labels = [];
  for (const { node, text, width, x, y } of wanted) {
    if (labels.length === limit) break;
    for (const anchor of /** @type {const} */ (["start", "end"])) {
      const at = anchor === "start" ? x + GAP : x - GAP;
      const left = anchor === "start" ? at : at - width;
      const box = { left, right: left + width, top: y - HEIGHT / 2, bottom: y + HEIGHT / 2 };
      if (!fits(box, frame) || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      labels.push({ node, text, x: at, y, anchor });
      break;
    }
  }
  return labels;
}

/** @param {Box} box @param {{width: number, height: number}} frame */
const fits = (box, frame) =>
  box.left >= 0 && box.right <= frame.width && box.top >= 0 && box.bottom <= frame.height;

/** @param {Box} a @param {Box} b */
const overlap = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
