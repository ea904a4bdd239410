// What a graph says that adds up: what flows along its links, what is not drawn, and the words that its features
// read and push. As tracer/site/graph/account_data.py writes it. Pure.

/**
 * @typedef {"start" | "biases" | "others" | "errors"} Constant
 * @typedef {{count: number | null, sum: number}} Rest  what is not drawn; how many is not always known
 * @typedef {{reads: [string, number][], pushes: string[], opposes: string[]}} Words  a read word's
 *   share in percent
 *
 * @typedef {object} Account
 * @property {number} quantity  what all words and what is there for every prompt add up to
 * @property {"logits" | "activation" | "along it"} unit
 * @property {number} linksHold  the share of all flows that the links here hold
 * @property {Map<number, Constant>} constants  nodes that are no words
 * @property {Map<number, Words>} words
 * @property {[Rest | null, Rest | null][]} rest  of what flows into each node, and out of it
 * @property {(number | null)[]} held  the share of each node's flows that is drawn
 */

/**
 * @param {any} data
 * @returns {Account | null}
 */
export function readAccount(data) {
  if (!data) return null;
  const { quantity, unit, linksHold, held } = data;
  const text = (/** @type {number} */ at) => data.words.texts[at];
  return {
    quantity,
    unit,
    linksHold,
    held,
    constants: new Map(data.constants),
    rest: data.rest.map((/** @type {any[]} */ sides) => sides.map(readRest)),
    words: new Map(
      data.words.rows.map((/** @type {[number, number[], number[], number[]]} */ row) => [
        row[0],
        { reads: pairs(row[1], text), pushes: row[2].map(text), opposes: row[3].map(text) },
      ]),
    ),
  };
}

/** @param {[number | null, number] | null} rest */
const readRest = (rest) => rest && { count: rest[0], sum: rest[1] };

/** @param {number[]} row @param {(at: number) => string} text @returns {[string, number][]} */
const pairs = (row, text) =>
  row.flatMap((word, at) =>
    at % 2 ? [] : [/** @type {[string, number]} */ ([text(word), row[at + 1]])],
  );

/**
 * What flows along each link, in units of the question: its weight times the gain of its target.
 * @param {{weight: Float64Array, target: Int32Array}} links
 * @param {number[]} gain
 */
export const flowsOf = ({ weight, target }, gain) =>
  weight.map((value, link) => value * gain[target[link]]);

/**
 * How much of the answer runs through each node, of the absolute sum of what it comes from; the same rule as
 * tracer/site/graph/influence.py.
 * @param {Float64Array} effect
 * @param {import("./graph.js").Answer[]} answers
 * @param {(node: number) => boolean} isInput
 */
export function effectShares(effect, answers, isInput) {
  const size = effect.map((value) => Math.abs(value) || 0);
  const gross = size.reduce((sum, value, node) => (isInput(node) ? sum + value : sum), 0);
  const shares = size.map((value) => (gross ? value / gross : 0));
  for (const { node } of answers) shares[node] = 1;
  return shares;
}
