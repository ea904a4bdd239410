// One immutable graph, read once from the data file that tracer/site/graph/viewer_data.py writes.
import { effectShares, flowsOf, readAccount } from "./account.js";
import { influenceOf } from "./influence.js";

export const FEATURE = 0;
export const ERROR = 1;
export const EMBEDDING = 2;
export const ANSWER = 3;

const FORMAT = 2;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * @typedef {object} Links  Links are ordered by target, so each node's inputs are one stretch.
 * @property {Int32Array} source
 * @property {Int32Array} target
 * @property {Float64Array} weight  direct effect, positive where it strengthens what the target
 *   does: a neuron may be active below zero, and then what pushes it further down strengthens it
 * @property {Float64Array} run  what runs along it: in graphs that keep an account what flows to the
 *   answer that way, in units of the question; in others the weight
 * @property {Int32Array} inputStart  inputs of node i are links inputStart[i] … inputStart[i + 1]
 * @property {Int32Array} outputStart
 * @property {Int32Array} outputs  of node i: outputs[outputStart[i] … outputStart[i + 1]]
 *
 * @typedef {object} Meta
 * @property {string} slug
 * @property {string} prompt
 * @property {string[]} tokens
 * @property {string} model
 * @property {string} source  the set of features that node numbers belong to
 * @property {string} numbering  what graphs have alike where a number means the same in both
 * @property {"neuron" | "feature"} noun
 * @property {string | null} target
 * @property {string | null} asked  what the graph explains, where that is no answer
 * @property {number | null} answer  the node that the graph explains
 * @property {string[]} contrast
 * @property {number | null} replacement
 *
 * @typedef {object} Group
 * @property {string} key
 * @property {string} name
 * @property {number[]} members  sorted
 * @property {number[]} listed  the same, as people listed them
 * @property {string | null} by
 * @property {string | null} note
 *
 * @typedef {{by: string | null, confidence: string | null, note: string | null}} Byline
 * @typedef {{node: number, token: string, probability: number | null}} Answer
 *
 * @typedef {object} Ablation  what became of the answer when a node was really set to zero
 * @property {number} predicted  change, in the unit of all of them
 * @property {number} actual
 * @property {number | null} probability  of the answer, then
 * @property {number | null} control  the change when a feature as loud is set to zero instead
 *
 * @typedef {object} Ablations
 * @property {string} unit
 * @property {number | null} before  the answer's probability with nothing set
 * @property {Map<number, Ablation>} of
 *
 * @typedef {object} GroupTried  what a claim measured of a group that was taken away
 * @property {number[]} nodes
 * @property {string} of  what was measured
 * @property {number} before
 * @property {number} after
 * @property {[number, number]} [band]  the least and the most that controls did
 * @property {boolean} share  whether these are shares
 *
 * @typedef {object} Tables  for CSV
 * @property {string[]} nodes  the columns' names, as the next
 * @property {string[]} links
 * @property {[string, string][]} sorts  pairs of kind and feature type, as in the graph's file
 * @property {number[]} sortOf  each node's own
 *
 * @typedef {object} Graph
 * @property {Meta} meta
 * @property {number} size
 * @property {Uint8Array} kinds
 * @property {Int32Array} layers  −1 for embeddings
 * @property {Int32Array} names  the feature's index in its layer, a token's id, −1 for errors
 * @property {Int32Array} positions
 * @property {string[]} ids
 * @property {Map<string, number>} indexOf
 * @property {import("./node_names.js").OtherNames} other  what other viewers call the nodes
 * @property {Float64Array} activation  NaN where unknown, as in the next two
 * @property {Float64Array} influence  share of all influence held by nodes at least this strong
 * @property {Float64Array} effect  in logits, or in units of what was asked about
 * @property {(string | null)[]} labels
 * @property {(string | null)[]} automatic  names from what features read and push, given by nobody
 * @property {import("./account.js").Account | null} account
 * @property {Map<number, Byline>} bylines
 * @property {Links} links
 * @property {Float64Array} importance  share of the influence on the answers, along the links here
 * @property {Float64Array} flow  the part of its target's importance that each link carries; with an
 *   account, the size of its flow
 * @property {number} strongestFlow
 * @property {Group[]} groups
 * @property {Group[][]} groupsOf
 * @property {number[]} pins
 * @property {Answer[]} answers
 * @property {Map<number, Answer>} answerOf
 * @property {{address: string, keys: Set<string>, pages: boolean}} examples  features
 *   with texts that make them active, as `22_580`, and where their files are; whether every feature
 *   has a page there
 * @property {Ablations | null} ablations
 * @property {GroupTried[]} tried
 * @property {Tables} tables
 */

