// The strongest way to the answer and to the prompt, as lists of names to go along.
import { make } from "../page/dom.js";
import { strongestPaths } from "../graph/paths.js";
import { nameOf, placeOf } from "../graph/text.js";

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
    make("h4", {}, "Strongest path"),
    up.length ? path(graph, "To the answer", up, choose) : null,
    down.length ? path(graph, "To the prompt", down, choose) : null,
    make("button", { type: "button", click: () => show(whole) }, "Show the whole path"),
  );
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
              click: () => choose(node),
            },
            nameOf(graph, node),
          ),
        ),
      ),
    ),
  );
