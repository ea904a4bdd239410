// The graph as two tables, CSV as in RFC 4180. Text that a spreadsheet would take for a formula gets
// an apostrophe in front; numbers stay numbers.
import { KINDS } from "../state/visibility.js";
import { tokenOf } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {string | number | null} Cell */

const DIGITS = 4; // as many as the data file holds

const NODE_COLUMNS = [
  "node_id",
  "kind",
  "layer",
  "index",
  "position",
  "token",
  "label",
  "groups",
  "pinned",
  "shown",
  "activation",
  "influence",
  "effect",
  "probability",
];

/**
 * @param {Graph} graph
 * @param {{shown: Uint8Array, pinned: number[]}} view
 */
export function nodesAsCsv(graph, { shown, pinned }) {
  const rows = graph.ids.map((id, node) => [
    id,
    KINDS[graph.kinds[node]],
    graph.layers[node] < 0 ? null : graph.layers[node],
    graph.names[node] < 0 ? null : graph.names[node],
    graph.positions[node],
    tokenOf(graph, node),
    graph.labels[node],
    graph.groupsOf[node].map((group) => group.name).join("; "),
    pinned.includes(node) ? "yes" : "",
    shown[node] ? "yes" : "",
    number(graph.activation[node]),
    number(graph.influence[node]),
    number(graph.effect[node]),
    graph.answerOf.get(node)?.probability ?? null,
  ]);
  return table([NODE_COLUMNS, ...rows]);
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
  return table([["source", "target", "weight"], ...rows]);
}

/** @param {number} value */
const number = (value) => (Number.isNaN(value) ? null : value);

/** @param {Cell[][]} rows */
const table = (rows) => rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");

/** @param {Cell} cell */
function quoted(cell) {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^\s*[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
