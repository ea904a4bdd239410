// Where an arrow key leads. Pure.
import { ANSWER, EMBEDDING } from "../graph/graph.js";
import { linksOf, strongest } from "../graph/neighbours.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */

/**
 * @param {Graph} graph
 * @param {number} from  the selected node, or −1
 * @param {string} key
 * @param {Uint8Array} shown
 * @param {ArrayLike<number>} x
 * @returns {number | null}  −1 when there is nowhere to go, null when the key means nothing here
 */
export function travel(graph, from, key, shown, x) {
  if (!key.startsWith("Arrow")) return null;
  if (from < 0) return graph.answers.find(({ node }) => shown[node])?.node ?? -1;
  if (key === "ArrowUp") return alongStrongest(graph, from, shown, true);
  if (key === "ArrowDown") return alongStrongest(graph, from, shown, false);
  return besides(graph, from, key === "ArrowRight" ? 1 : -1, shown, x);
}

/**
 * @param {Graph} graph
 * @param {number} from
 * @param {Uint8Array} shown
 * @param {boolean} up
 */
function alongStrongest(graph, from, shown, up) {
  const { source, target } = graph.links;
  const [near, far] = up ? [source, target] : [target, source];
  const links = linksOf(graph, [from]).filter((link) => near[link] === from);
  const [best] = strongest(graph, links, (link) => shown[far[link]] === 1, 1).links;
  return best === undefined ? -1 : far[best];
}

/**
 * The next node of the same layer, tokens and answers being layers of their own.
 * @param {Graph} graph
 * @param {number} from
 * @param {1 | -1} way
 * @param {Uint8Array} shown
 * @param {ArrayLike<number>} x
 */
function besides(graph, from, way, shown, x) {
  const row = (/** @type {number} */ node) =>
    graph.kinds[node] === ANSWER || graph.kinds[node] === EMBEDDING
      ? `kind ${graph.kinds[node]}`
      : `layer ${graph.layers[node]}`;
  const mates = [];
  for (let node = 0; node < graph.size; node++) {
    if (shown[node] && row(node) === row(from)) mates.push(node);
  }
  mates.sort((a, b) => x[a] - x[b] || a - b);
  return mates[mates.indexOf(from) + way] ?? -1;
}
