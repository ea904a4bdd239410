// Scores of a set of nodes that a reader chose: how much of all that is listed they hold, and what runs
// through them. Pure.
import { FEATURE } from "./graph.js";
import { linksOf } from "./neighbours.js";
import { showPercent, showSigned } from "./text.js";

/** @typedef {import("./graph.js").Graph} Graph */

/**
 * In words; nothing where no effects are known.
 * @param {Graph} graph
 * @param {number[]} nodes
 */
export function describeScores(graph, nodes) {
  const listed = [...graph.effect.keys()].filter((node) => isScored(graph, node));
  const own = nodes.filter((node) => isScored(graph, node));
  if (!own.length) return "";
  const size = (/** @type {number[]} */ some) =>
    some.reduce((sum, node) => sum + Math.abs(graph.effect[node]), 0);
  const share = `${showPercent(size(own) / size(listed))} of all listed effects`;
  const { account } = graph;
  if (!account) return `${share}; their sum is ${showSigned(sumOf(graph, own))}`;
  const [through, whole] = [throughOf(graph, own), account.quantity].map((one) => showSigned(one));
  return `${share}; through them run ${through} of ${whole} ${account.unit}, by the links drawn`;
}

/** @param {Graph} graph @param {number} node */
const isScored = (graph, node) => graph.kinds[node] === FEATURE && Boolean(graph.effect[node]);

/** @param {Graph} graph @param {number[]} nodes */
const sumOf = (graph, nodes) => nodes.reduce((sum, node) => sum + graph.effect[node], 0);

/**
 * What each has, less what one hands on to another of them: else that would count twice.
 * @param {Graph} graph
 * @param {number[]} nodes
 */
export function throughOf(graph, nodes) {
  const { source, target, run } = graph.links;
  const own = new Set(nodes);
  return linksOf(graph, nodes)
    .filter((link) => own.has(source[link]) && own.has(target[link]))
    .reduce((sum, link) => sum - run[link], sumOf(graph, nodes));
}
