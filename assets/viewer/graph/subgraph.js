// Scores of a set of nodes that a reader chose: how much of all that is listed they hold, and what runs
// through them. Pure.
import { FEATURE } from "./graph.js";
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
 * What each has, less the part that goes on to another of them, at once or by way of others: else
 * that would count twice.
 * @param {Graph} graph
 * @param {number[]} nodes
 */
export function throughOf(graph, nodes) {
  const { target, run, outputs, outputStart } = graph.links;
  const own = new Set(nodes);
  const onward = new Float64Array(graph.size); // of what leaves a node, what comes to one of them
  const downwards = [...graph.layers.keys()].sort((a, b) => graph.layers[b] - graph.layers[a]);
  for (const node of downwards) {
    for (const link of outputs.slice(outputStart[node], outputStart[node + 1])) {
      const next = target[link];
      const part = own.has(next) ? 1 : onward[next] / (graph.effect[next] || Infinity);
      onward[node] += run[link] * part;
    }
  }
  return nodes.reduce((sum, node) => sum - onward[node], sumOf(graph, nodes));
}