/**
 * @param {any} data  the parsed data file
 * @param {string} address  where it came from
 * @returns {Graph}
 * @throws {Error} when the file is of another format or its columns disagree
 */
export function readGraph(data, address = document.baseURI) {
  if (data?.format !== FORMAT) throw new Error("the file is not a graph this page can read");
  const nodes = readNodes(data.nodes);
  const size = nodes.kinds.length;
  const stored = readLinks(data.links, size);
  const answers = data.answers.map(toAnswer);
  const groups = data.groups.map(toGroup);
  const account = readAccount(data.account);
  const links = { ...stored, run: account ? flowsOf(stored, data.account.gain) : stored.weight };
  const isInput = (/** @type {number} */ node) =>
    nodes.kinds[node] === EMBEDDING || nodes.kinds[node] === ERROR;
  const { importance, flow } = account
    ? { importance: effectShares(nodes.effect, answers, isInput), flow: links.run.map(Math.abs) }
    : influenceOf(nodes.layers, links, answers);
  return Object.freeze({
    meta: data.meta,
    size,
    ...nodes,
    automatic: data.account?.automatic ?? nodes.labels.map(() => null),
    account,
    indexOf: new Map(nodes.ids.map((id, index) => [id, index])),
    other: data.otherNames,
    links,
    importance,
    flow,
    strongestFlow: flow.reduce((most, value) => (value > most ? value : most), 0),
    groups,
    groupsOf: groupsByNode(groups, size),
    pins: data.pins,
    answers,
    examples: {
      address: new URL(data.examples?.folder ?? ".", address).href,
      keys: new Set(data.examples?.keys),
      pages: data.examples?.pages ?? false,
    },
    ablations: readAblations(data.ablations),
    tried: (data.tried ?? []).map(toTried),
    tables: data.tables,
    answerOf: new Map(answers.map((/** @type {Answer} */ answer) => [answer.node, answer])),
  });
}

/**
 * @param {[number[], string, number, number, number | null, number | null, boolean]} row
 * @returns {GroupTried}
 */
function toTried([nodes, of, before, after, low, high, share]) {
  const sorted = [...nodes].sort((a, b) => a - b);
  const found = { nodes: sorted, of, before, after, share };
  return low === null || high === null ? found : { ...found, band: [low, high] };
}

/** @param {any} columns */
function readNodes(columns) {
  const layers = Int32Array.from(columns.layers);
  const names = Int32Array.from(columns.names);
  const positions = Int32Array.from(columns.positions);
  const ids = Array.from(
    layers,
    (layer, index) => `${layer < 0 ? "E" : layer}_${names[index]}_${positions[index]}`,
  );
  for (const [index, id] of columns.ids) ids[index] = id;
  return {
    kinds: Uint8Array.from(columns.kinds),
    layers,
    names,
    positions,
    ids,
    activation: numbers(columns.activation),
    influence: numbers(columns.influence),
    effect: numbers(columns.effect),
    labels: columns.labels,
    bylines: new Map(columns.bylines.map(toByline)),
  };
}

/** @param {(number | null)[]} column */
const numbers = (column) => Float64Array.from(column, (value) => value ?? NaN);

