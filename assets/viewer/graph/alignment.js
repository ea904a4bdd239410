// Two graphs laid side by side: what both use, what only one does. Pure. As tracer/site/graph/alignment.py
// does it for pages without scripts; a test holds the two against each other.
import { FEATURE } from "./graph.js";

/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {{nodes: number[], influence: number}} Part */
/** @typedef {{key: string, name: string, left: Part | null, right: Part | null, change: number}} Row */

/**
 * @typedef {object} Alignment
 * @property {"feature" | "neuron" | "name"} by
 * @property {Row[]} shared  largest change first
 * @property {Row[]} onlyLeft  most influential first, as the next
 * @property {Row[]} onlyRight
 */

/**
 * By feature where both graphs number the same features, by neuron where their models have one
 * architecture, else by the names people gave.
 * @param {Graph} left
 * @param {Graph} right
 * @returns {Alignment}
 */
export function align(left, right) {
  const by =
    left.meta.source === right.meta.source
      ? "feature"
      : left.meta.numbering === right.meta.numbering
        ? "neuron"
        : "name";
  const keyed = by === "name" ? names : features;
  const [ours, theirs] = [keyed(left), keyed(right)];
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])];
  const rows = keys.map((key) => toRow(key, ours.get(key), theirs.get(key)));
  rows.sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || (a.key < b.key ? -1 : 1));
  return {
    by,
    shared: rows.filter((row) => row.left && row.right),
    onlyLeft: rows.filter((row) => !row.right),
    onlyRight: rows.filter((row) => !row.left),
  };
}

/** @typedef {{name: string, part: Part}} Entry */

/**
 * @param {string} key
 * @param {Entry | undefined} left
 * @param {Entry | undefined} right
 * @returns {Row}
 */
const toRow = (key, left, right) => ({
  key,
  name: (left ?? right)?.name ?? "",
  left: left?.part ?? null,
  right: right?.part ?? null,
  change: (right?.part.influence ?? 0) - (left?.part.influence ?? 0),
});

/**
 * Node id without its position -> the feature at all its positions, named by its strongest.
 * @param {Graph} graph
 * @returns {Map<string, Entry>}
 */
function features(graph) {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const node of featureNodes(graph)) {
    const id = graph.ids[node];
    add(found, id.slice(0, id.lastIndexOf("_")), node);
  }
  return mapped(found, (_, nodes) => {
    const best = nodes.reduce((a, b) => (graph.importance[b] > graph.importance[a] ? b : a));
    const number = graph.names[best] < 0 ? graph.ids[best] : graph.names[best];
    const plain = `${graph.meta.noun} ${number} of layer ${graph.layers[best]}`;
    return { name: graph.labels[best] || plain, part: partOf(graph, nodes) };
  });
}

/**
 * Groups by their names, and features by their labels; capital letters do not count.
 * @param {Graph} graph
 * @returns {Map<string, Entry>}
 */
function names(graph) {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  /** @type {Map<string, string>} */
  const written = new Map();
  const take = (
    /** @type {string} */ kind,
    /** @type {string} */ name,
    /** @type {number} */ n,
  ) => {
    const key = `${kind}:${name.toLowerCase()}`;
    if (!written.has(key)) written.set(key, name);
    add(found, key, n);
  };
  for (const group of graph.groups)
    for (const node of group.members) take("group", group.name, node);
  for (const node of featureNodes(graph)) {
    const label = graph.labels[node];
    if (label) take("label", label, node);
  }
  return mapped(found, (key, nodes) => ({
    name: written.get(key) ?? "",
    part: partOf(graph, [...new Set(nodes)]),
  }));
}

/** @param {Graph} graph */
const featureNodes = (graph) =>
  Array.from(graph.kinds.keys()).filter((node) => graph.kinds[node] === FEATURE);

/**
 * @param {Graph} graph
 * @param {number[]} nodes
 * @returns {Part}
 */
function partOf(graph, nodes) {
  const influence = nodes.reduce((sum, node) => sum + graph.importance[node], 0);
  return { nodes: [...nodes].sort((a, b) => a - b), influence };
}

/** @param {Map<string, number[]>} found @param {string} key @param {number} node */
function add(found, key, node) {
  const nodes = found.get(key);
  if (nodes) nodes.push(node);
  else found.set(key, [node]);
}

/**
 * @param {Map<string, number[]>} found
 * @param {(key: string, nodes: number[]) => Entry} make
 */
const mapped = (found, make) => new Map([...found].map(([key, nodes]) => [key, make(key, nodes)]));
