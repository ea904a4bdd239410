// Where everything of the link graph stands: layers upwards, tokens rightwards. Pure; sizes in
// pixels. Columns and rows follow from the whole graph, so that they stay where they are when
// nodes are hidden.
import { ANSWER, EMBEDDING } from "../graph/graph.js";
import { placeAnswers } from "./answer_boxes.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {{start: number, width: number}} Band */
/** @typedef {{cell: string, x: number, y: number, hidden: number}} Fold */
/** @typedef {import("./answer_boxes.js").AnswerBox} AnswerBox */

/**
 * @typedef {object} Grid  What does not change while nodes are hidden.
 * @property {number} width
 * @property {number} height
 * @property {Band[]} columns  one a token
 * @property {Band[]} rows  one a layer, from 0; start is the top edge
 * @property {number} tokenY  the row of the embeddings
 * @property {AnswerBox[]} answers
 * @property {Map<string, number[]>} cells  "layer,position" -> features and errors, strongest first
 *
 * @typedef {object} Places
 * @property {Float32Array} x
 * @property {Float32Array} y
 * @property {Float32Array} radius  0 for a node inside a fold
 * @property {Fold[]} folds
 */

export const MARGIN = { left: 46, right: 14, top: 8, bottom: 34 };
const STEP = 10;
const LINE = 9;
const ROW_PAD = 4;
const CELL_PAD = 8;
const MAX_LINES = 2;
const FOLD_SLOTS = 3;
const LARGEST_SHARE = 0.3;
const GOAL_HEIGHT = 580;
const ROOM_STEP = 64;
const LEAST_WIDTH = 800; // on a phone the picture scrolls inside its box

/**
 * The height that what is drawn upon is given, of which the graph shows its own part: with some to
 * spare, as another size costs a browser more than all that is drawn.
 * @param {number} height
 * @param {number} given  the height it has
 */
export const roomFor = (height, given) =>
  height <= given && given <= height + 2 * ROOM_STEP
    ? given
    : Math.ceil(height / ROOM_STEP + 0.5) * ROOM_STEP;

/**
 * @param {Graph} graph
 * @param {number} available  the width there is
 * @param {(text: string) => number} measure  the width of a token or an answer's text
 * @param {{tokens: string[], answers: string[]}} texts
 * @param {readonly string[]} open  cells that are not folded
 * @returns {Grid}
 */
export function makeGrid(graph, available, measure, texts, open) {
  const cells = cellsOf(graph);
  const room = Math.max(available, LEAST_WIDTH);
  const columns = makeColumns(graph, cells, room, texts.tokens.map(measure));
  const last = columns[columns.length - 1];
  const width = Math.max(room, last.start + last.width + MARGIN.right);
  const answers = placeAnswers(graph, width, texts.answers.map(measure));
  const top = answers.height + MARGIN.top + 16;
  const rows = makeRows(cells, columns, top, open);
  const bottom = rows.length ? rows[0].start + rows[0].width : top;
  const tokenY = bottom + 14;
  return {
    width,
    height: tokenY + MARGIN.bottom,
    columns,
    rows,
    tokenY,
    answers: answers.boxes,
    cells,
  };
}

/**
 * What follows from a graph alone is found once.
 * @template T
 * @param {(graph: Graph) => T} find
 * @returns {(graph: Graph) => T}
 */
function ofGraph(find) {
  /** @type {WeakMap<Graph, T>} */
  const found = new WeakMap();
  return function known(graph) {
    const value = found.get(graph) ?? find(graph);
    found.set(graph, value);
    return value;
  };
}

const cellsOf = ofGraph((graph) => {
  /** @type {Map<string, number[]>} */
  const cells = new Map();
  for (let node = 0; node < graph.size; node++) {
    if (graph.kinds[node] >= EMBEDDING) continue;
    const key = `${graph.layers[node]},${graph.positions[node]}`;
    const cell = cells.get(key);
    if (cell) cell.push(node);
    else cells.set(key, [node]);
  }
  for (const cell of cells.values()) {
    cell.sort((a, b) => graph.importance[b] - graph.importance[a] || a - b);
  }
  return cells;
});

/**
 * Each column gets room for its token; what is left is shared by need, and no column takes more
 * than its share of it.
 * @param {Graph} graph
 * @param {Map<string, number[]>} cells
 * @param {number} available
 * @param {number[]} textWidths
 * @returns {Band[]}
 */
function makeColumns(graph, cells, available, textWidths) {
  const need = graph.meta.tokens.map(() => 0);
  for (const [key, cell] of cells) {
    const position = Number(key.split(",")[1]);
    need[position] = Math.max(need[position], cell.length);
  }
  const least = textWidths.map((text) => Math.min(Math.max(30, text + 10), 58));
  const room = available - MARGIN.left - MARGIN.right;
  const spare = Math.max(0, room - sum(least));
  const lacking = need.map((most, position) => {
    const wanted = Math.ceil(most / MAX_LINES) * STEP + CELL_PAD;
    return Math.max(0, Math.min(wanted, LARGEST_SHARE * room) - least[position]);
  });
  const given = Math.min(1, spare / (sum(lacking) || 1));
  const extra = lacking.map((width) => given * width);
  const even = (spare - sum(extra)) / least.length;
  let start = MARGIN.left;
  return least.map((width, position) => {
    const band = { start, width: width + extra[position] + even };
    start += band.width;
    return band;
  });
}

/**
 * @param {Map<string, number[]>} cells
 * @param {Band[]} columns
 * @param {number} top
 * @param {readonly string[]} open
 * @returns {Band[]}  layer 0 first, which stands lowest
 */