/**
 * @param {[number, string | null, string | null, string | null]} row
 * @returns {[number, Byline]}
 */
const toByline = ([node, by, confidence, note]) => [node, { by, confidence, note }];

/** @param {[string, string, number[], string | null, string | null]} row */
const toGroup = ([key, name, listed, by, note]) => ({
  key,
  name,
  members: [...listed].sort((a, b) => a - b),
  listed,
  by,
  note,
});

/** @param {[number, string, number | null]} row */
const toAnswer = ([node, token, probability]) => ({ node, token, probability });

/**
 * @param {{unit: string, before: number | null, rows: (number | null)[][]} | null | undefined} data
 * @returns {Ablations | null}
 */
function readAblations(data) {
  if (!data) return null;
  /** @type {Map<number, Ablation>} */
  const of = new Map();
  for (const [node, predicted, actual, probability, control] of data.rows) {
    of.set(node ?? -1, { predicted: predicted ?? 0, actual: actual ?? 0, probability, control });
  }
  return { unit: data.unit, before: data.before, of };
}

/**
 * @param {any} columns
 * @param {number} size
 * @returns {Omit<Links, "run">}
 */
function readLinks({ counts, sources, lowest, digits, scales }, size) {
  const total = scales.length;
  if (counts.length !== size || digits.length !== 4 * total) {
    throw new Error("the graph's columns differ in length; the file may be cut short");
  }
  const source = new Int32Array(total);
  const target = new Int32Array(total);
  const inputStart = new Int32Array(size + 1);
  let link = 0;
  let place = 0;
  for (let node = 0; node < size; node++) {
    for (let left = counts[node], previous = 0; left > 0; left--, link++) {
      for (let shift = 0, more = true; more; shift += 5) {
        const digit = VALUE[sources.charCodeAt(place++)];
        previous += (digit & 31) << shift;
        more = digit > 31;
      }
      source[link] = previous;
      target[link] = node;
    }
    inputStart[node + 1] = link;
  }
  if (link !== total) throw new Error("the graph's links do not add up; the file may be cut short");
  const weight = readWeights(digits, scales, lowest);
  return { source, target, weight, inputStart, ...groupBySource(source, size) };
}

const VALUE = new Uint8Array(128);
for (let value = 0; value < ALPHABET.length; value++) VALUE[ALPHABET.charCodeAt(value)] = value;

/**
 * @param {string} digits
 * @param {string} scales
 * @param {number} lowest
 */
function readWeights(digits, scales, lowest) {
  const weight = new Float64Array(scales.length);
  for (let link = 0; link < weight.length; link++) {
    let mantissa = 0;
    for (let at = 4 * link; at < 4 * link + 4; at++) {
      mantissa = 10 * mantissa + digits.charCodeAt(at) - 48;
    }
    const scale = VALUE[scales.charCodeAt(link)];
    const size = mantissa * 10 ** ((scale >> 1) + lowest);
    weight[link] = scale & 1 ? -size : size;
  }
  return weight;
}

/**
 * @param {Int32Array} source
 * @param {number} size
 */
function groupBySource(source, size) {
  const outputStart = new Int32Array(size + 1);
  for (const node of source) outputStart[node + 1]++;
  for (let node = 0; node < size; node++) outputStart[node + 1] += outputStart[node];
  const next = outputStart.slice(0, size);
  const outputs = new Int32Array(source.length);
  source.forEach((node, link) => {
    outputs[next[node]++] = link;
  });
  return { outputStart, outputs };
}

/**
 * @param {Group[]} groups
 * @param {number} size
 * @returns {Group[][]}
 */
export function groupsByNode(groups, size) {
  /** @type {Group[][]} */
  const groupsOf = Array.from({ length: size }, () => []);
  for (const group of groups) for (const node of group.members) groupsOf[node].push(group);
  return groupsOf;
}
