// Which nodes are shown, and in words why the others are not.
import { ANSWER, EMBEDDING, FEATURE } from "../graph/graph.js";
import { grouped, kindNames, rankedBy, showPercent, signWords } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {import("./state.js").State} State */
/** @typedef {{shown: Uint8Array, weak: number, unwanted: number, away: number, cut: number}} Visibility */

export const KINDS = ["feature", "error", "embedding", "answer"];

/**
 * Pinned and selected nodes stay, whatever the controls say; tokens, answers and nodes whose
 * influence is unknown are never too weak. Where only lines of one sign are shown, so are only the
 * nodes that such lines join to an answer.
 * @param {Graph} graph
 * @param {State} state
 * @returns {Visibility}
 */
export function visibilityOf(graph, state) {
  const kept = new Set(state.pinned);
  if (state.clicked >= 0) kept.add(state.clicked);
  const shown = new Uint8Array(graph.size);
  let weak = 0;
  let unwanted = 0;
  let away = 0;
  const putAway = new Set(state.edits.work.hidden);
  for (let node = 0; node < graph.size; node++) {
    const kind = graph.kinds[node];
    if (putAway.has(graph.ids[node]) && node !== state.clicked) away++;
    else if (kept.has(node)) shown[node] = 1;
    else if (!state.kinds[kind]) unwanted++;
    else if (kind < EMBEDDING && graph.influence[node] > state.threshold) weak++;
    else shown[node] = 1;
  }
  return { shown, weak, unwanted, away, cut: state.sign ? cutOff(graph, state, shown, kept) : 0 };
}

/**
 * Hides the features from which no lines of the wanted sign lead, by way of shown nodes, to an answer.
 * @param {Graph} graph
 * @param {State} state
 * @param {Uint8Array} shown
 * @param {Set<number>} kept
 * @returns {number}  how many
 */
function cutOff(graph, { sign }, shown, kept) {
  const { source, run, inputStart } = graph.links;
  const joined = new Uint8Array(graph.size);
  const ways = graph.answers.map(({ node }) => node).filter((node) => shown[node]);
  for (let node = ways.pop(); node !== undefined; node = ways.pop()) {
    for (let link = inputStart[node]; link < inputStart[node + 1]; link++) {
      const from = source[link];
      if (joined[from] || !shown[from] || sign * run[link] < 0) continue;
      joined[from] = 1;
      ways.push(from);
    }
  }
  let cut = 0;
  for (let node = 0; node < graph.size; node++) {
    if (!shown[node] || joined[node] || kept.has(node) || graph.kinds[node] >= EMBEDDING) continue;
    shown[node] = 0;
    cut++;
  }
  return cut;
}

/**
 * @param {Graph} graph
 * @param {State} state
 * @param {Visibility} visibility
 */
export function describeHidden(graph, state, { weak, unwanted, away, cut }) {
  const hidden = weak + unwanted + away + cut;
  if (hidden === 0) return `All ${grouped(graph.size)} nodes shown`;
  const off = kindNames(graph).filter((_, kind) => !state.kinds[kind]);
  const reasons = [];
  if (weak) reasons.push(`outside the top ${showPercent(state.threshold)} of ${rankedBy(graph)}`);
  if (unwanted) reasons.push(`${off.join(", ")} switched off`);
  if (cut) {
    const { up, down } = signWords(graph);
    const sign = state.sign > 0 ? up : down;
    const lines = graph.account ? `lines ${sign}` : `${sign} lines`;
    reasons.push(`no ${lines} lead from them to ${graph.meta.asked ?? "the answer"}`);
  }
  if (away) reasons.push(`${grouped(away)} hidden by you`);
  return `${grouped(hidden)} of ${grouped(graph.size)} nodes hidden: ${reasons.join("; ")}`;
}

/**
 * The slider's ends, or null when the graph has no influence to go by.
 * @param {Graph} graph
 * @returns {{low: number, high: number} | null}
 */
export function thresholdRange(graph) {
  const known = graph.influence.filter(
    (value, node) => graph.kinds[node] < EMBEDDING && value >= 0,
  );
  if (!known.length) return null;
  const low = Math.floor(100 * known.reduce((a, b) => Math.min(a, b))) / 100;
  const high = Math.ceil(100 * known.reduce((a, b) => Math.max(a, b))) / 100;
  return high > low ? { low, high } : null;
}

/** @param {Graph} graph */
export const kindsPresent = (graph) =>
  [FEATURE, 1, EMBEDDING, ANSWER].filter((kind) => graph.kinds.includes(kind));

/**
 * Which lines may be drawn: both ends are shown, the sign is wanted, and the line is strong enough.
 * @param {Graph} graph
 * @param {State} state
 * @param {Uint8Array} shown
 * @returns {(link: number) => boolean}
 */
export function lineFilter(graph, { weight, sign }, shown) {
  const { source, target, run } = graph.links;
  const least = weight * graph.strongestFlow;
  return (link) =>
    graph.flow[link] >= least &&
    sign * run[link] >= 0 &&
    shown[source[link]] === 1 &&
    shown[target[link]] === 1;
}

/**
 * What is left out of the lines, in words, or nothing.
 * @param {Graph} graph
 * @param {State} state
 */
export function describeLines(graph, { weight, sign }) {
  const kept = [];
  const { up, down } = signWords(graph);
  if (sign) kept.push(sign > 0 ? up : down);
  if (weight) kept.push(`at least ${showPercent(weight)} as strong as the strongest`);
  return kept.length ? `Lines: only ${kept.join(", ")}` : "";
}
