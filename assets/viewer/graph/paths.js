// The strongest way from a node up to an answer and down to a word of the prompt. A link counts as
// its share of all that flows into its target; a way is as strong as the product of its links and,
// upwards, as its answer is likely. Pure.
import { EMBEDDING } from "./graph.js";

/** @typedef {import("./graph.js").Graph} Graph */

/**
 * @typedef {object} Ways  For each node the next link of its strongest way, or −1.
 * @property {Int32Array} up
 * @property {Int32Array} down
 */

/** @type {WeakMap<Graph, Ways>} */
const known = new WeakMap();

/**
 * @param {Graph} graph
 * @param {number} node
 * @returns {{up: number[], down: number[]}}  nodes after this one, up to an answer and down to a
 *   token; empty where there is no way
 */
export function strongestPaths(graph, node) {
  let ways = known.get(graph);
  if (!ways) {
    ways = findWays(graph);
    known.set(graph, ways);
  }
  const { source, target } = graph.links;
  return { up: follow(ways.up, target, node), down: follow(ways.down, source, node) };
}

/**
 * @param {Int32Array} next
 * @param {Int32Array} far
 * @param {number} node
 */
function follow(next, far, node) {
  const path = [];
  for (let link = next[node]; link >= 0; link = next[far[link]]) path.push(far[link]);
  return path;
}

/**
 * One pass over the layers each way; links that do not lead to a later layer are passed over.
 * @param {Graph} graph
 * @returns {Ways}
 */
function findWays(graph) {
  const { source, target, inputStart, outputStart, outputs } = graph.links;
  const share = shares(graph);
  const order = Uint32Array.from(graph.layers, (_, node) => node);
  order.sort((a, b) => graph.layers[a] - graph.layers[b] || a - b);

  const up = new Int32Array(graph.size).fill(-1);
  const upwards = new Float64Array(graph.size);
  for (const { node, probability } of graph.answers) upwards[node] = probability ?? 1;
  for (const node of [...order].reverse()) {
    if (graph.answerOf.has(node)) continue;
    for (let at = outputStart[node]; at < outputStart[node + 1]; at++) {
      const link = outputs[at];
      const strength = share[link] * upwards[target[link]];
      if (strength > upwards[node]) [upwards[node], up[node]] = [strength, link];
    }
  }

  const down = new Int32Array(graph.size).fill(-1);
  const downwards = new Float64Array(graph.size);
  for (const node of order) {
    if (graph.kinds[node] === EMBEDDING) downwards[node] = 1;
    else
      for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
        const strength = share[link] * downwards[source[link]];
        if (strength > downwards[node]) [downwards[node], down[node]] = [strength, link];
      }
  }
  return { up, down };
}

/**
 * Each link's part of all that flows into its target.
 * @param {Graph} graph
 */
function shares({ layers, links: { source, target, weight, inputStart } }) {
  const share = new Float64Array(weight.length);
  for (let node = 0; node + 1 < inputStart.length; node++) {
    let total = 0;
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
      total += Math.abs(weight[link]);
    }
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
      const upwards = layers[source[link]] < layers[target[link]];
      share[link] = upwards && total ? Math.abs(weight[link]) / total : 0;
    }
  }
  return share;
}
