// What a name that another viewer wrote means: the same rule as tracer/documents/exchange/node_names.py. An id
// wins; then a `jsNodeId`; then a feature's number, its layer and index, and these at a position. Pure.
import { ANSWER, EMBEDDING, ERROR, FEATURE } from "./graph.js";

/** @typedef {import("./graph.js").Graph} Graph */
/**
 * @typedef {object} OtherNames  as tracer/site/content/other_names.py writes them
 * @property {"position" | "zero"} js
 * @property {[number, string][]} jsOdd
 * @property {"cantor" | "digits"} number
 * @property {[number, string][]} numberOdd
 */

/** @type {WeakMap<string[], Map<string, number[]>[]>} */
const known = new WeakMap();

/**
 * @param {Graph} graph
 * @param {string} name
 * @returns {number[]}  the nodes meant, in the graph's order; none where there is no such thing
 */
export function nodesOf(graph, name) {
  const node = graph.indexOf.get(name);
  if (node !== undefined) return [node];
  let levels = known.get(graph.ids);
  if (!levels) known.set(graph.ids, (levels = levelsOf(graph)));
  return levels.find((level) => level.has(name))?.get(name) ?? [];
}

/**
 * @param {Graph} graph
 * @param {Iterable<string>} names
 * @returns {number[]}  in the order of the names, each once
 */
export const nodesOfAll = (graph, names) => [
  ...new Set([...names].flatMap((name) => nodesOf(graph, name))),
];

/** @param {Graph} graph */
function levelsOf(graph) {
  const { other, kinds, layers, names, positions } = graph;
  const js = new Map(other.jsOdd);
  const numbers = new Map(other.numberOdd);
  /** @type {Map<string, number[]>[]} */
  const [byJs, byNumber, byFeature, byPlace] = Array.from({ length: 4 }, () => new Map());
  for (let node = 0; node < graph.size; node++) {
    const jsName = js.get(node) ?? jsNameOf(graph, node);
    add(byJs, jsName, node);
    if (kinds[node] !== FEATURE && !numbers.has(node)) continue;
    const [layer, index] = [layers[node], names[node]];
    const number = numbers.get(node) ?? String(packed(other.number, layer, index));
    if (number) add(byNumber, number, node);
    const prefix = jsName.split("-")[0];
    const keys = index < 0 ? [prefix] : [prefix, `${layer}_${index}`, `${layer}-${index}`];
    for (const key of new Set(keys)) if (key) add(byFeature, key, node);
    if (index >= 0) add(byPlace, `${layer}_${index}-${positions[node]}`, node);
  }
  return [byJs, byNumber, byFeature, byPlace];
}

/** @param {Map<string, number[]>} level @param {string} name @param {number} node */
function add(level, name, node) {
  const nodes = level.get(name);
  if (nodes) nodes.push(node);
  else level.set(name, [node]);
}

/** @param {Graph} graph @param {number} node */
function jsNameOf({ other, kinds, layers, names, positions }, node) {
  const [kind, layer, position] = [kinds[node], layers[node], positions[node]];
  const zero = other.js === "zero";
  if (kind === ERROR && zero) return `${layer}_${position}-0`;
  if (kind === EMBEDDING) return `E_${names[node]}-${position}`;
  if (kind === ANSWER) return `L_${names[node]}-${position}`;
  return `${layer}_${names[node]}-${zero && kind === FEATURE ? 0 : position}`;
}

/** @param {OtherNames["number"]} style @param {number} layer @param {number} index */
const packed = (style, layer, index) =>
  style === "cantor"
    ? ((layer + index) * (layer + index + 1)) / 2 + index
    : Number(`${layer}${String(index).padStart(5, "0")}`);
