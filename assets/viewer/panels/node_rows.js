// A sorted list of nodes as buttons, with a bar for each one's strength.
import { make } from "../page/dom.js";
import { nameClass, nameOf, placeOf } from "../graph/text.js";
import { makeVirtualList } from "./virtual_list.js";

/** @typedef {import("../graph/graph.js").Graph} Graph */
/** @typedef {{node: number, value: number, text: string}} Row */

/**
 * @param {Graph} graph
 * @param {Row[]} rows  strongest first; a value's sign is its colour
 * @param {{shown: Uint8Array, label: string, choose: (node: number) => void}} options
 * @returns {HTMLElement}
 */
export function makeRows(graph, rows, { shown, label, choose }) {
  const most = rows.reduce((max, row) => Math.max(max, Math.abs(row.value)), 0) || 1;
  return makeVirtualList(rows, label, (row) => makeRow(graph, row, most, shown, choose));
}

/**
 * @param {Graph} graph
 * @param {Row} row
 * @param {number} most
 * @param {Uint8Array} shown
 * @param {(node: number) => void} choose
 */
function makeRow(graph, { node, value, text }, most, shown, choose) {
  const place = placeOf(graph, node) + (shown[node] ? "" : ", hidden");
  const button = make(
    "button",
    {
      type: "button",
      class: value < 0 ? "opposes" : "supports",
      "data-node": graph.ids[node],
      click: () => choose(node),
    },
    make("span", { class: nameClass(graph, node), dir: "auto" }, nameOf(graph, node)),
    " ",
    make("span", { class: "place" }, place),
    " ",
    make("span", { class: "value" }, text),
  );
  button.style.setProperty("--share", `${(100 * Math.abs(value)) / most}%`);
  return make("li", { class: shown[node] ? "" : "filtered-out" }, button);
}
