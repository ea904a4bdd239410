// How many of a graph's links are drawn, and which: the strongest of those that may be. Pure.
import { backbone, linksOf, strongest } from "../graph/neighbours.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */

export const STRONGEST = 20; // of what is selected, until a reader asks for every link
export const AT_REST = 150; // of the whole graph
export const ON_HOVER = 8; // of the node under the pointer

/**
 * The lines of the nodes that are selected, strongest first, and how many were left out.
 * @param {Graph} graph
 * @param {number[]} focus
 * @param {(link: number) => boolean} wanted  which lines may be drawn
 * @param {boolean} every
 */
export const linksOfFocus = (graph, focus, wanted, every) =>
  strongest(graph, linksOf(graph, focus), wanted, every ? Infinity : STRONGEST);

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
