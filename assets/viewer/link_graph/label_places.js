// Chooses which labels of nodes are written and where, so that none covers another and few cover
// nodes. Pure.

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {{left: number, width: number, height: number}} Frame  left of it stand other words */
/** @typedef {{node: number, text: string, x: number, y: number, anchor: "start" | "end"}} Label */

const HEIGHT = 15;
const GAP = 7;

/**
 * @typedef {object} Wish
 * @property {number} node
 * @property {string} text
 * @property {number} width
 * @property {number} x
 * @property {number} y
 * @property {number} tolerance  how many nodes it may cover
 */

/**
 * @param {Wish[]} wanted  first wins
 * @param {{x: number, y: number}[]} dots  the nodes
 * @param {Frame} frame
 * @param {number} limit
 * @returns {Label[]}
 */
export function placeLabels(wanted, dots, frame, limit) {
  const rows = inRows(dots);
  /** @type {Box[]} */
  const taken = [];
  /** @type {Label[]} */
  const labels = [];
  for (const wish of wanted) {
    if (labels.length === limit) break;
    const options = sides(wish)
      .filter(({ box }) => fits(box, frame) && !taken.some((other) => overlap(box, other)))
      .map((option) => ({ ...option, covered: covered(option.box, rows) }))
      .filter((option) => option.covered <= wish.tolerance)
      .sort((a, b) => a.covered - b.covered);
    if (!options.length) continue;
    const [{ label, box }] = options;
    taken.push(box);
    labels.push(label);
  }
  return labels;
}

/**
 * To the right of its node, or to the left.
 * @param {Wish} wish
 * @returns {{label: Label, box: Box}[]}
 */
function sides({ node, text, width, x, y }) {
  const rows = { top: y - HEIGHT / 2, bottom: y + HEIGHT / 2 };
  const [right, left] = [x + GAP, x - GAP];
  return [
    {
      label: { node, text, x: right, y, anchor: "start" },
      box: { left: right, right: right + width, ...rows },
    },
    {
      label: { node, text, x: left, y, anchor: "end" },
      box: { left: left - width, right: left, ...rows },
    },
  ];
}

/** @typedef {Map<number, {x: number, y: number}[]>} Rows  of the height of a label */

/** @param {{x: number, y: number}[]} dots @returns {Rows} */
function inRows(dots) {
  /** @type {Rows} */
  const rows = new Map();
  for (const dot of dots) {
    const row = Math.floor(dot.y / HEIGHT);
    rows
      .set(row, rows.get(row) ?? [])
      .get(row)
      ?.push(dot);
  }
  return rows;
}

/** @param {Box} box @param {Rows} rows */
function covered(box, rows) {
  let count = 0;
  for (let row = Math.floor(box.top / HEIGHT); row * HEIGHT < box.bottom; row++) {
    for (const { x, y } of rows.get(row) ?? []) {
      if (x > box.left && x < box.right && y > box.top + 2 && y < box.bottom - 2) count++;
    }
  }
  return count;
}

/** @param {Box} box @param {Frame} frame */
const fits = (box, frame) =>
  box.left >= frame.left && box.right <= frame.width && box.top >= 0 && box.bottom <= frame.height;

/** @param {Box} a @param {Box} b */
const overlap = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
