// Words and numbers for people: tokens with visible spaces, names of nodes, effects in sentences.
import { ANSWER, EMBEDDING, ERROR, FEATURE } from "./graph.js";

/** @typedef {import("./graph.js").Graph} Graph */

// Characters that show nothing, or that would turn the text around them: the same as those of
// tracer/site/wording/tokens.py. Some stand around numbers and are seen; joiners show by what they join.
const INVISIBLE =
  /(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const JOINERS = /^[\u200c\u200d]$/;
const ONLY_JOINERS = /^[\u200c\u200d]+$/;
// Other spaces than the usual one are told apart by their numbers, where nothing else is seen.
const ONLY_SPACES = /^\p{Zs}+$/u;
const OTHER_SPACES = /(?! )\p{Zs}/gu;
const VISIBLE = new Map([
  ["\n", "↵"],
  ["\t", "⇥"],
  ["\r", "␍"],
]);

/**
 * A token as it is written, with what cannot be seen made visible.
 * @param {string} token
 */
export function showToken(token) {
  if (token === "") return "∅";
  const spaced = token.replace(/^ +| +$/g, (spaces) => "·".repeat(spaces.length));
  if (ONLY_SPACES.test(token)) return spaced.replace(OTHER_SPACES, byNumber);
  const alone = ONLY_JOINERS.test(token);
  return spaced.replace(INVISIBLE, (one) =>
    JOINERS.test(one) && !alone ? one : (VISIBLE.get(one) ?? byNumber(one)),
  );
}

/** @param {string} one */
const byNumber = (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`;

/**
 * In running text the quotes already show a leading space.
 * @param {string} token
 */
export const quoteToken = (token) =>
  /^ (?! |$)/.test(token) ? `“\u00a0${showToken(token.slice(1))}”` : `“${showToken(token)}”`;

/** @param {Graph} graph @param {number} node */
export const tokenOf = (graph, node) => graph.meta.tokens[graph.positions[node]];

/**
 * Three significant digits, with a true minus sign.
 * @param {number} value
 */
export function showNumber(value) {
  const size = Math.abs(value);
  const text = size >= 1000 || (size > 0 && size < 0.001) ? exponent(size) : plain(size);
  return value < 0 ? `−${text}` : text;
}

/** @param {number} size */
const plain = (size) => String(Number(size.toPrecision(3)));

/** @param {number} size */
const exponent = (size) =>
  size >= 1000 && size < 1e6 ? grouped(Math.round(size)) : size.toExponential(1);

/**
 * A whole number with its thousands apart. The browser's own way takes 15 ms at its first use.
 * @param {number} whole
 */
export const grouped = (whole) => String(whole).replace(/\B(?=(?:\d{3})+$)/g, ",");

/** @param {number} value */
export const showSigned = (value) => (value > 0 ? "+" : "") + showNumber(value);

const HAIR = 1e-9; // the same sums in another order differ by less, and are to be said alike

/**
 * A share as people say it: by the same sums as `percent` in tracer/site/wording/likely.py.
 * @param {number} share
 * @param {boolean} [tenths]  in columns whose small differences matter
 */
export const showPercent = (share, tenths = false) => `${figure(share, tenths)}\u00a0%`;

/** @param {number} share @param {boolean} tenths */
function figure(share, tenths) {
  if (!(share > 0)) return "0";
  const rounded = Math.floor(1000 * share + 0.5 + HAIR);
  if (rounded < 1) return "<0.1";
  if (rounded >= 1000 && share < 1 - HAIR) return ">99.9";
  if (tenths || rounded < 10 || (rounded >= 995 && rounded < 1000))
    return (rounded / 10).toFixed(1);
  return String(Math.floor(100 * share + 0.5 + HAIR));
}

/**
 * @param {number} amount
 * @param {string} noun
 */
export const count = (amount, noun) => `${grouped(amount)} ${noun}${amount === 1 ? "" : "s"}`;

/**
 * What an error node is called: neurons leave nothing in error, they are only not all listed.
 * @param {Graph} graph
 */
const restOf = (graph) =>
  graph.meta.noun === "neuron" ? "neurons not listed" : "unexplained part";

/**
 * The kinds of node in the plural, by number.
 * @param {Graph} graph
 */
export const kindNames = (graph) => [
  `${graph.meta.noun}s`,
  graph.meta.noun === "neuron" ? "neurons not listed" : "unexplained parts",
  "tokens",
  "answers",
];

/** @type {Record<import("./account.js").Constant, string>} */
const CONSTANTS = {
  start: "the start",
  biases: "biases",
  others: "the other words together",
  errors: "what the features leave out",
};

/** @type {Record<import("./account.js").Constant, string>} */
const MEANINGS = {
  start: "What the model computes at the first position, the same for every prompt.",
  biases: "What the model adds whatever it reads.",
  others: "The weaker words of this long prompt: what flows from each is told for all together.",
  errors: "What the features leave out of the model’s layers, where it is not told by place.",
};

/**
 * Whether nobody has named a node and its name stands for what it reads and pushes.
 * @param {Graph} graph
 * @param {number} node
 */
export const isAutomatic = (graph, node) => !graph.labels[node] && graph.automatic[node] !== null;

/** @param {Graph} graph @param {number} node */
export const nameClass = (graph, node) => (isAutomatic(graph, node) ? "name automatic" : "name");

/**
 * Which way a line goes: to the answer where its flow is known, else to its target.
 * @param {Graph} graph
 */
export const signWords = ({ account, meta }) =>
  account
    ? { up: `for ${meta.asked ?? "the answer"}`, down: "against it" }
    : { up: "strengthening", down: "weakening" };

/**
 * What nodes are ranked by.
 * @param {Graph} graph
 */
export const rankedBy = ({ account }) => (account ? "all effects" : "influence");

/**
 * The short name of a node: its label, or what it is.
 * @param {Graph} graph
 * @param {number} node
 */
export function nameOf(graph, node) {
  const kind = graph.kinds[node];
  if (kind === ERROR) return restOf(graph);
  const label = graph.labels[node];
  if (label) return label;
  const constant = graph.account?.constants.get(node);
  if (constant) return CONSTANTS[constant];
  if (graph.automatic[node]) return graph.automatic[node];
  if (kind === EMBEDDING) return quoteToken(tokenOf(graph, node));
  if (kind === ANSWER) return answerName(graph, node);
  return graph.names[node] < 0 ? graph.ids[node] : `${graph.meta.noun} ${graph.names[node]}`;
}

/** @param {Graph} graph @param {number} node */
function answerName(graph, node) {
  const answer = graph.answerOf.get(node);
  if (!answer) return graph.ids[node];
  const token = graph.meta.asked ?? quoteToken(answer.token);
  return answer.probability === null ? token : `${token} ${showPercent(answer.probability)}`;
}

/**
 * The same as the beginning of a sentence; what people wrote stays as they wrote it.
 * @param {Graph} graph
 * @param {number} node
 */
export function titleOf(graph, node) {
  const name = nameOf(graph, node);
  return name === graph.labels[node] ? name : name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * Where a node stands, in a few words.
 * @param {Graph} graph
 * @param {number} node
 */
export function placeOf(graph, node) {
  const kind = graph.kinds[node];
  if (kind === ANSWER) return "answer";
  if (graph.account?.constants.has(node)) return "for every prompt";
  if (kind === EMBEDDING) return `prompt token ${graph.positions[node]}`;
  return `layer ${graph.layers[node]} at ${quoteToken(tokenOf(graph, node))}`;
}

/**
 * What a node is, as a sentence.
 * @param {Graph} graph
 * @param {number} node
 */
export function describe(graph, node) {
  const standing = `${quoteToken(tokenOf(graph, node))} (position ${graph.positions[node]})`;
  const layer = graph.layers[node];
  const constant = graph.account?.constants.get(node);
  if (constant) return MEANINGS[constant];
  switch (graph.kinds[node]) {
    case FEATURE: {
      const noun = graph.meta.noun === "neuron" ? "Neuron" : "Feature";
      const name = graph.names[node] < 0 ? graph.ids[node] : graph.names[node];
      return `${noun} ${name} of layer ${layer}, at token ${standing}.`;
    }
    case ERROR:
      return graph.meta.noun === "neuron"
        ? `All neurons of layer ${layer} that are not listed, summed up, at token ${standing}.`
        : `What the features of layer ${layer} leave unexplained at token ${standing}.`;
    case EMBEDDING:
      return `The prompt's token ${standing}.`;
    default: {
      const answer = graph.answerOf.get(node);
      const odds = answer?.probability ?? null;
      if (graph.meta.asked) return `What this graph explains: ${graph.meta.asked}.`;
      const token = quoteToken(answer?.token ?? graph.ids[node]);
      return odds === null
        ? `A possible next token: ${token}.`
        : `The model gives ${token} a probability of ${showPercent(odds)} as the next token.`;
    }
  }
}

/**
 * What a node's effect means, or null where it is unknown.
 * @param {Graph} graph
 * @param {number} node
 */
export function describeEffect(graph, node) {
  const effect = graph.effect[node];
  if (Number.isNaN(effect)) return null;
  const { target, contrast, asked } = graph.meta;
  if (graph.account && graph.kinds[node] === EMBEDDING) {
    const unit = graph.account.unit === "logits" ? " logits" : "";
    return `Its exact share of ${asked ?? "the answer"}: ${showSigned(effect)}${unit}.`;
  }
  if (asked) {
    const verb = effect > 0 ? "Strengthens" : "Weakens";
    if (effect === 0) return `Does not move ${asked}.`;
    return `${verb} ${asked} by ${showNumber(Math.abs(effect))}, all paths summed.`;
  }
  const answer = target ? `the answer ${quoteToken(target)}` : "the answer";
  const against = contrast.length ? ` against ${contrast.map(quoteToken).join(", ")}` : "";
  if (effect === 0) return `Does not move ${answer}${against}.`;
  const way = effect > 0 ? "up" : "down";
  const size = showNumber(Math.abs(effect));
  return `Pushes ${answer} ${way}${against} by ${size} logits, all paths summed.`;
}
