// How many of a graph's links are drawn, and which: the strongest of those that may be. Pure.
import { backbone, linksOf, strongest } from "../graph/neighbours.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {Pick<import("../state/state.js").State, "ends" | "density">} Wish */

export const STRONGEST = 20; // of what is selected, until a reader asks for every link
export const AT_REST = 150; // of the whole graph
export const ON_HOVER = 8; // of the node under the pointer

const TIMES = { few: 0.25, usual: 1, many: 4, all: Infinity };

/** How many of what is usual. @param {number} usual @param {Wish["density"]} density */
export const mostOf = (usual, density) => Math.ceil(usual * TIMES[density]);

/**
 * The lines of the nodes that are selected, strongest first, and how many were left out.
 * @param {Graph} graph
 * @param {number[]} focus
 * @param {(link: number) => boolean} wanted  which lines may be drawn
 * @param {Wish & {everyLink: boolean}} wish
 */
export function linksOfFocus(graph, focus, wanted, { ends, density, everyLink }) {
  const { source, target } = graph.links;
  const own = new Set(focus);
  const meant = (/** @type {number} */ link) =>
    wanted(link) &&
    (ends === "either" ||
      ((ends === "in" || own.has(source[link])) && (ends === "out" || own.has(target[link]))));
  const most = everyLink ? Infinity : mostOf(STRONGEST, density);
  return strongest(graph, linksOf(graph, focus), meant, most);
}

/**
 * The lines of the whole graph while nothing is selected.
 * @param {Graph} graph
 * @param {(link: number) => boolean} wanted
 * @param {Wish["density"]} density
 */
export const linksAtRest = (graph, wanted, density) =>
  backbone(graph, wanted, mostOf(AT_REST, density));

/**
 * The lines that a node shows while the pointer is on it.
 * @param {Graph} graph
 * @param {number} node
 * @param {(link: number) => boolean} wanted
 */
export const hoverLinks = (graph, node, wanted) =>
  strongest(graph, linksOf(graph, [node]), wanted, ON_HOVER).links;
