// Finds nodes by words: plain ones in label, token, group, id, what a node reads and pushes, and the
// texts that make it active; `layer:20`, `layer:5-9`, `token:Rome`, `id:22_580`, `label:capital`. Ids
// are found in any spelling (`22/580`, `22-580`, `L22 N580`). A node must meet every term. Quotes
// hold spaces together.
import { textWords } from "./general.js";
import { ANSWER } from "./graph.js";
import { nameOf, tokenOf } from "./text.js";

/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {(graph: Graph, node: number) => boolean} Test */

const TERM = /(?:(layer|token|id|label):)?(?:"([^"]*)"?|(\S+))/gi;
// `L22 N580`, `L22/N580`, `layer 22 neuron 580`: two words that are one id.
const SPELLED = /(^|\s)l(?:ayer)?\s?(\d+)[\s/_-]*(?:n(?:euron)?|f(?:eature)?)\s?(\d+)(?=\s|$)/gi;
const RANGE = /^(\d+)(?:-(\d+))?$/;

/**
 * The matching nodes, most important first.
 * @param {Graph} graph
 * @param {string} query
 * @returns {number[]}
 */
export function search(graph, query) {
  const tests = parse(query);
  if (!tests.length) return [];
  const found = [];
  for (let node = 0; node < graph.size; node++) {
    if (tests.every((test) => test(graph, node))) found.push(node);
  }
  return found.sort((a, b) => graph.importance[b] - graph.importance[a] || a - b);
}

/**
 * @param {string} query
 * @returns {Test[]}
 */
function parse(query) {
  const terms = [...query.replace(SPELLED, "$1id:$2_$3").matchAll(TERM)];
  return terms.map(([, field = "", quoted, word]) => toTest(field.toLowerCase(), quoted ?? word));
}

/**
 * @param {string} field
 * @param {string} value
 * @returns {Test}
 */
function toTest(field, value) {
  const wanted = value.toLowerCase();
  if (field === "layer") return inLayers(wanted);
  if (field === "token") return (graph, node) => tokens(graph, node).includes(wanted);
  const id = wanted.replace(/[/-]/g, "_");
  if (field === "id") return (graph, node) => hasId(graph.ids[node], id);
  if (field === "label") return (graph, node) => names(graph, node).includes(wanted);
  return (graph, node) =>
    names(graph, node).includes(wanted) ||
    tokens(graph, node).includes(wanted) ||
    hasId(graph.ids[node], id) ||
    textWords(graph, node).includes(`\n${wanted}`);
}

/**
 * @param {string} text
 * @returns {Test}
 */
function inLayers(text) {
  const range = RANGE.exec(text);
  if (!range) return () => false;
  const [low, high] = [Number(range[1]), Number(range[2] ?? range[1])];
  return (graph, node) =>
    graph.layers[node] >= low && graph.layers[node] <= high && graph.kinds[node] !== ANSWER;
}

/** @param {Graph} graph @param {number} node */
const names = (graph, node) =>
  [nameOf(graph, node), ...graph.groupsOf[node].map((group) => group.name), ...words(graph, node)]
    .join("\n")
    .toLowerCase();

/** What a node reads and pushes. @param {Graph} graph @param {number} node */
function words(graph, node) {
  const found = graph.account?.words.get(node);
  return found ? [...found.reads.map(([word]) => word), ...found.pushes, ...found.opposes] : [];
}

/** @param {Graph} graph @param {number} node */
const tokens = (graph, node) =>
  (graph.answerOf.get(node)?.token ?? tokenOf(graph, node)).toLowerCase();

/**
 * An id matches whole or by its leading parts: `22_580` finds `22_580_14`, and `22_58` does not.
 * @param {string} id
 * @param {string} wanted
 */
const hasId = (id, wanted) => `${id.toLowerCase()}_`.startsWith(`${wanted}_`);