function makeRows(cells, columns, top, open) {
  /** @type {number[]} */
  const lines = [];
  for (const [key, cell] of cells) {
    const [layer, position] = key.split(",").map(Number);
    const slots = slotsIn(columns[position]);
    const given = open.includes(key)
      ? Math.ceil((cell.length + FOLD_SLOTS) / slots)
      : Math.min(Math.ceil(cell.length / slots), MAX_LINES);
    lines[layer] = Math.max(lines[layer] ?? 1, given);
  }
  const even = Math.floor((GOAL_HEIGHT - top) / (lines.length || 1));
  const base = Math.min(80, Math.max(LINE + ROW_PAD, even));
  const heights = Array.from(lines, (count) => Math.max(base, (count ?? 1) * LINE + ROW_PAD));
  let end = top + sum(heights);
  return heights.map((width) => {
    end -= width;
    return { start: end, width };
  });
}

/** @param {Band} column */
const slotsIn = (column) => Math.max(1, Math.floor((column.width - CELL_PAD) / STEP));

/** @param {number[]} values */
const sum = (values) => values.reduce((a, b) => a + b, 0);

/**
 * The layers that hold cells which were opened or folded.
 * @param {readonly string[]} now
 * @param {readonly string[]} before
 */
export const rowsOpened = (now, before) =>
  [...now, ...before]
    .filter((cell) => now.includes(cell) !== before.includes(cell))
    .map((cell) => Number(cell.split(",")[0]));

/**
 * @param {Graph} graph
 * @param {Grid} grid
 * @param {Uint8Array} shown
 * @param {readonly string[]} open
 * @returns {Places}
 */
export function placeNodes(graph, grid, shown, open) {
  /** @type {Places} */
  const places = {
    x: new Float32Array(graph.size),
    y: new Float32Array(graph.size),
    radius: radii(graph).slice(),
    folds: [],
  };
  for (const [key, cell] of grid.cells) {
    const visible = cell.filter((node) => shown[node]);
    if (visible.length) placeCell(graph, grid, places, key, visible, open.includes(key));
  }
  placeInputs(graph, grid, places);
  for (const box of grid.answers) {
    places.x[box.node] = box.x + box.width / 2;
    places.y[box.node] = box.y + box.height;
  }
  return places;
}

/**
 * Tokens under their columns; what is there for every prompt shares the first one.
 * @param {Graph} graph
 * @param {Grid} grid
 * @param {Places} places
 */
function placeInputs(graph, grid, places) {
  const inputs = Array.from(graph.kinds.keys()).filter((node) => graph.kinds[node] === EMBEDDING);
  const counts = grid.columns.map(() => 0);
  for (const node of inputs) counts[graph.positions[node]]++;
  const placed = grid.columns.map(() => 0);
  for (const node of inputs) {
    const position = graph.positions[node];
    const { start, width } = grid.columns[position];
    places.x[node] = start + (width * ++placed[position]) / (counts[position] + 1);
    places.y[node] = grid.tokenY;
  }
}

/**
 * @param {Graph} graph
 * @param {Grid} grid
 * @param {Places} places
 * @param {string} key
 * @param {number[]} cell  the visible nodes, strongest first
 * @param {boolean} isOpen
 */
function placeCell(graph, grid, places, key, cell, isOpen) {
  const [layer, position] = key.split(",").map(Number);
  const [column, row] = [grid.columns[position], grid.rows[layer]];
  const slots = slotsIn(column);
  const tooMany = cell.length > slots * MAX_LINES;
  const room = Math.max(1, slots * MAX_LINES - FOLD_SLOTS);
  const drawn = inReadingOrder(graph, tooMany && !isOpen ? cell.slice(0, room) : cell);
  const taken = drawn.length + (tooMany ? FOLD_SLOTS : 0);
  const lines = Math.ceil(taken / slots);
  const across = Math.min(slots, Math.ceil(taken / lines));
  const step = Math.min(2 * STEP, (column.width - CELL_PAD) / across);
  const left = column.start + column.width / 2 - ((across - 1) * step) / 2;
  const top = row.start + row.width / 2 - ((lines - 1) * LINE) / 2;
  drawn.forEach((node, at) => {
    places.x[node] = left + (at % across) * step;
    places.y[node] = top + Math.floor(at / across) * LINE;
  });
  if (!tooMany) return;
  const fold = {
    cell: key,
    x: column.start + column.width - CELL_PAD / 2 - (FOLD_SLOTS * STEP) / 2,
    y: top + (lines - 1) * LINE,
    hidden: isOpen ? 0 : cell.length - drawn.length,
  };
  places.folds.push(fold);
  if (isOpen) return;
  for (const node of cell.slice(room)) {
    places.x[node] = fold.x;
    places.y[node] = fold.y;
    places.radius[node] = 0;
  }
}

/**
 * Supporters left, opposers right, what is unexplained last.
 * @param {Graph} graph
 * @param {number[]} cell
 */
function inReadingOrder(graph, cell) {
  const effect = (/** @type {number} */ node) => graph.effect[node] || 0;
  return [...cell].sort(
    (a, b) => graph.kinds[a] - graph.kinds[b] || effect(b) - effect(a) || a - b,
  );
}

/** Area by effect, or by influence where effects are unknown. */
const radii = ofGraph((graph) => {
  const known = graph.effect.some((value) => !Number.isNaN(value));
  const sizes = known ? graph.effect.map(Math.abs) : graph.importance;
  const largest = sizes.reduce(
    (most, size, node) => (graph.kinds[node] < EMBEDDING && size > most ? size : most),
    0,
  );
  return Float32Array.from(sizes, (size, node) => {
    if (graph.kinds[node] === ANSWER) return 0;
    if (graph.kinds[node] === EMBEDDING) return 4;
    return 2.2 + 2.6 * Math.sqrt(largest > 0 && size > 0 ? Math.min(1, size / largest) : 0);
  });
});
