// The strongest way to the answer and to the prompt, as lists of names to go along.
import { make } from "../page/dom.js";
import { flowAlong, strongestPaths } from "../graph/paths.js";
import { nameClass, nameOf, placeOf, showPercent, showSigned } from "../graph/text.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {{choose: (node: number) => void, show: (nodes: number[]) => void}} actions
 * @returns {HTMLElement | null}
 */
export function makePaths(graph, node, { choose, show }) {
  const { up, down } = strongestPaths(graph, node);
  if (!up.length && !down.length) return null;
  const whole = [...down, node, ...up];
  return make(
    "div",
    { class: "paths" },
    make("h4", {}, graph.account ? "Strongest path by other features" : "Strongest path"),
    up.length ? path(graph, "To the answer", up, choose) : null,
    down.length ? path(graph, "To the prompt", down, choose) : null,
    carried(graph, [...[...down].reverse(), node, ...up]),
    make("button", { type: "button", click: () => show(whole) }, "Show the whole path"),
  );
}

/**
 * How much of the answer runs along a path; a share where it works for what all comes to.
 * @param {Graph} graph
 * @param {number[]} nodes
 */
function carried(graph, nodes) {
  const flow = flowAlong(graph, nodes);
  if (flow === null || !graph.account) return null;
  const { quantity, unit } = graph.account;
  const units = unit === "logits" ? " logits" : "";
  const share = flow / quantity;
  const part = share > 0 && share <= 1 ? ` (${showPercent(share)})` : "";
  const text = `Along it runs ${showSigned(flow)} of ${showSigned(quantity)}${units}${part}.`;
  return make("p", { class: "amount carried" }, text);
}

/**
 * @param {Graph} graph
 * @param {string} title
 * @param {number[]} nodes
 * @param {(node: number) => void} choose
 */
const path = (graph, title, nodes, choose) =>
  make(
    "div",
    {},
    make("p", { class: "amount" }, title),
    make(
      "ol",
      { class: "path", "aria-label": title },
      ...nodes.map((node) =>
        make(
          "li",
          {},
          make(
            "button",
            {
              type: "button",
              "data-node": graph.ids[node],
              title: placeOf(graph, node),
              dir: "auto",
              class: nameClass(graph, node),
              click: () => choose(node),
            },
            nameOf(graph, node),
          ),
        ),
      ),
    ),
  );
