// What people call nodes in annotations: an id, a feature wherever it stands (`22_580`), or a group.
// Pure.

/** @typedef {import("./graph.js").Graph} Graph */

const FEATURE_KEY = /^\d+_\d+$/;
const FEATURE_AND_POSITION = /^(\d+_\d+)_\d+$/;

/**
 * The nodes that a reference means, in the graph's order.
 * @param {Graph} graph
 * @param {string} reference
 * @param {Record<string, {nodes: string[]}>} groups
 * @returns {number[]}
 */
export function resolve(graph, reference, groups = {}) {
  if (reference.startsWith("group:")) {
    const members = groups[reference.slice("group:".length)]?.nodes ?? [];
    return resolveAll(graph, members);
  }
  if (!FEATURE_KEY.test(reference)) {
    const node = graph.indexOf.get(reference);
    return node === undefined ? [] : [node];
  }
  const start = `${reference}_`;
  const nodes = graph.ids.keys();
  return [...nodes].filter(
    (node) => graph.ids[node] === reference || graph.ids[node].startsWith(start),
  );
}

/**
 * @param {Graph} graph
 * @param {readonly string[]} references
 * @param {Record<string, {nodes: string[]}>} groups
 * @returns {number[]}  each once, sorted
 */
export function resolveAll(graph, references, groups = {}) {
  const found = references.flatMap((one) => resolve(graph, one, groups));
  return [...new Set(found)].sort((a, b) => a - b);
}

/**
 * A list of references with one node more.
 * @param {Graph} graph
 * @param {readonly string[]} references
 * @param {number} node
 * @param {Record<string, {nodes: string[]}>} groups
 */
export const including = (graph, references, node, groups = {}) =>
  resolveAll(graph, references, groups).includes(node)
    ? [...references]
    : [...references, graph.ids[node]];

/**
 * A list of references without one node; what stood for it and for others is spelled out.
 * @param {Graph} graph
 * @param {readonly string[]} references
 * @param {number} node
 * @param {Record<string, {nodes: string[]}>} groups
 * @returns {string[]}
 */
export function excluding(graph, references, node, groups = {}) {
  const kept = references.flatMap((one) => {
    const meant = resolve(graph, one, groups);
    if (!meant.includes(node)) return [one];
    return meant.filter((other) => other !== node).map((other) => graph.ids[other]);
  });
  return [...new Set(kept)];
}

/**
 * The feature a node is one occurrence of, as labels name it; null for what has no such name.
 * @param {string} id
 */
export const featureKey = (id) => FEATURE_AND_POSITION.exec(id)?.[1] ?? null;

/**
 * A key for a new group: its name's letters and digits, and a number where that is taken.
 * @param {string} name
 * @param {(key: string) => boolean} taken
 */
export function freeKey(name, taken) {
  const plain = name
    .normalize("NFKD")
    .replace(/[^\x00-\x7f]/g, "")
    .toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? ["group"];
  const base = words.join("-").slice(0, 56).replace(/-$/, "");
  let key = base;
  for (let number = 2; taken(key); number++) key = `${base}-${number}`;
  return key;
}
