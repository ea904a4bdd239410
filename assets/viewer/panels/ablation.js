// What became of the answer when one node was really set to zero, measured by `tracer verify`.
import { make } from "../page/dom.js";
import { showPercent, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */

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
