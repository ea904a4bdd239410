// What is known of a graph's features beyond the graph: where their pages are, which of them stand in
// most graphs, and the words of the texts that make them active. Fetched when it is asked for.
import { FEATURE } from "./graph.js";
import { fetchOnce } from "./load.js";

/** @typedef {import("./graph.js").Graph} Graph */

/** @type {ReadonlySet<number>} */
const NONE = new Set();
/** @type {WeakMap<Graph["examples"], ReadonlySet<number>>} */
const general = new WeakMap();
/** @type {WeakMap<Graph["examples"], Map<string, string>>} */
const words = new WeakMap();

/** The feature that a node is one occurrence of, as `22_580`. @param {string} id */
export const keyOf = (id) => id.slice(0, id.lastIndexOf("_"));

/**
 * The address of the page of a node's feature; null for what has none.
 * @param {Graph} graph
 * @param {number} node
 */
export function pageOf(graph, node) {
  const key = keyOf(graph.ids[node]);
  if (!graph.examples.pages || graph.kinds[node] !== FEATURE) return null;
  if (!/^[0-9]+(_[0-9A-Za-z]+)+$/.test(key)) return null;
  return `${graph.examples.address}${key.replace("_", "/")}/`;
}

/** The site's root, from where pages of features are. @param {Graph} graph */
export const rootOf = (graph) => new URL("../../", graph.examples.address).href;

/**
 * The nodes whose features stand in most graphs; none before they were fetched.
 * @param {Graph} graph
 */
export const generalNodes = (graph) => general.get(graph.examples) ?? NONE;

/** @param {Graph} graph */
export async function learnGeneral(graph) {
  const { features } = await fetchOnce(`${graph.examples.address}general.json`, "their list");
  const keys = new Set(features);
  const nodes = Array.from(graph.kinds.keys()).filter((node) => keys.has(keyOf(graph.ids[node])));
  general.set(graph.examples, new Set(nodes));
}

/**
 * Words of the texts that make a node active, each behind a line's end; none before they were fetched.
 * @param {Graph} graph
 * @param {number} node
 */
export const textWords = (graph, node) =>
  words.get(graph.examples)?.get(keyOf(graph.ids[node])) ?? "";

/** @param {Graph} graph */
export async function learnWords(graph) {
  if (!graph.examples.pages || !graph.examples.keys.size) return;
  const found = await fetchOnce(
    `${graph.examples.address}words/${encodeURIComponent(graph.meta.slug)}.json`,
    "the words of texts",
  );
  /** @type {[string, string[]][]} */
  const rows = Object.entries(found);
  words.set(graph.examples, new Map(rows.map(([key, texts]) => [key, `\n${texts.join("\n")}`])));
}
