// What a node is, in place, while the pointer is on it.
import { make } from "../page/dom.js";
import { ANSWER, EMBEDDING } from "../graph/graph.js";
import { nameClass, nameOf, placeOf, rankedBy, showPercent, showSigned } from "../graph/text.js";

const WIDTH = 250;

/** @param {import("../graph/graph.js").Graph} graph */
export function makeTooltip(graph) {
  const name = make("strong", { dir: "auto" });
  const place = make("span");
  const numbers = make("span");
  const element = make("div", { class: "graph-tooltip", hidden: true }, name, place, numbers);
  return {
    element,
    hide() {
      element.hidden = true;
    },
    /**
     * @param {number} node
     * @param {number} x  in the visible part of the graph
     * @param {number} y
     * @param {number} width  of that part
     */
    show(node, x, y, width) {
      name.textContent = nameOf(graph, node);
      name.className = nameClass(graph, node);
      place.textContent = placeOf(graph, node);
      numbers.textContent = figures(graph, node);
      element.hidden = false;
      const left = x + 16 + WIDTH > width ? x - 16 - WIDTH : x + 16;
      element.style.transform = `translate(${Math.max(0, left)}px, ${y + 12}px)`;
    },
  };
}

/**
 * @param {import("../graph/graph.js").Graph} graph
 * @param {number} node
 */
function figures(graph, node) {
  if (graph.kinds[node] === ANSWER) return "";
  if (graph.kinds[node] === EMBEDDING && !graph.account) return "";
  const parts = [];
  if (!Number.isNaN(graph.effect[node]))
    parts.push(`effect ${showSigned(graph.effect[node])}${graph.meta.asked ? "" : " logits"}`);
  if (graph.influence[node] >= 0)
    parts.push(`top ${showPercent(graph.influence[node])} of ${rankedBy(graph)}`);
  return parts.join(" · ");
}
