// The strongest way from a node up to an answer and down to a word of the prompt. A link counts as
// its share of all that flows into its target; a way is as strong as the product of its links and,
// upwards, as its answer is likely. Where flows are known, a way goes by at least one other feature where it
// can, ends in a word and not in what is there for every prompt, and what runs along it is exact. Pure.
import { EMBEDDING, FEATURE } from "./graph.js";

/** @typedef {import("./graph.js").Graph} Graph */

/**
 * @typedef {object} Ways  For each node the next link of its strongest way, or −1.
 * @property {Int32Array} up
 * @property {Int32Array} down
 * @property {Float64Array} share  of each link
 * @property {Float64Array} upwards  how strong each node's way is
 * @property {Float64Array} downwards
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
  const { source, target, inputStart, outputStart, outputs } = graph.links;
  const inputs = Array.from(
    { length: inputStart[node + 1] - inputStart[node] },
    (_, at) => inputStart[node] + at,
  );
  const below = byFeature(graph, inputs, source, ways.share, ways.downwards);
  const out =
    graph.kinds[node] === EMBEDDING
      ? outputs.subarray(outputStart[node], outputStart[node + 1])
      : [];
  const above = byFeature(graph, out, target, ways.share, ways.upwards);
  return {
    up: follow(ways.up, target, above ?? ways.up[node]),
    down: follow(ways.down, source, below ?? ways.down[node]),
  };
}

/**
 * @param {Int32Array} next
 * @param {Int32Array} far
 * @param {number} first
 */
function follow(next, far, first) {
  const path = [];
  for (let link = first; link >= 0; link = next[far[link]]) path.push(far[link]);
  return path;
}

/**
 * The link that begins the strongest way on by another feature, where flows are known and there is one.
 * @param {Graph} graph
 * @param {ArrayLike<number>} links
 * @param {Int32Array} far
 * @param {Float64Array} share
 * @param {Float64Array} strengths  of the ways on from the far ends
 */
function byFeature(graph, links, far, share, strengths) {
  let best = null;
  let most = 0;
  for (const link of Array.from(links)) {
    if (!graph.account || graph.kinds[far[link]] !== FEATURE) continue;
    const strength = share[link] * strengths[far[link]];
    if (strength > most) [most, best] = [strength, link];
  }
  return best;
}

/**
 * What runs along one way to the answer, in units of the question: of what each link brings to a node the
 * part that goes on along the next. Null where flows are not known, or the way does not reach the answer.
 * @param {Graph} graph
 * @param {number[]} nodes  from the lowest to the answer
 */
export function flowAlong(graph, nodes) {
  const last = nodes[nodes.length - 1];
  if (!graph.account || nodes.length < 2 || !graph.answerOf.has(last)) return null;
  const { source, run, inputStart } = graph.links;
  let flow = 1;
  for (let at = 1; at < nodes.length; at++) {
    const [from, to] = [nodes[at - 1], nodes[at]];
    const link = source.subarray(0, inputStart[to + 1]).indexOf(from, inputStart[to]);
    flow *= run[link] / (to === last ? 1 : graph.effect[to]);
  }
  return Number.isFinite(flow) ? flow : null;
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
    if (graph.kinds[node] === EMBEDDING)
      downwards[node] = graph.account?.constants.has(node) ? 0 : 1;
    else
      for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
        const strength = share[link] * downwards[source[link]];
        if (strength > downwards[node]) [downwards[node], down[node]] = [strength, link];
      }
  }
  return { up, down, share, upwards, downwards };
}

/**
 * Each link's part of all that flows into its target.
 * @param {Graph} graph
 */
function shares({ layers, links: { source, target, run, inputStart } }) {
  const share = new Float64Array(run.length);
  for (let node = 0; node + 1 < inputStart.length; node++) {
    let total = 0;
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
      total += Math.abs(run[link]);
    }
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
      const upwards = layers[source[link]] < layers[target[link]];
      share[link] = upwards && total ? Math.abs(run[link]) / total : 0;
    }
  }
  return share;
}
