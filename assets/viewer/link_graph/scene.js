// What the link graph shows for a state: which lines, which nodes stand out, which labels. Pure.
import { EMBEDDING, ERROR } from "../graph/graph.js";
import { search } from "../graph/search.js";
import { focusOf } from "../state/state.js";
import { nameOf } from "../graph/text.js";
import { linksOfFocus } from "./drawn_links.js";

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
  const { links, more } = linksOfFocus(graph, focus, wanted, state);
  const ends = links.flatMap((link) => [graph.links.source[link], graph.links.target[link]]);
  const lit = new Set([...focus, ...ends, ...found]);
  const labelled = [...focus, ...ends, ...state.pinned, ...found];
  return { focus, links, more, lit, found, labelled: named(graph, labelled) };
}

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
