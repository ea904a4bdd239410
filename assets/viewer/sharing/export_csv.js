// The graph as two tables, the same bytes as `tracer export --format csv` writes
// (tracer/documents/exchange/csv_tables.py) with one column more, `shown`. CSV as in RFC 4180. Text
// that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers.
import { tokenOf } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {string | number | null} Cell */
/** @typedef {{shown: Uint8Array, pinned: number[]}} View */

const DIGITS = 4; // as many as the data file holds
// What Python and browsers each take for white space, since both write tables.
const FORMULA = /^[\s\x1c-\x1f\x85\ufeff]*[=+\-@\t\r\n]/;

/** @type {Record<string, (graph: Graph, node: number, view: View) => Cell>} */
const CELLS = {
  node_id: (graph, node) => graph.ids[node],
  kind: (graph, node) => sortOf(graph, node)[0],
  feature_type: (graph, node) => sortOf(graph, node)[1],
  layer: (graph, node) => natural(graph.layers[node]),
  index: (graph, node) => natural(graph.names[node]),
  position: (graph, node) => graph.positions[node],
  token: tokenOf,
  label: (graph, node) =>
    graph.labels[node] ??
    graph.automatic[node] ??
    (sortOf(graph, node)[0] === "logit" ? (graph.answerOf.get(node)?.token ?? null) : null),
  groups: (graph, node) => graph.groupsOf[node].map((group) => group.name).join("; "),
  pinned: (_, node, { pinned }) => (pinned.includes(node) ? "yes" : ""),
  activation: (graph, node) => known(graph.activation[node]),
  influence: (graph, node) => known(graph.influence[node]),
  effect: (graph, node) => known(graph.effect[node]),
  probability: (graph, node) => graph.answerOf.get(node)?.probability ?? null,
};

/**
 * @param {Graph} graph
 * @param {View} view
 */
export function nodesAsCsv(graph, view) {
  const columns = graph.tables.nodes;
  const rows = graph.ids.map((_, node) => [
    ...columns.map((name) => CELLS[name](graph, node, view)),
    view.shown[node] ? "yes" : "",
  ]);
  return table([[...columns, "shown"], ...rows]);
}

/**
 * Weights as in the graph's file: in the units of the target's activation.
 * @param {Graph} graph
 */
export function linksAsCsv(graph) {
  const { source, target, weight } = graph.links;
  const rows = Array.from(weight, (value, link) => [
    graph.ids[source[link]],
    graph.ids[target[link]],
    Number((graph.activation[target[link]] < 0 ? -value : value).toPrecision(DIGITS)),
  ]);
  return table([graph.tables.links, ...rows]);
}

/** @param {Graph} graph @param {number} node */
const sortOf = ({ tables }, node) => tables.sorts[tables.sortOf[node]];

/** @param {number} number  below 0 where there is none */
const natural = (number) => (number < 0 ? null : number);

/** @param {number} value */
const known = (value) => (Number.isNaN(value) ? null : value);

/** @param {Cell[][]} rows */
export const table = (rows) => rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");

/** @param {Cell} cell */
function quoted(cell) {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
