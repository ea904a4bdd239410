// What the link graph shows for a state: which lines, which nodes stand out, which labels. Pure.
import { EMBEDDING, ERROR } from "../graph/graph.js";
import { backbone, linksOf, strongest } from "../graph/neighbours.js";
import { search } from "../graph/search.js";
import { focusOf } from "../state/state.js";
import { nameOf } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("../state/state.js").State} State */

/**
 * @typedef {object} Scene
 * @property {number[]} focus  the nodes spoken of
 * @property {number[]} links  the selection's, strongest first
 * @property {number} more  lines left out
 * @property {Set<number>} lit  nodes that stand out; empty when all do
 * @property {number[]} found  what the search found
 * @property {number[]} labelled  nodes whose names are wanted, most wanted first
 */

export const STRONGEST = 20;
const AT_REST = 150;
const ON_HOVER = 8;
const AUTOMATIC = 12; // of such names, while nothing is selected

/**
 * @param {Graph} graph
 * @param {State} state
 * @param {Uint8Array} shown
 * @param {(link: number) => boolean} wanted  which lines may be drawn
 * @returns {Scene}
 */
export function sceneOf(graph, state, shown, wanted) {
  const focus = focusOf(graph, state);
  const found = search(graph, state.query).filter((node) => shown[node]);
  if (!focus.length) {
    const labelled = [...state.pinned, ...found, ...namedNodes(graph, shown)];
    const lit = new Set(found);
    return { focus, links: [], more: 0, lit, found, labelled: named(graph, labelled) };
  }
  const limit = state.everyLink ? Infinity : STRONGEST;
  const { links, more } = strongest(graph, linksOf(graph, focus), wanted, limit);
  const ends = links.flatMap((link) => [graph.links.source[link], graph.links.target[link]]);
  const lit = new Set([...focus, ...ends, ...found]);
  const labelled = [...focus, ...ends, ...state.pinned, ...found];
  return { focus, links, more, lit, found, labelled: named(graph, labelled) };
}

/**
 * The lines of the whole graph while nothing is selected.
 * @param {Graph} graph
 * @param {(link: number) => boolean} wanted
 */
export const linksAtRest = (graph, wanted) => backbone(graph, wanted, AT_REST);

/**
 * The lines that a node shows while the pointer is on it.
 * @param {Graph} graph
 * @param {number} node
 * @param {(link: number) => boolean} wanted
 */
export const hoverLinks = (graph, node, wanted) =>
  strongest(graph, linksOf(graph, [node]), wanted, ON_HOVER).links;

/**
 * Nodes that people or the graph gave a name, most important first; then those whose name is automatic.
 * @param {Graph} graph
 * @param {Uint8Array} shown
 */
function namedNodes(graph, shown) {
  const nodes = [];
  for (let node = 0; node < graph.size; node++) {
    const name = graph.labels[node] ?? graph.automatic[node];
    if (shown[node] && name && graph.kinds[node] !== ERROR) nodes.push(node);
  }
  const byPerson = (/** @type {number} */ node) =>
    graph.bylines.has(node) ? 2 : graph.labels[node] ? 1 : 0;
  nodes.sort(
    (a, b) => byPerson(b) - byPerson(a) || graph.importance[b] - graph.importance[a] || a - b,
  );
  const given = nodes.filter(byPerson).length;
  return nodes.slice(0, given + AUTOMATIC);
}

/**
 * Each once, and only where the name says more than the picture: tokens and answers have theirs.
 * @param {Graph} graph
 * @param {number[]} nodes
 */
const named = (graph, nodes) =>
  [...new Set(nodes)].filter(
    (node) => graph.kinds[node] < EMBEDDING && graph.kinds[node] !== ERROR && nameOf(graph, node),
  );
