// What became of the answer when one node was really set to zero, measured by `tracer verify`.
import { make } from "./dom.js";
import { showPercent, showSigned } from "./text.js";

/** @typedef {import("./graph.js").Graph} Graph */

/**
 * @typedef {object} Ablation
 * @property {number} predicted  change, in the unit of all of them
 * @property {number} actual
 * @property {number | null} probability  of the answer, then
 * @property {number | null} control  the change when a feature as loud is set to zero instead
 *
 * @typedef {object} Ablations
 * @property {string} unit
 * @property {number | null} before  the answer's probability with nothing set
 * @property {Map<number, Ablation>} of
 */

/**
 * @param {{unit: string, before: number | null, rows: (number | null)[][]} | null | undefined} data
 * @returns {Ablations | null}
 */
export function readAblations(data) {
  if (!data) return null;
  /** @type {Map<number, Ablation>} */
  const of = new Map();
  for (const [node, predicted, actual, probability, control] of data.rows) {
    of.set(node ?? -1, { predicted: predicted ?? 0, actual: actual ?? 0, probability, control });
  }
  return { unit: data.unit, before: data.before, of };
}

/**
 * @param {Graph} graph @param {number} node
 * @returns {string | null}
 */
export function describeAblation(graph, node) {
  const found = graph.ablations?.of.get(node);
  if (!graph.ablations || !found) return null;
  const { unit, before } = graph.ablations;
  const change = `${showSigned(found.actual)} ${unit} (predicted ${showSigned(found.predicted)})`;
  const answer =
    before === null || found.probability === null
      ? ""
      : `; the answer went from ${showPercent(before)} to ${showPercent(found.probability)}`;
  const control =
    found.control === null ? "" : ` Its control, as loud: ${showSigned(found.control)}.`;
  return `Set to zero in the real model: ${change}${answer}.${control}`;
}

/** @param {Graph} graph @param {number} node */
export function ablationLine(graph, node) {
  const text = describeAblation(graph, node);
  return text === null ? null : make("p", { class: "ablation" }, text);
}
