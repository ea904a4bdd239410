// Where boxes stand in a picture that was changed: those that stay keep their place, new ones find
// one near their words and layers. Pure.
import { rowsOf } from "./routes.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./flow.js").Facts} Facts */
/** @typedef {import("./picture.js").Box} Box */
/** @typedef {import("./picture.js").Picture} Picture */

export const GAP = 16;
const NEAR = 3; // layers

/**
 * Rows from below, each box in its old row, a new one where its layers belong.
 * @param {Picture} base
 * @param {Box[]} words
 * @param {Box[]} groups
 * @param {Box} answer
 * @param {Graph} graph
 * @param {Facts} facts
 * @returns {Omit<Picture, "lines">}
 */
export function stacked(base, words, groups, answer, graph, facts) {
  const oldGroups = base.boxes.filter((box) => box.kind === "group" || box.kind === "other");
  const oldRows = rowsOf(oldGroups);
  const kept = oldRows
    .map((row) => row.boxes.map((old) => groups.find((box) => box.key === old.key)))
    .map((row) => row.filter((box) => box !== undefined).map((box) => fitted(box, base)))
    .filter((row) => row.length);
  const wordsTop = Math.min(base.height - base.margin, ...words.map((box) => box.y));
  const rows = kept.map((row) => withoutOverlap(row, base));
  const keys = new Set(oldGroups.map((box) => box.key));
  for (const box of groups.filter((one) => !keys.has(one.key))) {
    const x = wantedCentre(box, words, graph, facts, base) - box.width / 2;
    insert(rows, at(box, x, 0), graph, base);
  }
  let y = base.margin;
  const done = [];
  for (const row of [[answer], ...rows.reverse()]) {
    const height = Math.max(...row.map((box) => box.height));
    for (const box of row) done.unshift(at(box, box.x, y + (height - box.height) / 2));
    y += height + base.rowGap;
  }
  const down = y - wordsTop;
  const below = words.map((box) => at(box, box.x, box.y + down));
  const [top] = done.splice(
    done.findIndex((box) => box.kind === "answer"),
    1,
  );
  return { ...base, height: base.height + down, boxes: [...below, ...done, top] };
}

/**
 * @param {Box[][]} rows  from below; gets the box
 * @param {Box} box
 * @param {Graph} graph
 * @param {Picture} base
 */
function insert(rows, box, graph, base) {
  const layer = meanLayer(graph, box);
  const far = rows.map((row) => Math.abs(rowLayer(graph, row) - layer));
  const nearest = far.indexOf(Math.min(...far));
  const row = rows[nearest];
  const free = row && far[nearest] <= NEAR && !feeds(graph, row, box) && freePlace(row, box, base);
  if (row && typeof free === "number") row.push(at(box, free, box.y));
  else {
    const above = rows.findIndex((one) => rowLayer(graph, one) > layer);
    rows.splice(above < 0 ? rows.length : above, 0, [at(box, fitted(box, base).x, box.y)]);
  }
}

/** @param {Graph} graph @param {Box[]} row @param {Box} box */
function feeds(graph, row, box) {
  const own = new Set(box.parts.flatMap((part) => part.nodes));
  const others = new Set(row.flatMap((one) => one.parts.flatMap((part) => part.nodes)));
  const { source, target } = graph.links;
  return source.some(
    (from, link) =>
      (own.has(from) && others.has(target[link])) || (others.has(from) && own.has(target[link])),
  );
}

/**
 * The nearest x in a row where a box overlaps no other; null where there is none.
 * @param {Box[]} row
 * @param {Box} box
 * @param {Picture} base
 */
function freePlace(row, box, base) {
  const edges = row.flatMap((one) => [one.x - GAP - box.width, one.x + one.width + GAP]);
  const fits = (/** @type {number} */ x) =>
    x >= base.margin &&
    x + box.width <= base.width - base.margin &&
    row.every((one) => x + box.width + GAP <= one.x + 0.1 || x >= one.x + one.width + GAP - 0.1);
  const places = [box.x, ...edges].filter(fits);
  places.sort((a, b) => Math.abs(a - box.x) - Math.abs(b - box.x) || a - b);
  return places[0] ?? null;
}

/** @param {Box[]} row @param {Picture} base */
function withoutOverlap(row, base) {
  /** @type {Box[]} */
  const done = [];
  for (const box of [...row].sort((a, b) => a.x - b.x)) {
    const free = freePlace(done, box, base);
    done.push(free === null || free === box.x ? box : at(box, free, box.y));
  }
  return done;
}

/** @param {Box} box @param {Picture} base */
function fitted(box, base) {
  const right = base.width - base.margin - box.width;
  const x = Math.max(base.margin, Math.min(right, box.x));
  return x === box.x ? box : at(box, x, box.y);
}

/**
 * A box at another place; the same box where it is there already.
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @returns {Box}
 */
function at(box, x, y) {
  if (Math.abs(box.x - x) < 0.06 && Math.abs(box.y - y) < 0.06) return box;
  const parts = box.parts.map((part) => ({ ...part, x: part.x + x - box.x }));
  return { ...box, x, y, parts };
}

/** @param {Graph} graph @param {Box} box */
function meanLayer(graph, box) {
  const nodes = box.parts.flatMap((part) => part.nodes);
  return nodes.reduce((sum, node) => sum + graph.layers[node], 0) / nodes.length;
}

/** @param {Graph} graph @param {Box[]} row */
const rowLayer = (graph, row) =>
  row.reduce((sum, box) => sum + meanLayer(graph, box), 0) / row.length;

/**
 * @param {Box} box
 * @param {Box[]} words
 * @param {Graph} graph
 * @param {Facts} facts
 * @param {Picture} base
 */
function wantedCentre(box, words, graph, facts, base) {
  const nodes = box.parts.flatMap((part) => part.nodes);
  const centres = nodes
    .map((node) => words[facts.wordAt[graph.positions[node]]])
    .filter((word) => word !== undefined)
    .map((word) => word.x + word.width / 2);
  return centres.length ? centres.reduce((a, b) => a + b) / centres.length : base.width / 2;
}
