// What feeds the selection and what it feeds: two sorted lists, which are also the graph's text
// form.
import { make } from "./dom.js";
import { neighboursOf } from "./neighbours.js";
import { makeRows } from "./node_rows.js";
import { STRONGEST } from "./scene.js";
import { focusOf } from "./state.js";
import { showSigned } from "./text.js";

/** @typedef {import("./graph.js").Graph} Graph */
/** @typedef {import("./neighbours.js").Neighbour} Neighbour */

/**
 * @param {Graph} graph
 * @param {import("./state.js").Store} store
 * @param {() => {shown: Uint8Array, lines: number, more: number}} drawn
 */
export function makeConnections(graph, store, drawn) {
  const body = make("div", { class: "connection-lists" });
  const choose = (/** @type {number} */ node) => store.dispatch({ type: "select", node });
  const element = make(
    "section",
    { class: "connections", "aria-label": "Connections" },
    make("h3", {}, "Connections"),
    body,
  );
  store.subscribe((state, previous) => {
    const focus = focusOf(graph, state);
    element.hidden = focus.length === 0;
    if (!focus.length || (body.childElementCount && sameView(state, previous))) return;
    const { shown, lines, more } = drawn();
    const { inputs, outputs } = neighboursOf(graph, focus);
    body.replaceChildren(
      lineCount(lines, more, () => store.dispatch({ type: "toggle-links" })),
      list(graph, "Inputs", "what strengthens or weakens it", inputs, { shown, choose }),
      list(graph, "Outputs", "what it strengthens or weakens", outputs, { shown, choose }),
    );
  });

  return element;
}

/**
 * @param {Graph} graph
 * @param {string} title
 * @param {string} meaning
 * @param {Neighbour[]} neighbours
 * @param {{shown: Uint8Array, choose: (node: number) => void}} options
 */
function list(graph, title, meaning, neighbours, { shown, choose }) {
  const rows = neighbours.map(({ node, weight }) => ({
    node,
    value: weight,
    text: showSigned(weight),
  }));
  return make(
    "div",
    { class: title.toLowerCase() },
    make("h4", {}, `${title} `, make("span", { class: "amount" }, `${rows.length} · ${meaning}`)),
    rows.length
      ? makeRows(graph, rows, { shown, label: title, choose })
      : make("p", { class: "none" }, "None in this graph."),
  );
}

/**
 * @param {import("./state.js").State} state
 * @param {import("./state.js").State} previous
 */
const sameView = (state, previous) =>
  state.clicked === previous.clicked &&
  state.pinned === previous.pinned &&
  state.threshold === previous.threshold &&
  state.kinds === previous.kinds &&
  state.everyLink === previous.everyLink;

/**
 * @param {number} lines
 * @param {number} more
 * @param {() => void} toggle
 */
function lineCount(lines, more, toggle) {
  if (more === 0 && lines <= STRONGEST) {
    return make("p", { class: "line-count" }, `All ${lines} lines drawn.`);
  }
  const says = more ? `The ${lines} strongest lines are drawn. ` : `All ${lines} lines drawn. `;
  const offer = more ? `and ${more.toLocaleString("en")} more` : `only the strongest ${STRONGEST}`;
  return make(
    "p",
    { class: "line-count" },
    says,
    make("button", { type: "button", click: toggle }, offer),
  );
}
